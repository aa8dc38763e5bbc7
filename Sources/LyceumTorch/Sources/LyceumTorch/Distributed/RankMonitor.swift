import Dispatch
import Glibc
import LyceumKit
import Synchronization

/// Watches the other ranks from a thread of its own: whether one has failed, and whether the store is still there.
///
/// A rank that waits in a collective sees a failure at its next look. A rank that computes for long is asked to stop
/// as by Ctrl-C, and ended if it does not: an error on one rank ends all of them within ten seconds.
final class RankMonitor: Sendable {
    private struct State {
        var failure: LyceumError?
        var isOver = false
        var hasLeft = false
    }

    private let place: RankPlace
    private let store: Mutex<RankStore>
    private let prefix: String
    private let state = Mutex(State())

    /// How often the store is asked, in microseconds.
    private static let interval: UInt32 = 300_000
    /// How long a rank that computes may take to stop once another has failed, in seconds.
    private static let grace = 6

    init(place: RankPlace, store: RankStore, prefix: String) {
        self.place = place
        self.store = Mutex(store)
        self.prefix = prefix
        let watching = self
        DispatchQueue(label: "ranks").async { watching.watch() }
    }

    /// What another rank ended with, if one has.
    var failure: LyceumError? { state.withLock { $0.failure } }

    /// Likewise, after a look of up to some seconds.
    func failure(within seconds: Int) -> LyceumError? {
        for _ in 0..<(seconds * 10) {
            if let failure { return failure }
            usleep(100_000)
        }
        return failure
    }

    /// Tells the others that this rank has failed. The first message stays.
    ///
    /// - Returns: the failure that stays.
    func report(_ message: String) -> (rank: Int, message: String)? {
        state.withLock { $0.isOver = true }
        let first = store.withLock { store -> (rank: Int, message: String)? in
            // Whoever raises the number to one was first.
            guard let place = try? store.add(1, to: "\(prefix)/failures") else { return nil }
            if place == 1 {
                try? store.set("\(prefix)/failure", Array("\(self.place.rank)\n\(message)".utf8))
            }
            for _ in 0..<20 {
                if let bytes = try? store.value("\(prefix)/failure") { return Self.failure(in: bytes) }
                usleep(50_000)
            }
            return nil
        }
        countAsGone()
        // Rank 0's store must live until the others have read it.
        if place.rank == 0, !place.storeIsHosted { awaitOthers(seconds: 5) }
        return first
    }

    private static func failure(in bytes: [UInt8]) -> (rank: Int, message: String) {
        let lines = String(decoding: bytes, as: UTF8.self).split(
            separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        return (lines.first.flatMap { Int($0) } ?? -1, lines.dropFirst().first.map(String.init) ?? "")
    }

    /// Ends the watch. The host of the store stays until the others have left, a while at most.
    func leave() {
        state.withLock { $0.isOver = true }
        countAsGone()
        if place.rank == 0, !place.storeIsHosted { awaitOthers(seconds: 30) }
    }

    private func countAsGone() {
        let isFirst = state.withLock { state in
            defer { state.hasLeft = true }
            return !state.hasLeft
        }
        if isFirst { store.withLock { _ = try? $0.add(1, to: "\(prefix)/left") } }
    }

    private func awaitOthers(seconds: Int) {
        for _ in 0..<(seconds * 20) {
            let gone = store.withLock { try? $0.add(0, to: "\(prefix)/left") }
            guard let gone, gone < place.count else { return }
            usleep(50_000)
        }
    }

    private func watch() {
        let launcher = getenv(RankPlace.launcherVariable).flatMap { pid_t(String(cString: $0)) }
        while true {
            usleep(Self.interval)
            if state.withLock({ $0.isOver }) { return }
            // Ranks do not outlive a launcher that was killed.
            if let launcher, getppid() != launcher { Interrupt.leave(SIGTERM) }
            let said: [UInt8]??
            do { said = try store.withLock { try $0.value("\(prefix)/failure") } } catch { said = .none }
            if state.withLock({ $0.isOver }) { return }
            let failure: LyceumError
            switch said {
            case .some(.none): continue
            case .some(.some(let bytes)):
                let (rank, message) = Self.failure(in: bytes)
                failure = .failed("rank \(rank) failed: \(message)", remedy: nil)
            case .none:
                failure = .failed(
                    place.storeIsHosted ? "the launcher's store is gone" : "rank 0 is gone",
                    remedy: "look at the output of rank 0")
            }
            state.withLock { $0.failure = failure }
            countAsGone()
            // Whoever computes stops at the next look at the interrupt; whoever does not is ended.
            Interrupt.raise(isUrgent: true)
            sleep(UInt32(Self.grace))
            if state.withLock({ $0.isOver }) { return }
            let line = "lyceum: rank \(place.rank): \(failure.description)\n"
            _ = line.withCString { write(2, $0, strlen($0)) }
            _exit(1)
        }
    }
}
