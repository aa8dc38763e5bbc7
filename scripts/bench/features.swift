// Times one fit of the GBDT plugin's TF-IDF features: FeaturesBench TEXTS.jsonl ANALYZER LOW HIGH THREADS
//
// Prints seconds, seconds of processor time, columns, elements and their sum, for scripts/bench/features.py.

import Glibc
import LyceumKit

@main
enum FeaturesBench {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 6, let unit = TextAnalyzer.Unit(rawValue: arguments[2]),
            let low = Int(arguments[3]), let high = Int(arguments[4]), low <= high,
            let threads = Int(arguments[5])
        else {
            throw LyceumError.failed(
                "usage: FeaturesBench TEXTS.jsonl ANALYZER LOW HIGH THREADS", remedy: nil)
        }
        var texts: [String] = []
        try JSON.decodeLines(try Files.read(arguments[1]), name: arguments[1]) { _, value in
            texts.append(value.object?["document"]?.string ?? "")
        }
        var options = TfidfOptions()
        options.analyzer = TextAnalyzer(unit: unit, ngrams: low...high, pattern: .sklearn)
        let (wall, processor) = (seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID))
        let (vectorizer, matrix) = try TfidfVectorizer.fit(texts, options, threads: threads, job: .silent())
        print(seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - processor, terminator: " ")
        var total = 0.0
        for value in matrix.values { total += Double(value) }
        print(vectorizer.columnCount, matrix.values.count, total)
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
