import LyceumKit

/// What the trees see of a sentence: where it stands, how long it is, what it says compared with its text.
struct SentenceFeatures: Sendable {
    /// Words weighted by how rare they are among the training texts.
    let vectorizer: TfidfVectorizer

    /// How words are weighted.
    static var options: TfidfOptions {
        var options = TfidfOptions()
        options.sublinearTF = true
        options.maxFeatures = 50_000
        return options
    }

    /// The features in the order of their columns.
    private enum Feature: Int, CaseIterable {
        case position
        case positionFromEnd
        case relativePosition
        case sentenceCount
        case wordCount
        case characterCount
        case relativeLength
        case documentWordCount
        case centroidSimilarity
        case titleSimilarity
        case previousSimilarity
        case nextSimilarity
        case meanRarity
        case highestRarity
        case knownShare
        case meanFrequency
        case capitalShare
        case digitShare
        case isListItem
        case endsWithColon
        case endsWithPeriod
    }

    /// How many columns there are.
    static var columnCount: Int { Feature.allCases.count }

    /// The name of a column: "centroidSimilarity".
    static func name(of column: Int) -> String {
        Feature(rawValue: column).map { "\($0)" } ?? "column_\(column)"
    }

    /// The sentences of a text and their features.
    ///
    /// - Returns: the sentences, and a row for each.
    /// - Throws: as `TextAnalyzer.analyze`.
    func rows(of text: String) throws -> (sentences: [String], rows: [[Float]]) {
        let sentences = Sentences.split(text)
        let vectors = try vectorizer.rows(of: sentences)
        let contents = (0..<sentences.count).map { Vector(vectors, row: $0) }
        var sums: [UInt32: Double] = [:]
        for content in contents {
            for (column, value) in zip(content.columns, content.values) {
                sums[column, default: 0] += Double(value)
            }
        }
        // Summed in the order of the columns: a dictionary's order differs from process to process.
        let length = sums.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value * $1.value }.squareRoot()
        let shapes = sentences.map { Shape($0) }
        let words = shapes.reduce(0) { $0 + $1.words }
        let last = sentences.count - 1

        let rows = sentences.indices.map { i in
            let (shape, content) = (shapes[i], contents[i])
            var row = [Float](repeating: 0, count: Self.columnCount)
            func set(_ feature: Feature, _ value: Double) { row[feature.rawValue] = Float(value) }
            set(.position, Double(i))
            set(.positionFromEnd, Double(last - i))
            set(.relativePosition, last == 0 ? 0 : Double(i) / Double(last))
            set(.sentenceCount, Double(sentences.count))
            set(.wordCount, Double(shape.words))
            set(.characterCount, Double(shape.characters))
            set(.relativeLength, Double(shape.words * sentences.count) / Double(max(words, 1)))
            set(.documentWordCount, Double(words))
            set(.centroidSimilarity, content.dot(sums) / max(length, 1e-12))
            set(.titleSimilarity, content.dot(contents[0]))
            set(.previousSimilarity, i > 0 ? content.dot(contents[i - 1]) : 0)
            set(.nextSimilarity, i < last ? content.dot(contents[i + 1]) : 0)
            let rarities = content.columns.map { vectorizer.idf[Int($0)] }
            let known = Double(max(rarities.count, 1))
            set(.meanRarity, rarities.reduce(0, +) / known)
            set(.highestRarity, rarities.max() ?? 0)
            set(.knownShare, Double(rarities.count) / Double(max(shape.words, 1)))
            let common = content.columns.reduce(0) { $0 + (sums[$1] ?? 0) }
            set(.meanFrequency, common / known / Double(sentences.count))
            set(.capitalShare, Double(shape.capitals) / Double(max(shape.words, 1)))
            set(.digitShare, Double(shape.digits) / Double(max(shape.characters, 1)))
            set(.isListItem, shape.isListItem ? 1 : 0)
            set(.endsWithColon, sentences[i].utf8.last == UInt8(ascii: ":") ? 1 : 0)
            set(.endsWithPeriod, sentences[i].utf8.last == UInt8(ascii: ".") ? 1 : 0)
            return row
        }
        return (sentences, rows)
    }
}

/// A row of a sparse matrix.
private struct Vector {
    let columns: ArraySlice<UInt32>
    let values: ArraySlice<Float>

    init(_ matrix: SparseMatrix, row: Int) {
        let places = matrix.places(ofRow: row)
        columns = matrix.columns[places]
        values = matrix.values[places]
    }

    func dot(_ dense: [UInt32: Double]) -> Double {
        zip(columns, values).reduce(0) { $0 + Double($1.1) * (dense[$1.0] ?? 0) }
    }

    /// The columns of both ascend.
    func dot(_ other: Vector) -> Double {
        var sum = 0.0
        var (i, j) = (columns.startIndex, other.columns.startIndex)
        while i < columns.endIndex, j < other.columns.endIndex {
            if columns[i] == other.columns[j] {
                sum += Double(values[i]) * Double(other.values[j])
                i += 1
                j += 1
            } else if columns[i] < other.columns[j] {
                i += 1
            } else {
                j += 1
            }
        }
        return sum
    }
}

/// What can be counted in a sentence without a vocabulary.
private struct Shape {
    /// Words; see `Words`.
    var words = 0
    /// Words that begin with a capital of A to Z.
    var capitals = 0
    /// Digits 0 to 9.
    var digits = 0
    /// Bytes in UTF-8.
    var characters = 0
    /// Whether it begins with a bullet.
    var isListItem = false

    init(_ sentence: String) {
        var isInside = false
        for byte in sentence.utf8 {
            characters += 1
            let isSpace = byte == 0x20 || (0x09...0x0D).contains(byte)
            if !isSpace, !isInside, (0x41...0x5A).contains(byte) { capitals += 1 }
            isInside = !isSpace
            if (0x30...0x39).contains(byte) { digits += 1 }
        }
        words = Words.count(sentence)
        isListItem = sentence.hasPrefix("* ") || sentence.hasPrefix("- ") || sentence.hasPrefix("•")
    }
}
