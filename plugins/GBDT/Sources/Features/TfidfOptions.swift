/// How texts become TF-IDF features, by scikit-learn's names.
struct TfidfOptions: Sendable, Equatable {
    /// How a vector is scaled.
    enum Norm: String, CaseIterable, Sendable { case l2, l1, none }

    /// How a text is cut up.
    var analyzer = TextAnalyzer()
    /// The number of columns that terms are hashed into; nil keeps a vocabulary.
    var hashedColumns: Int?
    /// Terms of fewer texts are left out: a count from 1 on, a share of the texts below.
    var minDF = 1.0
    /// Terms of more texts are left out: a share of the texts up to 1, a count beyond.
    var maxDF = 1.0
    /// Only the most frequent terms are kept.
    var maxFeatures: Int?
    /// Whether a count tf becomes 1 + ln(tf).
    var sublinearTF = false
    /// Whether terms are weighted by their rarity.
    var useIDF = true
    /// Whether the rarity is computed as if one more text held every term once.
    var smoothIDF = true
    /// How each vector is scaled.
    var norm = Norm.l2
}
