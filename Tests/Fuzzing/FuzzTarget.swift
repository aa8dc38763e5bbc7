import Glibc
import LyceumKit

/// One reader of foreign input, and what is tried on it.
///
/// To add one: a static property like those in the `FuzzTarget+….swift` files of FuzzTests, and its name in `all` there
/// (of the server: in its own tests). `run` gets each input; it may throw any error. What counts as a fault is a trap, a signal, more than ten seconds, more memory than
/// `FuzzRun` allows, or a broken promise (`FuzzTarget.demand`).
public struct FuzzTarget {
    /// The name on the command line: "json".
    public let name: String
    /// Known inputs: ordinary ones, and every input that ever did harm.
    public let seeds: [[UInt8]]
    /// Pieces that mean something in the format.
    public let tokens: [String]
    /// Bytes of an input at most.
    public let longest: Int
    /// Whether an input may be work without end, as a query of SQL can be: then it must hear Ctrl-C.
    public let mayBeEndless: Bool
    /// Prepares a folder of its own, once in a process, and gives what runs one input.
    public let prepare: (_ folder: String) throws -> ([UInt8]) throws -> Void

    /// Declares a target.
    public init(
        _ name: String, seeds: [String], bytes: [[UInt8]] = [], tokens: [String] = [], longest: Int = 1 << 16,
        mayBeEndless: Bool = false, prepare: @escaping (_ folder: String) throws -> ([UInt8]) throws -> Void
    ) {
        self.name = name
        self.seeds = seeds.map { Array($0.utf8) } + bytes
        self.tokens = tokens
        self.longest = longest
        self.mayBeEndless = mayBeEndless
        self.prepare = prepare
    }

    /// Ends the process if a promise is broken, so that the input is kept.
    public static func demand(_ isKept: Bool, _ promise: String) {
        if isKept { return }
        let line = "broken promise: \(promise)\n"
        _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        abort()
    }

    /// A folder of the repository.
    public static func repository(_ path: String) -> String {
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/" + path
    }

    /// Writes a file without the care that results deserve.
    public static func plainWrite(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw LyceumError.failed("cannot write \(path)", remedy: nil) }
        defer { close(descriptor) }
        _ = write(descriptor, bytes, bytes.count)
    }
}
