import Corpus
import LyceumKit

extension Dataset {
    /// What people call it: the file it was loaded from, or how it was made.
    public var name: String {
        guard let first = history.first else { return "" }
        let path = first.detail.isEmpty ? first.operation : first.detail
        return Files.name(of: path)
    }

    /// Identifies texts, whatever the column or the list they stand in is called.
    public static func fingerprint(ofTexts texts: [String]) -> String {
        Dataset(records: texts.map { ["text": .string($0)] }).fingerprint
    }
}
