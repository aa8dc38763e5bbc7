import LyceumKit

/// Finds the line of source that an error is about.
final class SourceLines {
    private var texts: [String: String] = [:]
    /// Files that are longer than this are not scripts.
    private static let longest = 1 << 20

    /// Remembers what a chunk was made of.
    ///
    /// - Parameter name: of the chunk, as messages show it.
    func keep(_ text: String, name: String) { texts[name] = text }

    /// The place that a message begins with, and the line there: "s.lua:3: …".
    func line(of message: String) -> (number: Int, text: String)? {
        guard let match = message.prefixMatch(of: #/([^\n]+?):(\d+): /#), let number = Int(match.2),
            let text = text(named: String(match.1))
        else { return nil }
        let lines = text.split(separator: "\n", maxSplits: number, omittingEmptySubsequences: false)
        guard number >= 1, number <= lines.count else { return nil }
        let line = lines[number - 1].drop { $0 == " " || $0 == "\t" }
        return line.isEmpty ? nil : (number, String(line))
    }

    private func text(named name: String) -> String? {
        if let known = texts[name] { return known }
        // Lua shows the end of a long path only.
        if name.hasPrefix("..."), let key = texts.keys.first(where: { $0.hasSuffix(name.dropFirst(3)) }) {
            return texts[key]
        }
        guard name.contains("."), Files.exists(name), !Files.isFolder(name),
            let bytes = try? Files.read(name),
            bytes.count <= Self.longest
        else { return nil }
        return try? Files.text(of: bytes, name: name)
    }
}
