import Synchronization

/// The processes that run one script at once, as one of them sees them.
///
/// Collectives (`barrier`, `sum`, `broadcast`, `gather`) must come in the same order on every rank. Each of them waits
/// for all ranks, hears an interrupt within a second, and throws when a rank has failed or is gone.
public protocol RankGroup: AnyObject, Sendable {
    /// Where this process stands.
    var place: RankPlace { get }
    /// Waits until all ranks are here.
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
    public static func onMain<Result>(_ body: () throws -> Result?) throws -> Result? {
        guard let group else { return try body() }
        var result: Result?
        var problem: any Error = LyceumError.failed("rank 0 has failed", remedy: nil)
        var report: [UInt8] = [0]
        if group.place.rank == 0 {
            do { result = try body() } catch {
                problem = error
                report = [1] + Array("\(error)".utf8)
            }
        }
        let said = try group.broadcast(report, from: 0)
        guard said.first == 0 else {
            if group.place.rank == 0 { throw problem }
            throw LyceumError.failed(
                String(decoding: said.dropFirst(), as: UTF8.self), remedy: nil)
        }
        return result
    }

    /// Results in the order of the items, computed in shares by all ranks and known to all of them afterwards.
    ///
    /// - Parameters:
    ///   - items: the same on every rank.
    ///   - encode: a result as a JSON value.
    ///   - decode: the result again.
    ///   - body: works on this rank's share.
    public static func map<Item, Result>(
        _ items: [Item], encode: (Result) -> Value, decode: (Value) throws -> Result,
        _ body: ([Item]) throws -> [Result]
    ) throws -> [Result] {
        guard let group, group.place.count > 1 else { return try body(items) }
        let share = share(of: items.count, rank: group.place.rank, count: group.place.count)
        let own = try body(Array(items[share]))
        let text = JSON.encode(.list(own.map(encode)))
        return try group.gather(Array(text.utf8)).flatMap { bytes in
            let list =
                try JSON.decode(String(decoding: bytes, as: UTF8.self), name: "a rank's results").list ?? []
            return try list.map(decode)
        }
    }
}
