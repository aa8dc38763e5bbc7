import Lab
import LyceumKit
import Synchronization

/// The lab of this session: where what is paid for and computed is remembered.
///
/// Nothing is opened or made before it is needed: `LabStore` makes its folder with the first thing that is
/// stored, and reading from a lab that does not exist finds nothing. The lab never stands in the way of the work:
/// what is stored on the way goes through `attempt`, which tells the user once for each reason why it cannot be
/// and lets the work go on. What the user asks the lab for itself (`runs.list()`) goes through `store`, which
/// throws.
///
/// A cache of replies, for instance:
///
///     let known = environment.lab.attempt { try $0.replies(for: keys) } ?? [:]
///     let isKept = environment.lab.attempt { try $0.keep([reply]) } != nil  // false: keep it in memory
///
/// Usable from any thread.
public final class LabSession: Sendable {
    /// A session that records nothing.
    public static let off = LabSession(folder: nil)

    /// The name of the lab's folder in the working folder, unless told otherwise.
    public static var defaultFolder: String { LabStore.defaultFolder }

    /// The path of a lab's folder from the root on.
    public static func absolute(_ folder: String) -> String { LabStore(folder: folder).folder }

    /// What the runs of this session are made with: { lyceum = "0.1.0" }.
    public let versions: [String: String]
    private let optionalStore: LabStore?
    /// What can be read; nil if there is no lab.
    private let readableStore: LabStore?
    private let tell: @Sendable (String) -> Void
    private let told = Mutex<Set<String>>([])

    /// Names the lab; nothing is opened or made yet.
    ///
    /// - Parameters:
    ///   - folder: where it is or will be, relative to the current folder of this moment; nil records nothing.
    ///   - versions: what the runs of this session are made with.
    ///   - isOnlyRead: whether another rank on this machine keeps it, and this session only looks things up.
    ///   - patience: how long another process's lock is waited for, in seconds.
    ///   - tell: shows the user a line, whatever happens.
    public init(
        folder: String?, versions: [String: String] = [:], isOnlyRead: Bool = false, patience: Double = 10,
        tell: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        readableStore = folder.map { LabStore(folder: $0, patience: patience) }
        optionalStore = isOnlyRead ? nil : readableStore
        self.versions = versions
        self.tell = tell
    }

    /// Whether anything is recorded.
    public var isOn: Bool { optionalStore != nil }

    /// Whether there is a lab to look things up in.
    public var isReadable: Bool { readableStore != nil }

    /// The lab, for what the user asks of it.
    ///
    /// - Throws: `LyceumError.unsupported` if this session has none.
    public var store: LabStore {
        get throws {
            if let readableStore { return readableStore }
            if Ranks.rank > 0 {
                throw LyceumError.unsupported(
                    "rank \(Ranks.rank) has no lab: rank 0 keeps it, on another machine if it keeps one",
                    remedy: "ask for it on rank 0 alone: if ranks.rank == 0 then … end")
            }
            throw LyceumError.unsupported(
                "this session has no lab", remedy: "start lyceum without --no-lab")
        }
    }

    /// Stores or looks up something on the way. Where the lab cannot be used, the user is told why, once for each
    /// reason, and the work goes on without.
    ///
    /// - Returns: what `body` returns; nil if it threw or this session has no lab.
    public func attempt<T>(_ body: (LabStore) throws -> T) -> T? {
        guard let optionalStore else { return nil }
        do {
            return try body(optionalStore)
        } catch {
            report("the work goes on, but the lab does not remember it: \(error)")
            return nil
        }
    }

    /// Tells the user a line, once.
    public func report(_ line: String) {
        if told.withLock({ $0.insert(line).inserted }) { tell(line) }
    }
}
