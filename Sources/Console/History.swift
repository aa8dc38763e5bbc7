import CReadline
import Glibc
import LyceumKit

/// The lines that were typed, kept from session to session.
///
/// In the file each entry is one line: a backslash is doubled and a line break is written `\n`.
final class History {
    /// Entries that are kept.
    static let capacity = 10_000
    /// Lines that the file may have beyond that before it is written again.
    private static let slack = 2_000

    private(set) var entries: [String] = []
    private let path: String?
    private let warn: (String) -> Void
    private var hasWarned = false
    /// The size of the file as this session knows it, in bytes.
    private var knownSize = 0

    /// Reads the history.
    ///
    /// - Parameters:
    ///   - path: the file; nil keeps the history in memory only.
    ///   - warn: told once if the file cannot be used.
    init(path: String?, warn: @escaping (String) -> Void) {
        self.path = path
        self.warn = warn
        do {
            let lines = try load()
            if lines > Self.capacity + Self.slack { try rewrite() }
        } catch {
            complain("\(error)")
        }
    }

    /// Adds an entry as the most recent one; an older equal one goes.
    func add(_ entry: String) {
        let trimmed = Self.trim(entry)
        guard !trimmed.isEmpty, !Self.holdsSecret(trimmed) else { return }
        do {
            try append(trimmed)
        } catch {
            complain("\(error)")
        }
        if entries.last == trimmed { return }
        if let older = entries.lastIndex(of: trimmed) {
            entries.remove(at: older)
            entries.append(trimmed)
            showToReadline()
        } else {
            entries.append(trimmed)
            creadline_addhistory(trimmed)
        }
    }

    /// Hands the entries to readline.
    func showToReadline() {
        creadline_clearhistory()
        for entry in entries { creadline_addhistory(entry) }
    }

    /// Whether a line seems to hold an API key, which must not reach a file.
    static func holdsSecret(_ line: String) -> Bool {
        let key = /\bsk-[A-Za-z0-9_\-]{8,}/
        let literal = /(?i)(api_?key|token|secret|password|authorization)["'\]]*\s*[=:,]\s*(["']|\[=*\[)/
        let bearer = /(?i)bearer\s+[A-Za-z0-9._\-]{8,}/
        return line.contains(key) || line.contains(literal) || line.contains(bearer)
    }

    /// The last of equal entries, the most recent `capacity` of them.
    static func unique(_ entries: [String]) -> [String] {
        var seen: Set<String> = []
        var kept: [String] = []
        for entry in entries.reversed() where kept.count < capacity && seen.insert(entry).inserted {
            kept.append(entry)
        }
        return kept.reversed()
    }

    static func encode(_ entry: String) -> String {
        entry.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }

    static func decode(_ line: some StringProtocol) -> String {
        var result = ""
        var isEscaped = false
        for character in line {
            if isEscaped {
                result.append(character == "n" ? "\n" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return result
    }

    private static func trim(_ entry: String) -> String {
        var rest = entry[...]
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }

    // MARK: The file

    /// Reads the file, if there is one.
    ///
    /// - Returns: how many lines it has.
    private func load() throws -> Int {
        guard let path, Files.exists(path) else { return 0 }
        let bytes = try Files.read(path)
        knownSize = bytes.count
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        entries = Self.unique(lines.map { Self.decode($0) })
        return lines.count
    }

    /// Writes an entry at the end of the file, after taking up what other sessions have written.
    private func append(_ entry: String) throws {
        guard let path else { return }
        try Files.makeFolder(Files.parent(of: path))
        try Files.checkWritable(path)
        // Only the user may read it: prompts can be confidential.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            throw LyceumError.file(
                path: path, line: nil, problem: "cannot be written", remedy: "check its permissions")
        }
        defer { close(descriptor) }
        if Int(status.st_size) != knownSize {
            _ = try load()
            showToReadline()
        }
        // One write, which no other session can come into.
        let line = Array((Self.encode(Secrets.redacted(code: entry)) + "\n").utf8)
        if write(descriptor, line, line.count) == line.count { knownSize += line.count }
    }

    /// Writes the file again, without what is superfluous.
    private func rewrite() throws {
        guard let path else { return }
        let mask = umask(0o077)
        defer { umask(mask) }
        let text = entries.map { Self.encode(Secrets.redacted(code: $0)) + "\n" }.joined()
        try Files.write(text, to: path)
        knownSize = text.utf8.count
    }

    private func complain(_ problem: String) {
        if hasWarned { return }
        hasWarned = true
        warn("the history is not kept: \(problem)")
    }
}
