import CReadline
import Glibc
import LyceumKit

/// The lines that were typed, kept from session to session.
///
/// In the file each entry is one line: a backslash is doubled and a line break is written `\n`.
final class History {
    /// Entries that are kept.
    static let capacity = 10_000

    private(set) var entries: [String] = []
    private let path: String?
    private let warn: (String) -> Void
    private var hasWarned = false

    /// Reads the history.
    ///
    /// - Parameters:
    ///   - path: the file; nil keeps the history in memory only.
    ///   - warn: told once if the file cannot be used.
    init(path: String?, warn: @escaping (String) -> Void) {
        self.path = path
        self.warn = warn
        do {
            entries = try stored() ?? []
        } catch {
            complain("\(error)")
        }
    }

    /// Adds an entry as the most recent one; an older equal one goes.
    func add(_ entry: String) {
        let trimmed = Self.trim(entry)
        guard !trimmed.isEmpty, !Self.holdsSecret(trimmed) else { return }
        // Another session may have added to the file since.
        let known = (try? stored()) ?? entries
        entries = Self.unique(known + [trimmed])
        showToReadline()
        save()
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

    /// The entries in the file; nil if there is none.
    private func stored() throws -> [String]? {
        guard let path, Files.exists(path) else { return nil }
        let text = String(decoding: try Files.read(path), as: UTF8.self)
        return Self.unique(text.split(separator: "\n").map { Self.decode($0) })
    }

    private func save() {
        guard let path else { return }
        do {
            try Files.makeFolder(Files.parent(of: path))
            // Only the user may read it: prompts can be confidential.
            let mask = umask(0o077)
            defer { umask(mask) }
            try Files.write(entries.map { Self.encode($0) + "\n" }.joined(), to: path)
        } catch {
            complain("\(error)")
        }
    }

    private func complain(_ problem: String) {
        if hasWarned { return }
        hasWarned = true
        warn("the history is not kept: \(problem)")
    }
}
