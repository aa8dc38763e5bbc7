import Glibc
import LyceumKit
import LyceumText

/// BERTScore, equal to bert_score 0.3.13 to 1e-5 over the same encoder.
///
/// Source: Zhang et al., "BERTScore: evaluating text generation with BERT" (2020).
struct BERTScore {
    /// Of the release whose figures these are.
    static let version = "0.3.13"

    /// Precision, recall and F of a text against one reference.
    struct Value: Sendable {
        var precision = 0.0
        var recall = 0.0
        var fmeasure = 0.0
    }

    /// The layer whose states agree best with people, as bert_score has measured: the ninth of 12, the eighteenth of 24;
    /// of other encoders the last.
    static func usualLayer(of count: Int) -> Int { count == 12 ? 9 : count == 24 ? 18 : count }

    /// A text's vectors, of length 1, with the weights of its pieces.
    struct Text: Sendable {
        let vectors: [Float]
        let weights: [Float]
        let isEmpty: Bool
        var count: Int { weights.count }

        init(_ pieces: PieceVectors, weight: (Int) -> Float) {
            let width = pieces.ids.isEmpty ? 0 : pieces.values.count / pieces.ids.count
            var vectors = pieces.values
            for piece in pieces.ids.indices {
                let range = (piece * width)..<((piece + 1) * width)
                let norm = vectors[range].reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
                if norm > 0 { for place in range { vectors[place] /= norm } }
            }
            self.vectors = vectors
            weights = pieces.ids.map(weight)
            // Nothing but the two ends.
            isEmpty = pieces.ids.count <= 2
        }
    }

    /// Matches each piece with the nearest of the other text.
    static func score(_ prediction: Text, _ reference: Text) -> Value {
        if prediction.isEmpty || reference.isEmpty { return Value() }
        let width = prediction.vectors.count / prediction.count
        var ownBest = [Float](repeating: -.infinity, count: prediction.count)
        var otherBest = [Float](repeating: -.infinity, count: reference.count)
        prediction.vectors.withUnsafeBufferPointer { own in
            reference.vectors.withUnsafeBufferPointer { other in
                for i in 0..<prediction.count {
                    for j in 0..<reference.count {
                        // Eight sums at once, which the compiler makes one vector of.
                        var sums = SIMD8<Float>(repeating: 0)
                        let (a, b) = (i * width, j * width)
                        var k = 0
                        while k + 8 <= width {
                            for lane in 0..<8 { sums[lane] += own[a + k + lane] * other[b + k + lane] }
                            k += 8
                        }
                        var similarity = sums.sum()
                        while k < width {
                            similarity += own[a + k] * other[b + k]
                            k += 1
                        }
                        ownBest[i] = max(ownBest[i], similarity)
                        otherBest[j] = max(otherBest[j], similarity)
                    }
                }
            }
        }
        let precision = mean(ownBest, prediction.weights)
        let recall = mean(otherBest, reference.weights)
        let sum = precision + recall
        let f = sum == 0 ? 0 : 2 * precision * recall / sum
        return Value(
            precision: precision.isFinite ? precision : 0, recall: recall.isFinite ? recall : 0,
            fmeasure: f.isFinite ? f : 0)
    }

    private static func mean(_ values: [Float], _ weights: [Float]) -> Double {
        let total = weights.reduce(0) { $0 + Double($1) }
        return zip(values, weights).reduce(0) { $0 + Double($1.0) * Double($1.1) } / total
    }
}

