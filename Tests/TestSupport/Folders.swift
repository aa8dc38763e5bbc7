import LyceumKit

/// A fresh folder below the system's temporary folder, removed when the body returns.
///
/// - Parameter isMade: false for a name at which nothing is yet.
public func withFolder<R>(isMade: Bool = true, _ body: (String) throws -> R) throws -> R {
    let folder = Files.join(
        Environment.temporaryFolder, "lyceum-test-\(UInt64.random(in: 0...UInt64.max).hexadecimal)")
    if isMade { try Files.makeFolder(folder) }
    defer { Files.removeTree(folder) }
    return try body(folder)
}

/// A folder that goes away with the object that holds it; nothing is at its path until somebody writes there.
public final class TestFolder: Sendable {
    /// Where it is or will be.
    public let path: String

    /// Chooses a name.
    public init() {
        path = Files.join(
            Environment.temporaryFolder, "lyceum-test-\(UInt64.random(in: 0...UInt64.max).hexadecimal)")
    }

    deinit { Files.removeTree(path) }
}
