import Dispatch
import Glibc
import LyceumKit
import Synchronization

/// Watches the other ranks from threads of its own: whether one has failed, whether the store is still there, and
/// whether the next rank still beats: a machine that loses power or its network says nothing.
///
/// A rank that waits in a collective sees a failure at its next look. A rank that computes for long is asked to stop
/// as by Ctrl-C, and ended if it does not: an error on one rank ends all of them within ten seconds.
final class RankMonitor: Sendable {
    private struct State {
        var failure: LyceumError?
        var isOver = false
        var hasLeft = false
        /// Looks at the store that were answered.
        var looks = 0
        /// Whether the store has stopped answering: whoever asks it waits for ever.
        var storeIsSilent = false
        /// Whether a rank has come to the end of the script.
        var someHaveLeft = false
        /// Ranks that are known to be gone for good.
        var lost = 0
    }

    private let place: RankPlace
    private let store: Mutex<RankStore>
    private let prefix: String
    private let state = Mutex(State())

    /// How often the store is asked, in microseconds.
    private static let interval: UInt32 = 300_000
    /// Looks without a sign of life after which a rank or the store counts as gone: 6 s. They are counted, not timed:
    /// whoever was stopped for a while and goes on has not missed anything.
    private static let patience = 20
    /// How long a rank that computes may take to stop once another has failed, in seconds.
    private static let grace = 6

    init(place: RankPlace, store: RankStore, prefix: String) {
        self.place = place
        self.store = Mutex(store)
        self.prefix = prefix
        let watching = self
        DispatchQueue(label: "ranks").async { watching.watch() }
        if place.rank > 0 || place.storeIsHosted {
            DispatchQueue(label: "ranks' store").async { watching.watchStore() }
        }
    }

    /// What another rank ended with, if one has.
    var failure: LyceumError? { state.withLock { $0.failure } }

    /// Whether a rank has come to the end of the script.
    var someHaveLeft: Bool { state.withLock { $0.someHaveLeft } }

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
        let isSilent = state.withLock { state in
            state.isOver = true
            return state.storeIsSilent
        }
        if isSilent { return nil }
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

    /// Ends the watch. The host of the store stays until the others have left or failed: they may have work of their
    /// own to do.
    func leave() {
        guard place.rank == 0, !place.storeIsHosted else {
            state.withLock { $0.isOver = true }
            return countAsGone()
        }
        let isFirst = state.withLock { state in
            defer { state.hasLeft = true }
            return !state.hasLeft
        }
        if isFirst { store.withLock { _ = try? $0.add(1, to: "\(prefix)/left") } }
        while failure == nil, !Interrupt.isRaised, someAreLeft { usleep(50_000) }
        state.withLock { $0.isOver = true }
    }

    /// Whether ranks are there that have not left.
    private var someAreLeft: Bool {
        let gone = store.withLock { try? $0.add(0, to: "\(prefix)/left") }
        return gone.map { $0 + state.withLock { $0.lost } < place.count } ?? false
    }

    private func countAsGone() {
        let isFirst = state.withLock { state in
            defer { state.hasLeft = true }
            return !state.hasLeft
        }
        guard isFirst else { return }
        store.withLock { store in
            // A rank that has left does not beat any more, and is not missed.
            _ = try? store.add(Self.hasLeft, to: beat(of: place.rank))
            _ = try? store.add(1, to: "\(prefix)/left")
        }
    }

    /// Makes a count of beats negative.
    private static let hasLeft = -1 << 40

    private func beat(of rank: Int) -> String { "\(prefix)/beat/\(rank)" }

    private func awaitOthers(seconds: Int) {
        for _ in 0..<(seconds * 20) where someAreLeft { usleep(50_000) }
    }

    /// What a look at the store shows.
    private struct Look {
        /// What another rank ended with.
        var failure: [UInt8]?
        /// Beats of the next rank.
        var beats: Int
        /// Ranks that have left.
        var left: Int
    }

    private var next: Int { (place.rank + 1) % place.count }

    private func look(_ store: RankStore) throws -> Look {
        _ = try store.add(1, to: beat(of: place.rank))
        return Look(
            failure: try store.value("\(prefix)/failure"), beats: try store.add(0, to: beat(of: next)),
            left: try store.add(0, to: "\(prefix)/left"))
    }

    private func watch() {
        let launcher = Environment.value(RankPlace.launcherVariable).flatMap { pid_t($0) }
        var (beats, silence) = (0, 0)
        while true {
            usleep(Self.interval)
            if state.withLock({ $0.isOver }) { return }
            // Ranks do not outlive a launcher that was killed.
            if let launcher, getppid() != launcher { Interrupt.leave(SIGTERM) }
            let look: Look
            do { look = try store.withLock { try self.look($0) } } catch {
                return end(
                    with: .failed(
                        place.storeIsHosted ? "the launcher's store is gone" : "rank 0 is gone",
                        remedy: "look at the output of rank 0"))
            }
            let isOver = state.withLock { state in
                state.looks += 1
                state.someHaveLeft = look.left > 0
                return state.isOver
            }
            if isOver { return }
            if let bytes = look.failure {
                let (rank, message) = Self.failure(in: bytes)
                return end(with: .failed("rank \(rank) failed: \(message)", remedy: nil))
            }
            (beats, silence) = (look.beats, look.beats == beats && look.beats >= 0 ? silence + 1 : 0)
            if silence >= Self.patience {
                let seconds = Self.patience * Int(Self.interval) / 1_000_000
                state.withLock { $0.lost = 1 }
                return end(
                    with: .failed(
                        "rank \(next) has not been heard of for \(seconds) s",
                        remedy: "its machine is down or cut off, or it was stopped"))
            }
        }
    }

    /// Sees to it that a store which does not answer is noticed: whoever waits for it notices nothing.
    private func watchStore() {
        var (looks, silence) = (0, 0)
        while true {
            usleep(Self.interval)
            let (now, isOver) = state.withLock { ($0.looks, $0.isOver || $0.failure != nil) }
            if isOver { return }
            (looks, silence) = (now, now == looks ? silence + 1 : 0)
            guard silence >= Self.patience else { continue }
            state.withLock { state in
                state.storeIsSilent = true
                state.hasLeft = true
            }
            let seconds = Self.patience * Int(Self.interval) / 1_000_000
            return end(
                with: .failed(
                    "\(place.storeIsHosted ? "the launcher's store" : "rank 0") at \(place.address):\(place.port) "
                        + "has not answered for \(seconds) s",
                    remedy: "its machine is down or cut off, or it was stopped"))
        }
    }

    /// Ends this rank: the thread that runs the script stops at its next look, or is ended.
    private func end(with failure: LyceumError) {
        let isSilent = state.withLock { state in
            state.failure = failure
            return state.storeIsSilent
        }
        if !isSilent { countAsGone() }
        // Whoever computes stops at the next look at the interrupt; whoever does not is ended.
        Interrupt.raise(isUrgent: true)
        sleep(UInt32(Self.grace))
        if state.withLock({ $0.isOver }) { return }
        let line = "lyceum: rank \(place.rank): \(failure.description)\n"
        _ = line.withCString { write(2, $0, strlen($0)) }
        _exit(1)
    }
}