extension Metrics {
    /// BERTScore over an encoder of the user's.
    public static var bertScore: Metric {
        Metric(
            id: "bertscore", summary: "BERTScore over an encoder that you load, equal to bert_score's",
            options: [
                .object(
                    "student", "student", required: true,
                    "the encoder: student.load(\"google-bert/bert-base-uncased\")"),
                .integer(
                    "num_layers", default: nil, in: 0...1000,
                    "above which layer; if left out the 9th of 12, the 18th of 24, else the last"),
                .boolean("idf", default: false, "weighs pieces by how few of the references have them"),
                .integer("batch_size", default: 64, in: 1...65536, unit: "texts", "texts read at once"),
            ]
        ) { input in
            try SacreBleu.requireReferences(input, of: "bertscore")
            guard let student = input.students["student"] as? any EmbeddingStudent else {
                throw LyceumError.badOption(
                    function: "metrics.bertscore", option: "student",
                    expected: "a student with an encoder whose layers can be read, such as BERT",
                    got: input.students["student"].map { "a student of kind \($0.architecture)" } ?? "nothing"
                )
            }
            let count = try student.encoderLayers()
            let layer = input.options.optionalInt("num_layers") ?? BERTScore.usualLayer(of: count)
            let usesIDF = try input.options.bool("idf")
            let batchSize = try input.options.int("batch_size")
            func numbers(_ rows: Range<Int>) throws -> [Double] {
                try best(
                    Array(input.predictions[rows]), Array(input.references[rows]), student, layer: layer,
                    usesIDF: usesIDF, batchSize: batchSize, job: input.job
                ).flatMap { [$0.precision, $0.recall, $0.fmeasure] }
            }
            // How rare a piece is only shows in all references.
            let all = try usesIDF ? numbers(input.predictions.indices) : input.numbers(numbers)
            let values = stride(from: 0, to: all.count, by: 3).map {
                BERTScore.Value(precision: all[$0], recall: all[$0 + 1], fmeasure: all[$0 + 2])
            }
            let encoder = student.card.filter { ["parameters", "vocabulary"].contains($0.name) }
                .map { "\($0.name):\($0.value)" }
            return MetricResult(
                figures: [
                    MetricFigure("f1", title: "BERTScore F1", values.map(\.fmeasure)),
                    MetricFigure("precision", title: "BERTScore precision", values.map(\.precision)),
                    MetricFigure("recall", title: "BERTScore recall", values.map(\.recall)),
                ],
                signature: (["bertscore:\(BERTScore.version)", "student:\(student.architecture)"] + encoder
                    + [
                        "layer:\(layer)/\(count)", usesIDF ? "idf" : "no-idf",
                    ]).joined(separator: "|"))
        }
    }

    /// The score of each prediction against the reference that is best for it, measure by measure.
    private static func best(
        _ predictions: [String], _ references: [[String]], _ student: any EmbeddingStudent, layer: Int,
        usesIDF: Bool, batchSize: Int, job: Job
    ) throws -> [BERTScore.Value] {
        if predictions.isEmpty { return [] }
        let texts = try embedded(
            predictions, references.flatMap(\.self), student, layer: layer, usesIDF: usesIDF,
            batchSize: batchSize, job: job)
        return try Parallel.map(Array(zip(predictions, references)), job: job) { prediction, references in
            guard let own = texts[Array(prediction.utf8)] else { return BERTScore.Value() }
            var best = BERTScore.Value(precision: -2, recall: -2, fmeasure: -2)
            for reference in references {
                guard let other = texts[Array(reference.utf8)] else { continue }
                let score = BERTScore.score(own, other)
                best.precision = max(best.precision, score.precision)
                best.recall = max(best.recall, score.recall)
                best.fmeasure = max(best.fmeasure, score.fmeasure)
            }
            return best
        }
    }

    /// Every text once, by its bytes.
    private static func embedded(
        _ predictions: [String], _ references: [String], _ student: any EmbeddingStudent, layer: Int,
        usesIDF: Bool, batchSize: Int, job: Job
    ) throws -> [[UInt8]: BERTScore.Text] {
        var seen: Set<[UInt8]> = []
        var texts: [String] = []
        for text in predictions + references
        where seen.insert(Array(text.utf8)).inserted {
            texts.append(text)
        }
        let vectors = try student.embed(
            texts.map(PythonStrings.trimmed), layer: layer, batchSize: batchSize, job: job)
        let byText = Dictionary(
            zip(texts.map { Array($0.utf8) }, vectors), uniquingKeysWith: { first, _ in first })
        var documents: [Int: Int] = [:]
        if usesIDF {
            for reference in references {
                for id in Set(byText[Array(reference.utf8)]?.ids ?? []) { documents[id, default: 0] += 1 }
            }
        }
        // The ends of a text weigh nothing.
        let ends = Set(vectors.flatMap { [$0.ids.first, $0.ids.last].compactMap(\.self) })
        let total = Double(references.count + 1)
        func weight(_ id: Int) -> Float {
            if usesIDF { return Float(log(total / Double((documents[id] ?? 0) + 1))) }
            return ends.contains(id) ? 0 : 1
        }
        return byText.mapValues { BERTScore.Text($0, weight: weight) }
    }
}
