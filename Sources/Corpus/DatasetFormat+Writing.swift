import LyceumKit

extension DatasetFormat {
    /// Writes rows into `buffer`, one call a row.
    ///
    /// It throws `LyceumError.invalid` for a number that no such file can hold: NaN or an infinity.
    typealias RowWriter = (_ views: [ColumnView], _ row: Int, _ buffer: inout [UInt8]) throws -> Void

    /// What the file begins with.
    func header(_ columns: [String]) -> [UInt8] {
        switch self {
        case .jsonLines: return []
        case .json: return Array("[\n".utf8)
        case .csv, .tsv:
            var bytes: [UInt8] = []
            for (i, column) in columns.enumerated() {
                if i > 0 { bytes.append(delimiter) }
                appendCell(Array(column.utf8), mustQuote: column.isEmpty, to: &bytes)
            }
            return bytes + Array("\r\n".utf8)
        }
    }

    /// What the file ends with.
    var footer: [UInt8] { self == .json ? Array("]\n".utf8) : [] }

    /// The way to write one row.
    ///
    /// - Parameter count: how many rows there will be.
    func rowWriter(_ columns: [String], count: Int) -> RowWriter {
        if self == .csv || self == .tsv {
            return { views, row, buffer in try appendDelimited(views, row, to: &buffer) }
        }
        let names = columns.map { name -> [UInt8] in
            var bytes: [UInt8] = []
            JSON.append(string: name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            return bytes
        }
        let isList = self == .json
        return { views, row, buffer in
            buffer.append(UInt8(ascii: "{"))
            var isFirst = true
            // A key that its row lacks, of a column that few rows have, is left out again.
            for (i, view) in views.enumerated() where !view.isMissing(row) {
                if !isFirst { buffer.append(UInt8(ascii: ",")) }
                isFirst = false
                buffer.append(contentsOf: names[i])
                let value = view[row]
                try Self.checkFinite(value, view, row)
                JSON.append(value, to: &buffer)
            }
            buffer.append(contentsOf: isList && row < count - 1 ? "},\n".utf8 : "}\n".utf8)
        }
    }

    private var delimiter: UInt8 { self == .tsv ? UInt8(ascii: "\t") : UInt8(ascii: ",") }

    private static func checkFinite(_ value: Value, _ view: ColumnView, _ row: Int) throws {
        guard let number = value.firstNonFinite else { return }
        throw LyceumError.invalid(
            "column '\(view.name)', row \(row + 1)", expected: "a number that a file can hold",
            got: number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity",
            remedy: "replace such values with :map, by a text or nil, or drop the rows with :filter")
    }

    private func appendDelimited(_ views: [ColumnView], _ row: Int, to buffer: inout [UInt8]) throws {
        for (i, view) in views.enumerated() {
            if i > 0 { buffer.append(delimiter) }
            let isText: Void? = view.withText(row) { text in
                appendCell(text, mustQuote: Self.readsAsOther(text), to: &buffer)
            }
            if isText != nil { continue }
            let value = view[row]
            if value.isNull {
                // A row of one empty cell would be a blank line, which is skipped.
                if views.count == 1 { buffer.append(contentsOf: "\"\"".utf8) }
            } else {
                try Self.checkFinite(value, view, row)
                appendCell(Array(value.text.utf8), mustQuote: false, to: &buffer)
            }
        }
        buffer.append(contentsOf: "\r\n".utf8)
    }

    /// Whether a text would be read back as something else if it were not quoted.
    private static func readsAsOther(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        text.isEmpty || CellNumber(text) != nil || text.elementsEqual("true".utf8)
            || text.elementsEqual("false".utf8)
    }

    private func appendCell(_ text: some Collection<UInt8>, mustQuote: Bool, to buffer: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        let needsQuotes =
            mustQuote
            || text.contains { $0 == quote || $0 == delimiter || $0 == 0x0A || $0 == 0x0D }
        if !needsQuotes {
            buffer.append(contentsOf: text)
            return
        }
        buffer.append(quote)
        for byte in text {
            if byte == quote { buffer.append(quote) }
            buffer.append(byte)
        }
        buffer.append(quote)
    }
}
