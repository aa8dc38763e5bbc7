internal import CTorch
import Dispatch
import Glibc
import LyceumKit
import Synchronization

/// The ranks on c10d: its key-value store for messages, its gloo process group for tensors.
///
/// Collectives are called by one thread, the one that runs the script. The store has a lock of its own.
public final class TorchRankGroup: RankGroup, @unchecked Sendable {
    /// Where this process stands.
    public let place: RankPlace
    /// Guarded by `storeLock`: a connection serves one thread at a time.
    private let store: RankStore
    private let storeLock = Mutex(())
    private let handle: OpaquePointer
    private let monitor: RankMonitor
    /// Whether NCCL was tried, and what kept it from being opened.
    private let nccl = Mutex<(problem: String?, isOpen: Bool)?>(nil)

    /// How long a collective waits for a rank before it fails, in milliseconds. Long, because one rank may be writing
    /// a checkpoint; a rank that fails or dies is noticed at once.
    static let patience = 30 * 60 * 1000

    /// Joins the group that the place names.
    ///
    /// - Parameters:
    ///   - place: of this process among the ranks.
    ///   - seconds: how long to wait for rank 0's store, in seconds.
    /// - Throws: `LyceumError.failed` when it cannot be reached, `LyceumError.cancelled` on an interrupt.
    public init(_ place: RankPlace, joining seconds: Int = 300) throws {
        self.place = place
        let store = try Self.connect(place, seconds: seconds)
        self.store = store
        let name = "lyceum/\(place.restart)"
        var handle: OpaquePointer?
        guard try store.add(1, to: "\(name)/rank/\(place.rank)") == 1 else {
            throw LyceumError.failed(
                "there is a rank \(place.rank) at \(place.address):\(place.port) already: two jobs use this port",
                remedy: "give each job a MASTER_PORT of its own")
        }
        // Names of all ranks first: a group waits for its members deaf, the store can be asked in between.
        _ = try store.add(1, to: "\(name)/arrived")
        try Self.wait(seconds: seconds) {
            try store.add(0, to: "\(name)/arrived") >= place.count
        } orFail: {
            let arrived = (try? store.add(0, to: "\(name)/arrived")) ?? 0
            return "\(arrived) of \(place.count) ranks came within \(seconds) s"
        }
        let interface = Environment.value("GLOO_SOCKET_IFNAME")
        let address = interface == nil ? RankAddress.own(towards: place.address, port: place.port) : nil
        try TorchError.check(
            ctorch_group_open(
                store.handle, "\(name)/gloo", Int32(place.rank), Int32(place.count), interface, address,
                Int64(Self.patience), &handle), "the group of the ranks")
        guard let handle else { throw TorchError.last("the group of the ranks") }
        self.handle = handle
        monitor = RankMonitor(place: place, store: try store.clone(), prefix: name)
    }

    deinit { ctorch_group_close(handle) }

    private var prefix: String { "lyceum/\(place.restart)/user/" }

    /// Opens the connection on a thread of its own, so that this one hears an interrupt.
    private static func connect(_ place: RankPlace, seconds: Int) throws -> RankStore {
        let isServer = place.rank == 0 && !place.storeIsHosted
        let outcome = Outcome()
        DispatchQueue.global().async {
            let opened = Result {
                try RankStore.open(
                    host: place.address, port: place.port, isServer: isServer, milliseconds: seconds * 1000)
            }
            outcome.value.withLock { $0 = opened }
        }
        try wait(seconds: seconds + 5) {
            outcome.value.withLock { $0 != nil }
        } orFail: {
            "no answer from \(place.address):\(place.port) within \(seconds) s"
        }
        do {
            guard let store = try outcome.value.withLock({ try $0?.get() }) else {
                throw unreachable(place, "no answer", isServer: isServer)
            }
            return store
        } catch let error as TorchError {
            throw unreachable(place, error.description, isServer: isServer)
        }
    }

    /// What the thread that connects leaves behind.
    private final class Outcome: Sendable {
        let value = Mutex<Result<RankStore, any Error>?>(nil)
    }

