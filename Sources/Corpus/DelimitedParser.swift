import LyceumKit

/// The state machine of the format, fed piece by piece.
struct DelimitedParser {
    private enum State {
        case startOfCell
        case inCell
        case inQuotes
        /// Behind a quote within quotes: the end of the cell, or the first of two.
        case behindQuote
    }

    private let path: String
    private let delimiter: UInt8
    /// Whether quotes enclose cells.
    private let quotes: Bool
    private let types: [String: LoadOptions.ColumnType]
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
    /// Whether lines end in CR alone; known behind the first CR outside quotes.
    private var endsInCR: Bool?
    /// Whether a CR has just been read.
    private var isBehindCR = false
    /// Whether a quoted cell holds a line break.
    private(set) var hasBrokenLines = false
    /// Whether there are quotes at all.
    private(set) var hasQuotes = false
    /// Longer rows are an error: they are what becomes of a file in which a quote is never closed.
    private static let longestRow = 1 << 28
    private(set) var columns: [DelimitedColumn] = []
    /// How many rows there are, the header left out.
    private(set) var rows = 0

    init(path: String, delimiter: UInt8, quotes: Bool, types: [String: LoadOptions.ColumnType]) {
        self.path = path
        self.delimiter = delimiter
        self.quotes = quotes
        self.types = types
    }

    mutating func consume(_ piece: UnsafeBufferPointer<UInt8>) throws {
        var i = 0
        if isFirstPiece {
            isFirstPiece = false
            if piece.starts(with: [0xEF, 0xBB, 0xBF]) { i = 3 }
        }
        if cells.count > Self.longestRow {
            throw ByteSource.tooLong(path, "a row", Self.longestRow, line: rowLine)
        }
        while i < piece.count {
            let byte = piece[i]
            if isBehindCR {
                isBehindCR = false
                // The first line break outside quotes says what all are.
                if endsInCR == nil { endsInCR = byte != Self.lineFeed }
                if endsInCR == true { try endRow() }
            }
            if state != .inQuotes, byte == Self.carriageReturn, endsInCR != false { isBehindCR = true }
            if !hasQuotes, byte == Self.quote { hasQuotes = true }
            switch state {
            case .inQuotes:
                // All up to the next quote belongs to the cell.
                var end = i
                while end < piece.count, piece[end] != Self.quote {
                    if piece[end] == Self.lineFeed {
                        line += 1
                        hasBrokenLines = true
                    }
                    end += 1
                }
                cells.append(contentsOf: piece[i..<end])
                if end < piece.count { state = .behindQuote }
                i = end
            case .behindQuote where byte == Self.quote:
                cells.append(byte)
                state = .inQuotes
            case .startOfCell where byte == Self.quote && quotes:
                isQuoted = true
                state = .inQuotes
            case .startOfCell, .inCell, .behindQuote:
                if byte == delimiter {
                    endCell()
                } else if byte == Self.lineFeed {
                    if endsInCR == nil { endsInCR = false }
                    try endRow()
                } else if state == .behindQuote, byte != Self.carriageReturn {
                    throw fault("text behind a closing quote", Self.quoteRemedy)
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
        if isBehindCR, endsInCR == true { try endRow() }
        if state == .inQuotes {
            throw fault("a quote that is opened here is never closed", Self.quoteRemedy)
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
            let problem = cells.withUnsafeBufferPointer {
                columns[column].append(
                    UnsafeBufferPointer(rebasing: $0[start..<ends[column]]), isQuoted: quoted[column])
            }
            if let problem {
                throw fault(
                    "row \(rows + 1), column '\(columns[column].name)': \(problem.text)", problem.remedy)
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
                let bytes = Array(cells[start..<end])
                let fault = bytes.first { $0 >= 0x80 } ?? 0
                throw self.fault(
                    "the header, column \(columns.count + 1): byte 0x\(String(fault, radix: 16)) is not UTF-8",
                    InvalidByte.remedy)
            }
            guard names.insert(name).inserted else {
                throw fault("the header names column '\(name)' twice", "give each column a name of its own")
            }
            columns.append(DelimitedColumn(name: name, type: types[name]))
            start = end
        }
    }

    private func fault(_ problem: String, _ remedy: String) -> LyceumError {
        .file(path: path, line: rowLine, problem: problem, remedy: remedy)
    }

    private static let quoteRemedy =
        "double the quotes that belong to the text, or give quotes = false if none enclose cells"
    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
}
