import Lab
import LyceumKit
import Teaching

/// A reply that was bought before, or just now.
public struct KeptReply {
    /// The reply.
    public let reply: TeacherReply
    /// What it cost, in USD; nil if that is not known.
    public let cost: Double?
    /// Its number in the lab; nil if it is not there.
    public let id: Int?
    /// When it came.
    public let created: Timestamp

    /// Describes a reply.
    public init(reply: TeacherReply, cost: Double?, id: Int?, created: Timestamp) {
        self.reply = reply
        self.cost = cost
        self.id = id
        self.created = created
    }
}

/// The replies that were bought: in the lab, and for this session what the lab could not take.
public final class ReplyCache {
    /// Under what a reply is kept.
    public enum Name: Hashable {
        /// What was sent: good in every session.
        case sent(ReplyKey)
        /// What a teacher was asked that does not say what it sends, by the teacher's number: good as long as it
        /// is open.
        case asked(Int, TeacherRequest)
    }

    private let lab: LabSession
    private var session: [Name: KeptReply] = [:]

    public init(lab: LabSession) { self.lab = lab }

    /// The description of a request under which the lab keeps the reply; nil for a teacher that gives none.
    public static func stored(_ request: TeacherRequest, by teacher: any Teacher) -> ReplyRequest? {
        teacher.sent(request).map { sent in
            ReplyRequest(
                kind: teacher.kind, server: sent.server, model: sent.model, messages: sent.messages,
                parameters: sent.parameters, sample: request.sample)
        }
    }

    /// Looks up many at once; the newest of each.
    public func find(_ names: [Name]) -> [Name: KeptReply] {
        var found: [Name: KeptReply] = [:]
        let keys = names.compactMap { name in
            if case .sent(let key) = name { return key }
            return nil
        }
        let stored = lab.attempt { try $0.replies(for: keys) } ?? [:]
        for (key, stored) in stored {
            found[.sent(key)] = KeptReply(
                reply: stored.reply, cost: stored.cost, id: stored.id, created: stored.created)
        }
        // What the lab could not take is newer than what it has.
        for name in names { if let kept = session[name] { found[name] = kept } }
        return found
    }

    /// Keeps a reply for this session.
    public func remember(_ reply: KeptReply, under name: Name) { session[name] = reply }
}
