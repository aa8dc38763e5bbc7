import LyceumKit
import Parquet

/// A kind of file that `Dataset` reads and writes.
public struct FileKind: Sendable {
    /// The ends of names, in lower case, with the dot.
    public let suffixes: [String]
    /// Whether each may have ".gz" behind it.
    public let mayBePacked: Bool
    /// Options of `data.load` that only such files know.
    public var readingOptions: [OptionDeclaration] = []
    /// Options of `dataset:save` that only such files know.
    public var writingOptions: [OptionDeclaration] = []

    /// Of Parquet and Arrow files.
    public static let columnarReading: [OptionDeclaration] = [
        .list(
            "row_groups", of: .integer,
            "of .parquet and .arrow files: the row groups to read, counted from 1")
    ]

    /// Of Parquet and Arrow files.
    public static let columnarWriting: [OptionDeclaration] = [
        .choice(
            "compression", ["zstd", "snappy", "gzip", "brotli", "lz4", "none"], default: "zstd",
            "of .parquet files; of .arrow and .feather files zstd, lz4 or none"),
        .integer(
            "row_group_size", default: 8192, in: 1...100_000_000, unit: "rows",
            "the most rows of a row group of a .parquet file"),
    ]

    /// The row groups that options ask for; nil asks for all.
    ///
    /// - Throws: `LyceumError.badOption` for what is not a number from 1 on.
    public static func rowGroups(_ options: Options) throws -> [Int]? {
        try options.values["row_groups"]?.list?.map { value in
            guard let number = value.integer, number >= 1 else {
                throw LyceumError.badOption(
                    function: options.function, option: "row_groups", expected: "numbers from 1 on",
                    got: value.text)
            }
            return number
        }
    }
}

extension Dataset: RecordTable {
    /// The kinds of files that `load` and `save` know.
    public static var fileKinds: [FileKind] {
        DatasetFormat.allCases.map { FileKind(suffixes: $0.suffixes, mayBePacked: true) }
            + ColumnarFormat.allCases.map { format in
                FileKind(
                    suffixes: format.suffixes, mayBePacked: false, readingOptions: FileKind.columnarReading,
                    writingOptions: FileKind.columnarWriting)
            }
    }
}