    private static func unreachable(_ place: RankPlace, _ reason: String, isServer: Bool) -> LyceumError {
        .failed(
            "rank \(place.rank) of \(place.count) cannot "
                + (isServer ? "open the store at" : "reach rank 0's store at")
                + " \(place.address):\(place.port): \(reason)",
            remedy: isServer
                ? "set MASTER_PORT to a free port"
                : "check MASTER_ADDR and MASTER_PORT, and that rank 0 is running")
    }

    /// Waits until `isDone`, hearing interrupts.
    private static func wait(
        seconds: Int, until isDone: () throws -> Bool, orFail reason: () -> String
    ) throws {
        var waited = 0
        while try !isDone() {
            if Interrupt.isRaised { throw LyceumError.cancelled("the ranks had not met yet") }
            usleep(20_000)
            waited += 20
            if waited > seconds * 1000 {
                throw LyceumError.failed(
                    "the ranks did not meet: \(reason())",
                    remedy:
                        "check that every rank was started with the same MASTER_ADDR, MASTER_PORT and WORLD_SIZE"
                )
            }
        }
    }

    // MARK: Collectives

    /// Waits for a collective, hearing interrupts and failed ranks.
    ///
    /// - Parameter look: called now and then meanwhile.
    func finish(looking look: () throws -> Void = {}, _ wait: (Int64, inout Bool) -> CTorchStatus) throws {
        var isDone = false
        while !isDone {
            guard wait(200, &isDone) == CTORCH_OK else {
                // A rank that is gone breaks its connections before it is known why: ask the others for a moment.
                throw monitor.failure(within: 3)
                    ?? LyceumError.failed(
                        "a rank is gone (\(String(cString: ctorch_last_error())))",
                        remedy: "look at the output of the other ranks")
            }
            if !isDone, let failure = monitor.failure { throw failure }
            if !isDone { try look() }
            if !isDone, Interrupt.isUrgent {
                throw LyceumError.cancelled("the ranks were waiting for each other")
            }
        }
    }

    private func run(
        looking look: () throws -> Void = {}, _ start: (inout OpaquePointer?) -> CTorchStatus
    ) throws {
        if let failure = monitor.failure { throw failure }
        var work: OpaquePointer?
        guard start(&work) == CTORCH_OK, let work else {
            throw monitor.failure(within: 3) ?? TorchError.last("a collective of the ranks")
        }
        defer { ctorch_work_release(work) }
        try finish(looking: look) { ctorch_work_wait(work, $0, &$1) }
    }

    /// Makes sure that all ranks make the same call now.
    public func meet(_ name: String) throws {
        var numbers = [Double](repeating: 0, count: place.count * Meeting.numbersEach)
        let start = place.rank * Meeting.numbersEach
        numbers.replaceSubrange(start..<(start + Meeting.numbersEach), with: Meeting.encode(name))
        let tensor = try Tensor(numbers)
        let alone = LyceumError.failed(
            "rank \(place.rank) is at \(name), and another rank has come to the end of the script",
            remedy: Meeting.remedy)
        var looks = 0
        do {
            try run(looking: {
                // A rank that has left will never come. The one that left last may still have to send its part.
                looks = monitor.someHaveLeft ? looks + 1 : 0
                if looks > 10 { throw alone }
            }) { ctorch_group_sum(handle, tensor.handle, &$0) }
        } catch {
            // Its connections end with it.
            throw monitor.failure == nil && monitor.someHaveLeft ? alone : error
        }
        try Meeting.check(try tensor.doubles())
    }

    /// Gives the group NCCL for this rank's CUDA device, once.
    ///
    /// - Returns: why it cannot be used, of the first rank on which it cannot; nil if it can.
    func openNCCL(device: Int) throws -> String? {
        if let opened = nccl.withLock({ $0 }) { return opened.problem }
        func said(_ status: CTorchStatus) -> String {
            status == CTORCH_OK ? "" : String(cString: ctorch_last_error())
        }
        /// The first rank's reason.
        func agreed(_ own: String) throws -> String? {
            let all = try gather(Array(own.utf8))
            guard let rank = all.firstIndex(where: { !$0.isEmpty }) else { return nil }
            return "rank \(rank): " + String(decoding: all[rank], as: UTF8.self)
        }
        var problem = try agreed(said(ctorch_nccl_load()))
        if problem == nil {
            var id = [UInt8](repeating: 0, count: Int(CTORCH_NCCL_ID_BYTES))
            if place.rank == 0 { try TorchError.check(ctorch_nccl_make_id(&id), "NCCL") }
            id = try broadcast(id, from: 0)
            problem = try agreed(
                said(ctorch_group_open_nccl(handle, Int32(place.rank), Int32(clamping: device), id)))
            if problem != nil { ctorch_group_close_nccl(handle) }
        }
        nccl.withLock { $0 = (problem, problem == nil) }
        return problem
    }

