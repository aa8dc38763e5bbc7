import CZlib
import Corpus
import Glibc
import LyceumKit

extension WorkSession {
    /// Reads files of a kind that a plugin brings: a file, a folder of such files, or a pattern; each also packed.
    ///
    /// - Parameters:
    ///   - path: a file, a folder or a pattern.
    ///   - options: checks the options that the user gave against those of the format.
    /// - Returns: nil if the path names no such file, so that `Dataset.load` has it.
    /// - Throws: `LyceumError.file` for files of several kinds or of none, `LyceumError.empty` without records,
    ///   `LyceumError.plugin` if the plugin is refused, and what the format throws.
    public func loadByPlugin(_ path: String, options: (DataFormat) throws -> Options) throws -> Dataset? {
        let files = Self.files(at: path)
        let chosen = files.filter { !Dataset.knowsFormat(of: $0) && plugins.formatEntry(of: $0) != nil }
        guard let first = chosen.first, let kind = plugins.formatEntry(of: first) else {
            // A missing file is the likelier mistake than a strange ending, and the better message.
            if Files.exists(path) { try checkEnding(path) }
            return nil
        }
        let others = files.filter { file in
            Dataset.knowsFormat(of: file) || plugins.formatEntry(of: file).map { $0.id != kind.id } ?? false
        }
        if let other = others.first {
            throw LyceumError.file(
                path: path, line: nil,
                problem: "names files of several kinds (\(Self.ending(first)) and \(Self.ending(other)))",
                remedy: "choose one, as in '*\(Self.ending(first))'")
        }
        guard let format = try plugins.format(of: first) else { return nil }
        let checked = try options(format)
        let job = job("loading \(path)")
        let parts = try chosen.sorted().map { try read($0, by: format, checked, job) }
        let dataset = parts.count == 1 ? parts[0] : parts[0].concat(Array(parts.dropFirst()))
        if dataset.count == 0 {
            throw LyceumError.empty(path, remedy: "it should hold at least one record")
        }
        // The history says which build of the plugin read it.
        let builds = versions(ofPlugins: { $0.formats.contains { $0.id == kind.id } })
        let origin = ([path] + builds.map { "\($0.key) \($0.value)" }.sorted()).joined(separator: ", ")
        return dataset.loaded(from: origin)
    }

    /// The options of the kind of file that a plugin brings; none for Lyceum's own.
    ///
    /// - Throws: `LyceumError.plugin` if the plugin is refused.
    public func optionsOfFile(_ path: String) throws -> [OptionDeclaration] {
        guard !Dataset.knowsFormat(of: path) else { return [] }
        return try plugins.format(of: path)?.options ?? []
    }

    private func read(_ file: String, by format: DataFormat, _ options: Options, _ job: Job) throws -> Dataset
    {
        guard Files.exists(file) else {
            throw LyceumError.file(
                path: file, line: nil, problem: "does not exist",
                remedy: "check the name and the current folder")
        }
        func dataset(_ path: String) throws -> Dataset {
            let table = try format.readTable(path, options, job)
            if let dataset = table as? Dataset { return dataset }
            return Dataset(records: try (0..<table.count).map { try table.record(at: $0) })
        }
        guard file.lowercased().hasSuffix(".gz") else { return try dataset(file) }
        let unpacked = "/tmp/lyceum-unpacked-\(UInt64.random(in: 0...UInt64.max))\(Self.ending(file))"
        defer { unlink(unpacked) }
        try Self.unpack(file, to: unpacked, job)
        do {
            return try dataset(unpacked)
        } catch LyceumError.file(let path, let line, let problem, let remedy) where path == unpacked {
            throw LyceumError.file(path: file, line: line, problem: problem, remedy: remedy)
        }
    }

    /// Writes a dataset to a file of a kind that a plugin brings.
    ///
    /// - Returns: whether it did; false for a path of another kind, so that `Dataset.save` has it.
    /// - Throws: `LyceumError.unsupported` for a format that is only read, and what the format throws.
    public func saveByPlugin(
        _ data: Dataset, to path: String, options: (DataFormat) throws -> Options
    ) throws -> Bool {
        guard !Dataset.knowsFormat(of: path), plugins.formatEntry(of: path) != nil,
            let format = try plugins.format(of: path)
        else {
            try checkEnding(path)
            return false
        }
        guard let write = format.write, !path.lowercased().hasSuffix(".gz") else {
            throw LyceumError.unsupported(
                "writing \(Self.ending(path)) files" + (format.write == nil ? "" : " packed"),
                remedy: "save as .jsonl, or .csv")
        }
        let checked = try options(format)
        let job = job("saving \(path)")
        try Files.checkWritable(path)
        // Next to the file it becomes, so that it replaces it as a whole or not at all.
        let part = "\(path).part-\(UInt64.random(in: 0...UInt64.max))"
        do {
            try write(data, part, checked, job)
            guard rename(part, path) == 0 else {
                throw LyceumError.file(
                    path: path, line: nil,
                    problem: "cannot be replaced (\(String(cString: strerror(errno))))",
                    remedy: nil)
            }
        } catch {
            unlink(part)
            throw error
        }
        return true
    }

    /// Names all endings, those of plugins included, for one that nobody knows.
    private func checkEnding(_ path: String) throws {
        let isOne = !Files.isFolder(path) && !path.contains(where: "*?[".contains)
        guard isOne, !Dataset.knowsFormat(of: path), plugins.formatEntry(of: path) == nil else { return }
        throw LyceumError.file(
            path: path, line: nil, problem: "not a kind of file that holds records",
            remedy: "its name must end in " + Dataset.endings
                + plugins.formats.flatMap(\.suffixes).filter { !Dataset.knowsFormat(of: "x" + $0) }
                .map { ", \($0) (also with .gz)" }.joined())
    }

    /// The file itself; the files of a folder; those that a pattern names.
    private static func files(at path: String) -> [String] {
        if Files.isFolder(path) { return Files.list(path).sorted().map { Files.join(path, $0) } }
        guard !Files.exists(path), path.contains(where: "*?[".contains) else { return [path] }
        var matches = glob_t()
        defer { globfree(&matches) }
        guard glob(path, 0, nil, &matches) == 0 else { return [] }
        return (0..<Int(matches.gl_pathc)).compactMap { place in
            matches.gl_pathv[place].map { String(cString: $0) }
        }
    }

    /// The end of a name, without ".gz".
    private static func ending(_ path: String) -> String {
        var name = Files.name(of: path)
        if name.lowercased().hasSuffix(".gz") { name.removeLast(3) }
        return name.lastIndex(of: ".").map { String(name[$0...]) } ?? ""
    }

    /// Unpacks a file that gzip packed.
    private static func unpack(_ file: String, to path: String, _ job: Job) throws {
        func broken(_ problem: String) -> LyceumError {
            .file(path: file, line: nil, problem: problem, remedy: "is it whole, and packed by gzip?")
        }
        guard let source = gzopen(file, "rb") else { throw broken("cannot be opened") }
        defer { gzclose(source) }
        // What is not packed would be read as it is.
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        try Files.writeAtomically(path) { write in
            while true {
                try job.checkCancelled()
                let count = gzread(source, &buffer, UInt32(buffer.count))
                guard count >= 0 else { throw broken("cannot be unpacked") }
                if count == 0 { break }
                try buffer[..<Int(count)].withUnsafeBytes { try write($0) }
            }
            // A file that was cut short ends without its checksum.
            var code: Int32 = 0
            _ = gzerror(source, &code)
            if code != Z_OK { throw broken("cannot be unpacked, it is cut short") }
        }
    }
}
