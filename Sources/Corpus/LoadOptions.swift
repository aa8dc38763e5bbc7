import LyceumKit

/// How the files of a dataset are read, where their names do not say it.
public struct LoadOptions: Sendable {
    /// What the values of a column are.
    public enum ColumnType: String, Sendable, CaseIterable {
        /// Texts, numbers as they are written.
        case text
        /// Numbers, the nearest that 64 bits hold.
        case number
        /// `true` and `false`.
        case boolean
    }

    /// Whether quotes in CSV and TSV enclose cells. Nil: they do, except in a TSV whose quotes do not pair up.
    public var quotes: Bool?
    /// How bytes stand for characters.
    public var encoding: TextEncoding
    /// What columns hold; of the others it is found out.
    public var types: [String: ColumnType]
    /// For `.story` files, the URL list of a split, or the folder of all three; see `StoryFolder`.
    public var urlLists: String?

    /// Reads files as their names say.
    public init(
        quotes: Bool? = nil, encoding: TextEncoding = .utf8, types: [String: ColumnType] = [:],
        urlLists: String? = nil
    ) {
        self.quotes = quotes
        self.encoding = encoding
        self.types = types
        self.urlLists = urlLists
    }

    /// What becomes of the numbers in JSON.
    var numbers: JSON.FieldNumbers { JSON.FieldNumbers(types.mapValues { $0 == .text ? .text : .nearest }) }

    /// Makes sure that every column whose type is given is there.
    func check(_ columns: [String], of path: String) throws {
        for name in types.keys.sorted() where !columns.contains(name) {
            throw LyceumError.missingColumn(name, available: columns)
        }
    }

    /// A value as the type of its column has it.
    ///
    /// - Throws: `LyceumError.invalid` if it cannot be.
    func value(_ value: Value, in column: String, row: Int) throws -> Value {
        guard let type = types[column], !value.isNull else { return value }
        let converted: Value? =
            switch (type, value) {
            case (.text, .string), (.number, .integer), (.number, .number), (.boolean, .bool): value
            // The numbers in it are the nearest ones.
            case (.number, .list), (.number, .object): value
            case (.text, _): .string(value.text)
            case (.number, .string(let text)): LoadOptions.number(text)
            case (.boolean, .string(let text)): LoadOptions.boolean(text)
            default: nil
            }
        if let converted { return converted }
        throw LyceumError.invalid(
            "column '\(column)', row \(row)", expected: "a \(type.rawValue), as types says",
            got: value.string.map { "'\(DisplayWidth.cut(DisplayWidth.oneLine($0), to: 40))'" }
                ?? value.typeName,
            remedy: "correct the value, or read the column as text")
    }

    static func number(_ text: String) -> Value? {
        let text = text.trimmed
        if let number = Int(text), !text.hasPrefix("+") { return .integer(number) }
        // Swift takes hexadecimal numbers and payloads of NaN as well.
        guard !text.contains(where: { "xX(".contains($0) }) else { return nil }
        return Double(text).map(Value.number)
    }

    static func boolean(_ text: String) -> Value? {
        switch text.trimmed.lowercased() {
        case "true": return true
        case "false": return false
        default: return nil
        }
    }
}
