import Glibc
import LyceumKit

/// One reader of foreign input, and what is tried on it.
///
/// To add one: a static property like those in the `FuzzTarget+….swift` files, and its name in `all`. `run` gets each
/// input; it may throw any error. What counts as a fault is a trap, a signal, more than ten seconds, more memory than
/// `FuzzRun` allows, or a broken promise (`FuzzTarget.demand`).
struct FuzzTarget {
    /// The name on the command line: "json".
    let name: String
    /// Known inputs: ordinary ones, and every input that ever did harm.
    let seeds: [[UInt8]]
    /// Pieces that mean something in the format.
    let tokens: [String]
    /// Bytes of an input at most.
    let longest: Int
    /// Whether an input may be work without end, as a query of SQL can be: then it must hear Ctrl-C.
    let mayBeEndless: Bool
    /// Prepares a folder of its own, once in a process, and gives what runs one input.
    let prepare: (_ folder: String) throws -> ([UInt8]) throws -> Void

    init(
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

    /// All of them.
    static var all: [FuzzTarget] {
        [
            json, jsonLines, delimited, template, promptFile, eventStream, sandboxedLua, sql, labFile,
            tokenizer, sentencePiece, configuration, safetensors, torchFile, columnStream, parquet,
        ]
    }

    /// Ends the process if a promise is broken, so that the input is kept.
    static func demand(_ isKept: Bool, _ promise: String) {
        if isKept { return }
        let line = "broken promise: \(promise)\n"
        _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        abort()
    }

    /// A folder of the repository.
    static func repository(_ path: String) -> String {
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/" + path
    }
}
