// Times one fit of the GBDT plugin's TF-IDF features: FeaturesBench TEXTS.jsonl ANALYZER LOW HIGH THREADS
//
// Prints seconds, columns, elements and their sum, for scripts/bench/features.py.

import LyceumKit

let arguments = CommandLine.arguments
guard arguments.count == 6, let unit = TextAnalyzer.Unit(rawValue: arguments[2]), let low = Int(arguments[3]),
    let high = Int(arguments[4]), low <= high, let threads = Int(arguments[5])
else {
    throw LyceumError.failed("usage: FeaturesBench TEXTS.jsonl ANALYZER LOW HIGH THREADS", remedy: nil)
}
var texts: [String] = []
try JSON.decodeLines(try Files.read(arguments[1]), name: arguments[1]) { _, value in
    texts.append(value.object?["document"]?.string ?? "")
}
var options = TfidfOptions()
options.analyzer = TextAnalyzer(unit: unit, ngrams: low...high)
let clock = ContinuousClock()
let start = clock.now
let (vectorizer, matrix) = try TfidfVectorizer.fit(texts, options, threads: threads, job: .silent())
let seconds = (clock.now - start) / .seconds(1)
let total = matrix.values.reduce(0.0) { $0 + Double($1) }
print(seconds, vectorizer.columnCount, matrix.values.count, total)
