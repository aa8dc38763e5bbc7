import LyceumKit

extension Dataset {
    /// The different texts of a column, sorted, where they are few enough to choose from; else none.
    ///
    /// Looks at the first rows only, since somebody waits for it at the keyboard.
    public func fewValues(of column: String, among rows: Int = 5000, most: Int = 60) -> [String] {
        guard let view = views.first(where: { $0.name == column }) else { return [] }
        var seen: Set<String> = []
        for row in 0..<min(rows, count) {
            guard let text = view[row].string, text.utf8.count <= 80 else { continue }
            seen.insert(text)
            if seen.count > most { return [] }
        }
        return seen.sorted()
    }
}
