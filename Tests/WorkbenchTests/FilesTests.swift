import CZlib
import Corpus
import LyceumKit
import TestServers
import Testing

@testable import Workbench

/// Kinds of files that plugins bring are read and written like Lyceum's own.
@Suite struct FilesTests {
    /// Lines "input => target"; the arrow is an option.
    private let pairs = DataFormat(
        id: "pairs", suffixes: [".pairs"], summary: "pairs, one a line",
        options: [.string("arrow", default: "=>", "what stands between")],
        write: { records, path, options, _ in
            let arrow = try options.string("arrow")
            let texts = zip(try records.strings("input"), try records.strings("target"))
            try Files.write(texts.map { "\($0) \(arrow) \($1)\n" }.joined(), to: path)
        },
        read: { path, options, _ in
            let arrow = try options.string("arrow")
            let text = String(decoding: try Files.read(path), as: UTF8.self)
            let lines = text.split(separator: "\n")
            return RecordList(
                try lines.enumerated().map { row, line in
                    let parts = line.split(separator: " \(arrow) ").map { Value.string(String($0)) }
                    guard parts.count == 2 else {
                        throw LyceumError.file(
                            path: path, line: row + 1, problem: "has no '\(arrow)'", remedy: nil)
                    }
                    return Record(columns: ["input", "target"], values: parts)
                })
        })

    private func session() -> WorkSession {
        let session = workSession(nil)
        session.plugins.registerBuiltIns { try $0.register(pairs) }
        return session
    }

