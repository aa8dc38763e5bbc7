import Glibc

/// What every kind of file keeps to, whoever wrote it.
public struct FormatContract: Contract {
    /// One thing that is promised.
    public enum Clause: String, ContractClause {
        case declarations, reading, missing, empty, damage, cancelling

        /// What is promised, in one line.
        public var meaning: String {
            switch self {
            case .declarations: return "id, summary and suffixes are as users type them"
            case .reading: return "an example has rows, all with the columns of the first"
            case .missing: return "a file that is not there is an error that names it"
            case .empty: return "an empty file has no rows, or is an error that names it"
            case .damage: return "a damaged file is an error that names it, or its other rows; never a crash"
            case .cancelling: return "a cancelled job ends it with LyceumError.cancelled"
            }
        }
    }

    /// What is tried.
    public let format: DataFormat
    /// The content of a small file of this kind.
    public let example: [UInt8]?

    /// A contract for a kind of file.
    ///
    /// - Parameters:
    ///   - format: what is tried.
    ///   - example: the content of a small file; without it nothing is known of reading.
    public init(_ format: DataFormat, example: String? = nil) {
        self.format = format
        self.example = (example ?? format.example).map { Array($0.utf8) }
    }

    /// Tries one clause.
    public func attempt(_ clause: Clause) throws {
        switch clause {
        case .declarations: try checkDeclarations()
        case .reading: try checkReading()
        case .missing: try checkRefusal("a file that is not there", content: nil)
        case .empty: try checkOdd("an empty file", [])
        case .damage: try checkDamage()
        case .cancelling: try checkCancelling()
        }
    }

    private func checkDeclarations() throws {
        try checkDeclared(format.id, format.summary, [])
        try expect(!format.suffixes.isEmpty, "no suffix: no file would be read by it")
        for suffix in format.suffixes {
            try expect(
                suffix.hasPrefix(".") && suffix.count > 1 && suffix == suffix.lowercased()
                    && !suffix.contains("/"),
                "the suffix '\(suffix)' is not a dot and lower-case letters: '.\(format.id)'")
            try expect(
                ![".gz", ".zst", ".bz2", ".xz"].contains(suffix),
                "the suffix '\(suffix)' is that of a compressed file, whatever is in it")
        }
    }

    /// Runs `body` with the path of a file of this content; nil is none.
    private func withFile<R>(_ content: [UInt8]?, _ body: (String) throws -> R) throws -> R {
        let base = Environment.temporaryFolder
        let folder = Files.join(base, "lyceum-contract-\(getpid())-\(UInt64.random(in: 0...UInt64.max))")
        try Files.makeFolder(folder)
        defer { Files.removeTree(folder) }
        let path = Files.join(folder, "example" + (format.suffixes.first ?? ""))
        if let content { try Files.write(content, to: path) }
        return try body(path)
    }

    private func exampleBytes() throws -> [UInt8] {
        guard let example else {
            throw ContractFault.nothingToTry("it has no example: DataFormat(…, example: \"…\") gives it one")
        }
        return example
    }

    private func checkReading() throws {
        try withFile(try exampleBytes()) { path in
            let rows = try format.read(path, .silent())
            guard let first = rows.first else { throw ContractFault.broken("its example has no rows") }
            try expect(!first.columns.isEmpty, "the first row of its example has no columns")
            for (index, row) in rows.enumerated() {
                try expect(
                    Set(row.columns) == Set(first.columns),
                    "row \(index + 1) of its example has the columns \(row.columns), the first \(first.columns)"
                )
            }
            try expect(try format.read(path, .silent()) == rows, "read twice, its example differs")
        }
    }

    /// An error must be of ours, and name the file.
    private func check(_ failure: any Error, _ what: String, _ path: String) throws {
        try expect(failure is LyceumError, "\(what) throws '\(failure)', which is not a LyceumError")
        try expect("\(failure)".contains(path), "\(what) throws '\(failure)', which does not name the file")
    }

    private func checkRefusal(_ what: String, content: [UInt8]?) throws {
        try withFile(content) { path in
            try check(try error(what) { _ = try format.read(path, .silent()) }, what, path)
        }
    }

    private func checkOdd(_ what: String, _ content: [UInt8]) throws {
        try withFile(content) { path in
            do { _ = try format.read(path, .silent()) } catch { try check(error, what, path) }
        }
    }

    private func checkDamage() throws {
        var contents: [(String, [UInt8])] = [
            ("a file of zeros", [UInt8](repeating: 0, count: 300)),
            ("a file of bytes that are not text", (0..<600).map { UInt8(truncatingIfNeeded: $0 &* 89 &+ 7) }),
            ("a file of blank lines", Array("\n\n \n\t\n".utf8)),
            ("a file of one long line", [UInt8](repeating: 0x61, count: 100_000)),
        ]
        if let example {
            for share in 1..<8 {
                contents.append(("its example, cut", Array(example.prefix(example.count * share / 8))))
            }
            contents.append(("its example, its lines reversed", Array(example.reversed())))
        }
        for (what, content) in contents { try checkOdd(what, content) }
    }

    private func checkCancelling() throws {
        try withFile(try exampleBytes()) { path in
            let job = Job(
                "trial", obeysInterrupt: false, listener: Job.Listener(progress: { _ in }, note: { _ in }))
            job.cancel()
            try expectCancelled("reading with a cancelled job (call job.checkCancelled())") {
                _ = try format.read(path, job)
            }
        }
    }
}
