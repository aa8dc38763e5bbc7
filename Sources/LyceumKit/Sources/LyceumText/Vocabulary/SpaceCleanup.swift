/// Takes away the spaces that English tokenizers of old put before punctuation and contractions.
///
/// Source: `clean_up_tokenization` of transformers 4.56.
enum SpaceCleanup {
    private static let replacements: [(from: [UInt8], to: [UInt8])] = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
        (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ].map { (Array($0.0.utf8), Array($0.1.utf8)) }

    /// The text without those spaces.
    static func apply(to text: String) -> String {
        var bytes = Array(text.utf8)
        for (from, to) in replacements { bytes = UTF8Text.replace(from, by: to, in: bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