    /// Parquet and Arrow among them: whoever looks into the registry finds each, and its options.
    @Test(
        "every kind of file that Lyceum itself knows is in the one registry",
        arguments: [".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".arrow", ".feather"])
    func builtIn(ending: String) throws {
        try withLab { folder in
            try Files.makeFolder(folder)
            let path = folder + "/data" + ending
            let format = try #require(try session().plugins.format(of: path))
            #expect(format.suffixes.contains(ending) && format.summary.contains(ending))
            let rows = Dataset(records: (1...5).map { ["n": .integer($0), "text": .string("row \($0)")] })
            let plain = try Options(declared: format.options, function: "test")
            let write = try #require(format.write)
            try write(rows, path, plain, .silent())
            let table = try format.readTable(path, plain, .silent())
            #expect(table.count == 5 && table.columns == ["n", "text"])
            #expect(try table.strings("text").last == "row 5")
            guard ending == ".parquet" else { return }
            func options(_ values: [String: Value]) throws -> Options {
                try Options(values, declared: format.options, function: "test")
            }
            try write(rows, path, options(["row_group_size": 2, "compression": "snappy"]), .silent())
            let second = try format.readTable(path, options(["row_groups": [2]]), .silent())
            #expect(try second.strings("text") == ["row 3", "row 4"])
            #expect(throws: LyceumError.self) {
                try format.readTable(path, options(["row_groups": [0]]), .silent())
            }
        }
    }

    private func load(_ path: String, _ session: WorkSession, _ given: [String: Value] = [:]) throws
        -> Dataset?
    {
        try session.loadByPlugin(path) { try Options(given, declared: $0.options, function: "data.load") }
    }

    private func pack(_ text: String, to path: String) throws {
        let file = try #require(gzopen(path, "wb"))
        _ = gzwrite(file, text, UInt32(text.utf8.count))
        gzclose(file)
    }

    @Test("a file, a folder, a pattern, packed files and options")
    func reading() throws {
        try withLab { folder in
            try Files.makeFolder(folder)
            let session = session()
            try Files.write("a cat => cat\na dog => dog\n", to: folder + "/1.pairs")
            try pack("a cow => cow\n", to: folder + "/2.pairs.gz")
            try Files.write("not data", to: folder + "/README")
            #expect(try load(folder + "/1.pairs", session)?.strings("target") == ["cat", "dog"])
            #expect(try load(folder + "/2.pairs.gz", session)?.strings("target") == ["cow"])
            #expect(try load(folder, session)?.strings("target") == ["cat", "dog", "cow"])
            #expect(try load(folder + "/*.pairs", session)?.count == 2)
            #expect(try load(folder, session)?.history.map(\.detail) == [folder])
            try Files.write("a -> b\n", to: folder + "/3.PAIRS")
            #expect(try load(folder + "/3.PAIRS", session, ["arrow": "->"])?.strings("input") == ["a"])
            // Lyceum's own kinds are left to Dataset.load.
            try Files.write("{\"a\":1}\n", to: folder + "/x.jsonl")
            #expect(try load(folder + "/x.jsonl", session) == nil)
        }
    }

    private func problem(_ body: () throws -> Void) -> String {
        do {
            try body()
            return ""
        } catch { return "\(error)" }
    }

    /// In a function of its own: next to closures inside of #expect, Swift 6.3.1 takes one of those for a closure here.
    private func problem(loading path: String, _ session: WorkSession) -> String {
        problem { _ = try load(path, session) }
    }

    @Test("what is wrong is named: the file as the user knows it, its line, the kinds there are")
    func mistakes() throws {
        try withLab { folder in
            try Files.makeFolder(folder)
            let session = session()
            try pack("a => b\nnothing\n", to: folder + "/x.pairs.gz")
            #expect(
                problem { _ = try load(folder + "/x.pairs.gz", session) }.contains(
                    "x.pairs.gz:2: has no '=>'"))
            try Files.write("", to: folder + "/empty.pairs")
            #expect(problem { _ = try load(folder + "/empty.pairs", session) }.contains("is empty"))
            #expect(problem { _ = try load(folder + "/none.pairs", session) }.contains("does not exist"))
            try Files.write("{\"a\":1}\n", to: folder + "/y.jsonl")
            #expect(problem { _ = try load(folder, session) }.contains("several kinds (.pairs and .jsonl)"))
            try Files.write("x", to: folder + "/z.xls")
            let unknown = problem(loading: folder + "/z.xls", session)
            for ending in [".jsonl", ".pairs", ".gz"] { #expect(unknown.contains(ending), "\(unknown)") }
            #expect(
                problem { _ = try load(folder + "/x.pairs.gz", session, ["arow": "x"]) }.contains("'arrow'"))
            let bytes = try Files.read(folder + "/x.pairs.gz")
            try Files.write(Array(bytes.dropLast(9)), to: folder + "/cut.pairs.gz")
            #expect(problem { _ = try load(folder + "/cut.pairs.gz", session) }.contains("cut short"))
        }
    }

    @Test("writing puts the whole file in place or nothing; a format that cannot write says so")
    func writing() throws {
        try withLab { folder in
            try Files.makeFolder(folder)
            let session = session()
            let data = Dataset(records: [["input": "a", "target": "b"]])
            let options: (DataFormat) throws -> Options = {
                try Options(declared: $0.options, function: "save")
            }
            #expect(try session.saveByPlugin(data, to: folder + "/o.pairs", options: options))
            #expect(try load(folder + "/o.pairs", session)?.fingerprint == data.fingerprint)
            #expect(try !session.saveByPlugin(data, to: folder + "/o.jsonl", options: options))
            let broken = Dataset(records: [["input": 1]])
            #expect(throws: LyceumError.self) {
                try session.saveByPlugin(broken, to: folder + "/o.pairs", options: options)
            }
            #expect(Files.list(folder) == ["o.pairs"])
            #expect(try load(folder + "/o.pairs", session)?.count == 1)
            session.plugins.registerBuiltIns {
                try $0.register(DataFormat(id: "ro", suffixes: [".ro"], summary: "") { _, _ in [] })
            }
            #expect(
                problem { _ = try session.saveByPlugin(data, to: folder + "/o.ro", options: options) }
                    .contains("writing .ro files"))
        }
    }
}
