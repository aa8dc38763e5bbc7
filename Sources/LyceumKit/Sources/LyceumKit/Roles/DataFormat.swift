/// A kind of file that `data.load` reads, and `d:save` writes if it can. Lyceum's own are made of this type, too.
public struct DataFormat {
    /// Its name; lower case.
    public let id: String
    /// The ends of the file names: ".pairs"; each also with ".gz" behind it.
    public let suffixes: [String]
    /// One line about it.
    public let summary: String
    /// The content of a small file of this kind: what the contract reads.
    public let example: String?
    /// The options of reading and writing.
    public let options: [OptionDeclaration]
    /// Reads a file. The columns of the dataset are those of the first record. A packed file was unpacked before.
    public let readTable: (_ path: String, _ options: Options, _ job: Job) throws -> any RecordTable
    /// Writes records to a file; nil for a format that is only read.
    public let write:
        ((_ records: any RecordTable, _ path: String, _ options: Options, _ job: Job) throws -> Void)?

    /// Describes a format that is only read and takes no options.
    ///
    /// - Parameters:
    ///   - id: the name in `help`.
    ///   - suffixes: of the files, with their dots: ".arrow".
    ///   - summary: one line for help.
    ///   - example: the content of a small file, for the contract.
    ///   - read: reads a file.
    public init(
        id: String, suffixes: [String], summary: String, example: String? = nil,
        read: @escaping (_ path: String, _ job: Job) throws -> [Record]
    ) {
        self.init(
            id: id, suffixes: suffixes, summary: summary, example: example,
            read: { path, _, job in RecordList(try read(path, job)) })
    }

    /// Describes a format.
    ///
    /// - Parameters:
    ///   - id: the name in `help`.
    ///   - suffixes: of the files, with their dots: ".arrow".
    ///   - summary: one line for help.
    ///   - example: the content of a small file, for the contract.
    ///   - options: of reading and writing.
    ///   - write: writes records to a file that does not exist yet; the host puts it in place as a whole.
    ///   - read: reads a file; `RecordList` makes a table of a list.
    public init(
        id: String, suffixes: [String], summary: String, example: String? = nil,
        options: [OptionDeclaration] = [],
        write: (
            (_ records: any RecordTable, _ path: String, _ options: Options, _ job: Job) throws -> Void
        )? =
            nil,
        read: @escaping (_ path: String, _ options: Options, _ job: Job) throws -> any RecordTable
    ) {
        self.id = id
        self.suffixes = suffixes
        self.summary = summary
        self.example = example
        self.options = options
        readTable = read
        self.write = write
    }

    /// Reads a file with the defaults of its options.
    public func read(_ path: String, _ job: Job) throws -> [Record] {
        let table = try readTable(path, Options(declared: options, function: "data.load"), job)
        return try (0..<table.count).map { try table.record(at: $0) }
    }
}

/// Records in memory.
public struct RecordList: RecordTable {
    private let records: [Record]
    /// The columns of the first record.
    public let columns: [String]

    /// Wraps records.
    public init(_ records: [Record]) {
        self.records = records
        columns = records.first?.columns ?? []
    }

    /// How many there are.
    public var count: Int { records.count }

    /// A record, counted from 0.
    public func record(at row: Int) throws -> Record {
        guard records.indices.contains(row) else {
            throw LyceumError.invalid(
                "record", expected: "0..<\(records.count)", got: String(row), remedy: nil)
        }
        return records[row]
    }

    /// The texts of a column, in order.
    public func strings(_ column: String) throws -> [String] {
        guard columns.contains(column) else {
            throw LyceumError.missingColumn(column, available: columns)
        }
        return try records.enumerated().map { row, record in
            guard let text = record[column]?.string else {
                throw LyceumError.invalid(
                    "row \(row + 1), column '\(column)'", expected: "a text",
                    got: record[column]?.typeName ?? "nothing", remedy: nil)
            }
            return text
        }
    }
}
