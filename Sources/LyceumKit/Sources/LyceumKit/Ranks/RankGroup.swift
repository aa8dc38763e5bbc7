import Synchronization

/// The processes that run one script at once, as one of them sees them.
///
/// Collectives (`barrier`, `sum`, `broadcast`, `gather`) must come in the same order on every rank. Each of them waits
/// for all ranks, hears an interrupt within a second, and throws when a rank has failed or is gone.
public protocol RankGroup: AnyObject, Sendable {
    /// Where this process stands.
    var place: RankPlace { get }
    /// Waits until all ranks make this call, and throws if one makes another: the first thing that a call does which
    /// all ranks must make.
    ///
    /// - Parameter name: as the user knows it: "student:generate".
    func meet(_ name: String) throws
    /// Waits until all ranks have reached this point.
    func barrier() throws
    /// The sum over all ranks, element by element; all ranks give as many numbers.
    func sum(_ numbers: [Double]) throws -> [Double]
    /// The root's bytes, on every rank.
    func broadcast(_ bytes: [UInt8], from root: Int) throws -> [UInt8]
    /// The bytes of every rank, in their order, on every rank.
    func gather(_ bytes: [UInt8]) throws -> [[UInt8]]
    /// Puts a value into the store that all ranks share.
    func set(_ key: String, _ bytes: [UInt8]) throws
    /// A value of the store; nil while it is not there.
    func value(_ key: String) throws -> [UInt8]?
    /// Takes a value out of the store.
    func remove(_ key: String) throws
    /// Adds to a number of the store, which starts at 0, and gives the sum: one step, whoever else adds.
    func add(_ amount: Int, to key: String) throws -> Int
    /// Tells all other ranks that this one has failed; they end with that message.
    ///
    /// - Returns: the failure that all ranks end with: this one, unless another rank was first. Nil if the others
    ///   cannot be told any more.
    @discardableResult
    func fail(_ message: String) -> (rank: Int, message: String)?
    /// Leaves: waits a while for the others, so that nobody loses a store that is still needed.
    func leave()
}

/// The ranks of this process.
public enum Ranks {
    private static let joined = Mutex<(any RankGroup)?>(nil)

    /// The group, once it is joined; nil for a process that runs alone.
    public static var group: (any RankGroup)? { joined.withLock { $0 } }

    /// The number of this process among all ranks; 0 alone.
    public static var rank: Int { group?.place.rank ?? 0 }

    /// How many ranks there are; 1 alone.
    public static var count: Int { group?.place.count ?? 1 }

    /// Whether this rank prints, reports and writes files: rank 0, or a process that runs alone.
    public static var isMain: Bool { rank == 0 }

    /// Makes a group the one of this process; nil ends it.
    public static func join(_ group: (any RankGroup)?) { joined.withLock { $0 = group } }

    /// The share of `total` items that a rank works on: contiguous, as equal as can be.
    public static func share(of total: Int, rank: Int, count: Int) -> Range<Int> {
        let (each, rest) = total.quotientAndRemainder(dividingBy: max(1, count))
        let start = rank * each + min(rank, rest)
        return start..<(start + each + (rank < rest ? 1 : 0))
    }

    /// Does something on rank 0 alone, such as writing a file; all ranks go on when it is done, or fail with its error.
    ///
    /// - Parameters:
    ///   - call: what the user called; nil within a call that all ranks are known to make.
    ///   - body: does it.
    /// - Returns: what `body` returns; nil on the other ranks.
    public static func onMain<Result>(_ call: String? = nil, _ body: () throws -> Result?) throws -> Result? {
        guard let group else { return try body() }
        if let call { try group.meet(call) }
        var result: Result?
        var problem: any Error = LyceumError.failed("rank 0 has failed", remedy: nil)
        var report: [UInt8] = [0]
        if group.place.rank == 0 {
            do { result = try body() } catch {
                problem = error
                var isCancelled = false
                if case LyceumError.cancelled = error { isCancelled = true }
                report = [isCancelled ? 2 : 1] + Array("\(error)".utf8)
            }
        }
        let said = try group.broadcast(report, from: 0)
        guard said.first == 0 else {
            if group.place.rank == 0 { throw problem }
            if said.first == 2 { throw LyceumError.cancelled("rank 0 was interrupted") }
            throw LyceumError.failed(
                String(decoding: said.dropFirst(), as: UTF8.self), remedy: nil)
        }
        return result
    }

    /// Results in the order of the items, computed in shares by all ranks and known to all of them afterwards.
    ///
    /// - Parameters:
    ///   - items: the same on every rank.
    ///   - call: what the user called; nil within a call that all ranks are known to make.
    ///   - encode: a result as a JSON value.
    ///   - decode: the result again.
    ///   - body: works on this rank's share.
    /// - Throws: what `body` throws; `LyceumError.cancelled` on every rank if one was interrupted.
    public static func map<Item, Result>(
        _ items: [Item], call: String? = nil, encode: (Result) -> Value, decode: (Value) throws -> Result,
        _ body: ([Item]) throws -> [Result]
    ) throws -> [Result] {
        guard let group, group.place.count > 1 else { return try body(items) }
        if let call { try group.meet(call) }
        let share = share(of: items.count, rank: group.place.rank, count: group.place.count)
        let all = try gather(in: group) {
            Array(JSON.encode(.list(try body(Array(items[share])).map(encode))).utf8)
        }
        return try all.flatMap { bytes in
            let list =
                try JSON.decode(String(decoding: bytes, as: UTF8.self), name: "a rank's results").list ?? []
            return try list.map(decode)
        }
    }

    /// Numbers for rows, computed in shares by all ranks and known to all of them afterwards, bit for bit.
    ///
    /// - Parameters:
    ///   - rows: how many there are, the same on every rank.
    ///   - body: gives the numbers of some rows, one row's after the other's.
    /// - Throws: as `map`.
    public static func numbers(rows: Int, _ body: (Range<Int>) throws -> [Double]) throws -> [Double] {
        guard let group, group.place.count > 1 else { return try body(0..<rows) }
        let share = share(of: rows, rank: group.place.rank, count: group.place.count)
        let all = try gather(in: group) { try body(share).withUnsafeBytes { Array($0) } }
        return all.flatMap { bytes in
            bytes.withUnsafeBytes { buffer in
                (0..<(buffer.count / 8)).map { buffer.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self) }
            }
        }
    }

    /// What each rank's `body` gives. A rank that is interrupted says so: the others, who wait for it, then stop, too.
    private static func gather(in group: any RankGroup, _ body: () throws -> [UInt8]) throws -> [[UInt8]] {
        var own: [UInt8] = []
        var problem: LyceumError?
        do { own = try [1] + body() } catch let error as LyceumError {
            guard case .cancelled = error else { throw error }
            problem = error
        }
        let all = try group.gather(own)
        if let problem { throw problem }
        guard all.allSatisfy({ $0.first == 1 }) else {
            throw LyceumError.cancelled("another rank was interrupted")
        }
        return all.map { Array($0.dropFirst()) }
    }
}
