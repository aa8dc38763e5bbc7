// Reading text: one reader for scripts, prompts, lists, vocabularies and whatever else is text.
extension Files {
    /// The text of a file: UTF-8 with or without a byte order mark, or UTF-16 with one.
    ///
    /// - Throws: `LyceumError.file`, which names the line and the byte of what is not UTF-8.
    public static func readText(_ path: String) throws -> String { try text(of: try read(path), name: path) }

    /// The text of bytes that were read: UTF-8 with or without a byte order mark, or UTF-16 with one.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - name: what to call them in errors: the path of a file.
    /// - Throws: `LyceumError.file`, which names the line and the byte of what is not UTF-8.
    public static func text(of bytes: [UInt8], name: String) throws -> String {
        if let text = String(validating: withoutByteOrderMark(bytes), as: UTF8.self) { return text }
        if let text = utf16(bytes) { return text }
        let place = firstInvalidByte(bytes)
        let line = bytes[..<place].reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) }
        throw LyceumError.file(
            path: name, line: line,
            problem: "is not UTF-8: byte 0x\(String(bytes[place], radix: 16)) at position \(place + 1)",
            remedy: "convert the file to UTF-8")
    }

    /// The bytes of a text file without the byte order mark that it may begin with.
    public static func readWithoutByteOrderMark(_ path: String) throws -> [UInt8] {
        Array(withoutByteOrderMark(try read(path)))
    }

    /// Bytes without the byte order mark of UTF-8 that they may begin with.
    public static func withoutByteOrderMark(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    }

    /// The text of UTF-16 that begins with a byte order mark; nil for anything else.
    private static func utf16(_ bytes: [UInt8]) -> String? {
        let isBigEndian = bytes.starts(with: [0xFE, 0xFF])
        guard isBigEndian || bytes.starts(with: [0xFF, 0xFE]), bytes.count % 2 == 0 else { return nil }
        let units = stride(from: 2, to: bytes.count, by: 2).map { place in
            let (first, second) = (UInt16(bytes[place]), UInt16(bytes[place + 1]))
            return isBigEndian ? first << 8 | second : second << 8 | first
        }
        return String(validating: units, as: UTF16.self)
    }

    /// Where bytes stop being UTF-8; the last byte if nowhere.
    static func firstInvalidByte(_ bytes: [UInt8]) -> Int {
        var decoder = UTF8()
        var rest = bytes.makeIterator()
        var place = 0
        while true {
            switch decoder.decode(&rest) {
            case .scalarValue(let scalar): place += UTF8.width(scalar)
            case .emptyInput: return max(0, bytes.count - 1)
            case .error: return min(place, max(0, bytes.count - 1))
            }
        }
    }
}

// Files that stand for others.
extension Files {
    /// Makes sure that a file is not a pointer that Git LFS or git-annex left in the place of the file itself.
    ///
    /// Every reader asks, before it looks for anything else in the file.
    ///
    /// - Parameters:
    ///   - start: the first bytes of the file, at least 200 if it has so many.
    ///   - path: the file, for the error.
    /// - Throws: `LyceumError.file`, which says how to get the file.
    public static func checkContent(_ start: some Collection<UInt8>, of path: String) throws {
        let begins = { (text: String) in start.starts(with: text.utf8) }
        if begins("version https://git-lfs.github.com/spec/")
            || begins("version https://hawser.github.com/spec/")
        {
            let lines = String(decoding: start.prefix(400), as: UTF8.self).split(separator: "\n")
            let size = lines.lazy.compactMap { line in
                line.hasPrefix("size ") ? Int(line.dropFirst(5)) : nil
            }.first
            throw LyceumError.file(
                path: path, line: nil,
                problem: "is a Git LFS pointer, not the file itself"
                    + (size.map { " (\($0) bytes, which were not fetched)" } ?? ""),
                remedy: "run `git lfs pull` in its folder, or download the file")
        }
        if begins("/annex/objects/") || begins("../.git/annex/objects/") || begins(".git/annex/objects/") {
            throw LyceumError.file(
                path: path, line: nil, problem: "is a git-annex pointer, not the file itself",
                remedy: "run `git annex get` in its folder, or download the file")
        }
    }
}
