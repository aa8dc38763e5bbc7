import LyceumKit

extension Dataset: RecordTable {
    /// The ends of the names of files that `load` and `save` know, by kind.
    public static var suffixes: [[String]] { DatasetFormat.allCases.map(\.suffixes) }
}
