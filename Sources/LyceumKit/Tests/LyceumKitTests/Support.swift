import Foundation
import LyceumKit
import Testing

/// Runs `body` with a new folder that is removed afterwards.
func withTemporaryFolder<T>(_ body: (String) throws -> T) throws -> T {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lyceum-\(UUID().uuidString)")
        .path
    try Files.makeFolder(folder)
    defer { Files.removeTree(folder) }
    return try body(folder)
}
