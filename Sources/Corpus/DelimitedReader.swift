import LyceumKit

/// Reads CSV and TSV: RFC 4180 with a header. Cells may be quoted, and then hold delimiters, line breaks and
/// doubled quotes; lines end in LF or CR LF; blank lines are skipped.
///
/// A column whose cells are all numbers, or all `true` and `false`, holds such values; any other holds texts. An
/// empty cell is null, a quoted empty one an empty text. A quoted cell is a text.
enum DelimitedReader {
    static func read(
        _ path: String, delimiter: Character, step: HistoryStep, job: Job
    ) throws -> Dataset {
        let source = try ByteSource(path)
        var parser = DelimitedParser(path: path, delimiter: delimiter.asciiValue ?? 0x2C)
        while true {
            try job.checkCancelled()
            let piece = try source.read(4 << 20)
            if piece.isEmpty { break }
            try piece.withUnsafeBufferPointer { try parser.consume($0) }
            job.update(done: parser.rows, of: nil, unit: "rows")
        }
        try parser.finish()
        let columns = parser.columns.map { $0.column() }
        return Dataset(
            views: zip(parser.columns, columns).map { ColumnView(name: $0.name, column: $1, rows: nil) },
            count: parser.rows, history: [step])
    }
}

/// The state machine of the format, fed piece by piece.
private struct DelimitedParser {
    private enum State {
        case startOfCell
        case inCell
        case inQuotes
        /// Behind a quote within quotes: the end of the cell, or the first of two.
        case behindQuote
    }

    private let path: String
    private let delimiter: UInt8
    private var state = State.startOfCell
    /// The cells of the current row, one after the other, where each ends, and which were quoted.
    private var cells: [UInt8] = []
    private var ends: [Int] = []
    private var quoted: [Bool] = []
    private var isQuoted = false
    private var line = 1
    /// The line on which the current row began.
    private var rowLine = 1
    private var isFirstPiece = true
    private(set) var columns: [DelimitedColumn] = []
    /// How many rows there are, the header left out.
    private(set) var rows = 0

    init(path: String, delimiter: UInt8) {
        self.path = path
        self.delimiter = delimiter
    }

    mutating func consume(_ piece: UnsafeBufferPointer<UInt8>) throws {
        var i = 0
        if isFirstPiece {
            isFirstPiece = false
            if piece.starts(with: [0xEF, 0xBB, 0xBF]) { i = 3 }
        }
        while i < piece.count {
            let byte = piece[i]
            switch state {
            case .inQuotes:
                // All up to the next quote belongs to the cell.
                var end = i
                while end < piece.count, piece[end] != Self.quote {
                    if piece[end] == Self.lineFeed { line += 1 }
                    end += 1
                }
                cells.append(contentsOf: piece[i..<end])
                if end < piece.count { state = .behindQuote }
                i = end
            case .behindQuote where byte == Self.quote:
                cells.append(byte)
                state = .inQuotes
            case .startOfCell where byte == Self.quote:
                isQuoted = true
                state = .inQuotes
            case .startOfCell, .inCell, .behindQuote:
                if byte == delimiter {
                    endCell()
                } else if byte == Self.lineFeed {
                    try endRow()
                } else if state == .behindQuote, byte != Self.carriageReturn {
                    throw fault("text behind a closing quote", "double the quotes that belong to the text")
                } else if state != .behindQuote {
                    cells.append(byte)
                    state = .inCell
                }
            }
            i += 1
        }
    }

    /// Ends the last row, which may lack its line break.
    mutating func finish() throws {
        if state == .inQuotes {
            throw fault(
                "a quote that is opened here is never closed", "double the quotes that belong to the text")
        }
        if !cells.isEmpty || !ends.isEmpty || isQuoted { try endRow() }
        if columns.isEmpty {
            throw LyceumError.empty(path, remedy: "it should hold a header and at least one row")
        }
    }

    private mutating func endCell() {
        ends.append(cells.count)
        quoted.append(isQuoted)
        isQuoted = false
        state = .startOfCell
    }

    private mutating func endRow() throws {
        if !isQuoted, cells.last == Self.carriageReturn, cells.count > (ends.last ?? 0) { cells.removeLast() }
        let isBlank = ends.isEmpty && cells.isEmpty && !isQuoted
        endCell()
        defer {
            cells.removeAll(keepingCapacity: true)
            ends.removeAll(keepingCapacity: true)
            quoted.removeAll(keepingCapacity: true)
            line += 1
            rowLine = line
        }
        if isBlank { return }
        if columns.isEmpty { return try readHeader() }
        guard ends.count == columns.count else {
            throw fault(
                "\(ends.count) cells, but the header has \(columns.count)",
                "quote cells that hold the delimiter or line breaks")
        }
        var start = 0
        for column in columns.indices {
            let isValid = cells.withUnsafeBufferPointer {
                columns[column].append(
                    UnsafeBufferPointer(rebasing: $0[start..<ends[column]]), isQuoted: quoted[column])
            }
            guard isValid else {
                throw fault("column '\(columns[column].name)' is no UTF-8", "convert the file to UTF-8")
            }
            start = ends[column]
        }
        rows += 1
    }

    private mutating func readHeader() throws {
        var start = 0
        var names: Set<String> = []
        for end in ends {
            guard let name = String(validating: cells[start..<end], as: UTF8.self) else {
                throw fault("the header is no UTF-8", "convert the file to UTF-8")
            }
            guard names.insert(name).inserted else {
                throw fault("the header names column '\(name)' twice", "give each column a name of its own")
            }
            columns.append(DelimitedColumn(name: name))
            start = end
        }
    }

    private func fault(_ problem: String, _ remedy: String) -> LyceumError {
        .file(path: path, line: rowLine, problem: problem, remedy: remedy)
    }

    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
}
