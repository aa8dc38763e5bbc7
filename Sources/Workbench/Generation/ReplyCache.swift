import Lab
import LyceumKit

/// The replies that were paid for: in the lab, and for this session what the lab could not take.
public final class ReplyCache {
    /// Under what a reply is kept.
    enum Name: Hashable {
        /// What was sent: good in every session.
        case sent(ReplyKey)
        /// What a teacher was asked that does not say what it sends, by the teacher's number: good as long as it
        /// is open.
        case asked(Int, TeacherRequest)
    }

    private let lab: LabSession
    private var session: [Name: StoredReply] = [:]

    init(lab: LabSession) { self.lab = lab }

    /// Looks up many at once; the newest of each.
    func find(_ names: [Name]) -> [Name: StoredReply] {
        var found: [Name: StoredReply] = [:]
        let keys = names.compactMap { name in
            if case .sent(let key) = name { return key }
            return nil
        }
        let stored = lab.attempt { try $0.replies(for: keys) } ?? [:]
        // What broke off is kept because it was paid for, and asked again.
        for (key, stored) in stored where !stored.reply.isWorthAskingAgain {
            found[.sent(key)] = stored
        }
        // What the lab could not take is newer than what it has.
        for name in names {
            if let kept = session[name], !kept.reply.isWorthAskingAgain { found[name] = kept }
        }
        return found
    }

    /// Keeps a reply for this session.
    func remember(_ reply: StoredReply, under name: Name) { session[name] = reply }
}