    /// Sums a contiguous CPU tensor over all ranks, in place.
    public func allReduce(_ tensor: Tensor) throws {
        try run { ctorch_group_sum(handle, tensor.handle, &$0) }
    }

    /// Copies the root's tensor (contiguous, on the CPU) to all ranks, in place.
    public func send(_ tensor: Tensor, from root: Int) throws {
        try run { ctorch_group_broadcast(handle, tensor.handle, Int32(root), &$0) }
    }

    /// Waits until all ranks have reached this point.
    public func barrier() throws { try meet("ranks.barrier") }

    /// The sum over all ranks, element by element.
    public func sum(_ numbers: [Double]) throws -> [Double] {
        if numbers.isEmpty { return [] }
        let tensor = try Tensor(numbers)
        try allReduce(tensor)
        return try tensor.doubles()
    }

    /// The root's bytes.
    public func broadcast(_ bytes: [UInt8], from root: Int) throws -> [UInt8] {
        let isRoot = place.rank == root
        let count = Int(try sum([isRoot ? Double(bytes.count) : 0])[0])
        if count == 0 { return [] }
        let tensor = try isRoot ? Self.tensor(bytes, count: count) : Tensor.zeros([count], dtype: .uint8)
        try send(tensor, from: root)
        return isRoot ? bytes : try Self.bytes(of: tensor, count: count)
    }

    /// The bytes of every rank, in order.
    public func gather(_ bytes: [UInt8]) throws -> [[UInt8]] {
        var counts = [Double](repeating: 0, count: place.count)
        counts[place.rank] = Double(bytes.count)
        let all = try sum(counts).map { Int($0) }
        let longest = all.max() ?? 0
        if longest == 0 { return all.map { _ in [] } }
        let own = try Self.tensor(bytes, count: longest)
        let gathered = try Tensor.zeros([place.count, longest], dtype: .uint8)
        try run { ctorch_group_gather(handle, own.handle, gathered.handle, &$0) }
        let flat = try Self.bytes(of: gathered, count: place.count * longest)
        return all.enumerated().map { rank, count in
            Array(flat[(rank * longest)..<(rank * longest + count)])
        }
    }

    private static func tensor(_ bytes: [UInt8], count: Int) throws -> Tensor {
        try Tensor(bytes + [UInt8](repeating: 0, count: count - bytes.count))
    }

    private static func bytes(of tensor: Tensor, count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try TorchError.check(ctorch_tensor_copy_bytes(tensor.handle, &bytes, count), "gathered bytes")
        return bytes
    }

    // MARK: The store

    /// Puts a value into the store.
    public func set(_ key: String, _ bytes: [UInt8]) throws {
        try storeLock.withLock { _ in try store.set(prefix + key, bytes) }
    }

    /// A value of the store.
    public func value(_ key: String) throws -> [UInt8]? {
        try storeLock.withLock { _ in try store.value(prefix + key) }
    }

    /// Takes a value out of the store.
    public func remove(_ key: String) throws {
        try storeLock.withLock { _ in try store.remove(prefix + key) }
    }

    /// Adds to a number of the store.
    public func add(_ amount: Int, to key: String) throws -> Int {
        try storeLock.withLock { _ in try store.add(amount, to: prefix + key) }
    }

    // MARK: The end

    /// Tells all other ranks that this one has failed.
    @discardableResult
    public func fail(_ message: String) -> (rank: Int, message: String)? { monitor.report(message) }

    /// Leaves the group: rank 0 stays a while, because its store is everybody's.
    public func leave() { monitor.leave() }

    /// A handle for a reducer.
    var groupHandle: OpaquePointer { handle }
}
