import LyceumKit

/// Reads CSV and TSV: RFC 4180 with a header. Cells may be quoted, and then hold delimiters, line breaks and
/// doubled quotes; lines end in LF, CR LF or, in a file that has no others, CR; blank lines are skipped.
///
/// A column whose cells are all numbers, or all `true` and `false`, holds such values; any other holds texts. An
/// empty cell is null, a quoted empty one an empty text. A quoted cell is a text.
///
/// In a TSV quotes may be plain characters, as in the files of GLUE: where they do not pair up, and every line
/// has as many cells as the header if they are taken for such, they are.
struct DelimitedReader {
    let path: String
    let delimiter: Character
    let options: LoadOptions
    let job: Job

    func read(_ step: HistoryStep) throws -> Dataset {
        if let quotes = options.quotes { return try dataset(try parse(quotes: quotes), step) }
        var parser: DelimitedParser?
        var failure: (any Error)?
        do {
            let parsed = try parse(quotes: true)
            guard delimiter == "\t", parsed.hasBrokenLines, parsed.columns.count > 1 else {
                return try dataset(parsed, step)
            }
            parser = parsed
        } catch let error as LyceumError {
            guard delimiter == "\t", case .file = error else { throw error }
            failure = error
        }
        if let plain = try? parse(quotes: false), plain.hasQuotes {
            job.note(
                "\(path): its quotes do not pair up, so they are read as plain characters "
                    + "(quotes = true reads them as the ends of cells)")
            return try dataset(plain, step)
        }
        try job.checkCancelled()
        if let parser { return try dataset(parser, step) }
        throw failure ?? LyceumError.empty(path, remedy: nil)
    }

    private func parse(quotes: Bool) throws -> DelimitedParser {
        let source = try ByteSource(path, encoding: options.encoding)
        var parser = DelimitedParser(
            path: path, delimiter: delimiter.asciiValue ?? 0x2C, quotes: quotes, types: options.types)
        while true {
            try job.checkCancelled()
            let piece = try source.read(4 << 20)
            if piece.isEmpty { break }
            try piece.withUnsafeBufferPointer { try parser.consume($0) }
            job.update(done: parser.rows, of: nil, unit: "rows")
        }
        try parser.finish()
        return parser
    }

    private func dataset(_ parser: DelimitedParser, _ step: HistoryStep) throws -> Dataset {
        let columns = try parser.columns.map { column in
            try job.checkCancelled()
            return column.column()
        }
        return Dataset(
            views: zip(parser.columns, columns).map { ColumnView(name: $0.name, column: $1, rows: nil) },
            count: parser.rows, history: [step])
    }
}
