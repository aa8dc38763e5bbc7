internal import CTorch
import Glibc
import LyceumKit

/// A connection to c10d's key-value store.
///
/// Used by one thread at a time; Sendable, because a thread that opens one hands it over.
final class RankStore: @unchecked Sendable {
    let handle: OpaquePointer

    private init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { ctorch_store_close(handle) }

    /// Connects; on the server, opens the store first.
    ///
    /// - Parameters:
    ///   - isServer: whether this process hosts the store.
    ///   - milliseconds: how long to wait for the server.
    static func open(host: String, port: UInt16, isServer: Bool, milliseconds: Int) throws -> RankStore {
        var handle: OpaquePointer?
        try TorchError.check(
            ctorch_store_open(host, port, isServer, Int64(milliseconds), &handle), "the store of the ranks")
        guard let handle else { throw TorchError.last("the store of the ranks") }
        return RankStore(handle)
    }

    /// Another connection, for another thread.
    func clone() throws -> RankStore {
        var copy: OpaquePointer?
        try TorchError.check(ctorch_store_clone(handle, &copy), "the store of the ranks")
        guard let copy else { throw TorchError.last("the store of the ranks") }
        return RankStore(copy)
    }

    func set(_ key: String, _ bytes: [UInt8]) throws {
        try TorchError.check(ctorch_store_set(handle, key, bytes, bytes.count), "the store of the ranks")
    }

    /// The value, if the key is there.
    func value(_ key: String) throws -> [UInt8]? {
        var isThere = false
        try TorchError.check(ctorch_store_check(handle, key, &isThere), "the store of the ranks")
        guard isThere else { return nil }
        var bytes: UnsafeMutableRawPointer?
        var count = 0
        try TorchError.check(ctorch_store_get(handle, key, &bytes, &count), "the store of the ranks")
        defer { ctorch_bytes_free(bytes) }
        return Array(UnsafeRawBufferPointer(start: bytes, count: count))
    }

    func remove(_ key: String) throws {
        try TorchError.check(ctorch_store_delete(handle, key), "the store of the ranks")
    }

    func add(_ amount: Int, to key: String) throws -> Int {
        var sum: Int64 = 0
        try TorchError.check(ctorch_store_add(handle, key, Int64(amount), &sum), "the store of the ranks")
        return Int(sum)
    }
}
