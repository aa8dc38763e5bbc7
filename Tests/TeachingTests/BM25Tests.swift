import Foundation
import LyceumKit
import Testing

@testable import Teaching

@Suite("BM25")
struct BM25Tests {
    @Test("scores equal the formula, and hits come best first")
    func equalsFormula() throws {
        // Those that need no Unicode, so that words are easily told apart here.
        func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }
        let packages = try Packages()
        let texts = packages.documents.filter(isPlain)
        let index = try BM25Index(texts, job: .silent())
        func words(_ text: String) -> [Substring] { text.lowercased().split { !$0.isLetter && !$0.isNumber } }
        let documents = texts.map { text in Dictionary(words(text).map { ($0, 1.0) }, uniquingKeysWith: +) }
        let lengths = documents.map { $0.values.reduce(0, +) }
        let mean = lengths.reduce(0, +) / Double(texts.count)
        #expect(texts.count > 90)
        for query in packages.summaries.filter(isPlain) {
            var expected = [Double](repeating: 0, count: documents.count)
            for word in words(query) {
                let holders = Double(documents.count { $0[word] != nil })
                let rarity = log(1 + (Double(documents.count) - holders + 0.5) / (holders + 0.5))
                for (number, document) in documents.enumerated() {
                    let frequency = document[word] ?? 0
                    let norm = 1.2 * (1 - 0.75 + 0.75 * lengths[number] / mean)
                    expected[number] += rarity * frequency * 2.2 / (frequency + norm)
                }
            }
            let hits = index.search(query, limit: 200)
            #expect(hits.count == expected.count { $0 > 0 })
            #expect(zip(hits, hits.dropFirst()).allSatisfy { $0.score >= $1.score })
            for hit in hits {
                let difference = abs(hit.score - expected[hit.document])
                #expect(difference <= 1e-5 + 1e-5 * expected[hit.document])
            }
            let best = index.search(query, limit: 3)
            #expect(best == Array(hits.prefix(3)))
        }
    }

    @Test("excluded documents are not found, and an unknown word finds nothing")
    func exclusion() throws {
        let index = try BM25Index(["red fish", "blue fish", "", "red red"], job: .silent())
        #expect(index.search("red", limit: 9).map(\.document) == [3, 0])
        #expect(index.search("red", limit: 9) { $0 == 3 }.map(\.document) == [0])
        #expect(index.search("green", limit: 9).isEmpty)
        #expect(index.search("", limit: 9).isEmpty)
    }

    @Test(
        "words are letters and digits in lower case",
        arguments: [
            ("Don't STOP, 7-Zip!", ["don", "t", "stop", "7", "zip"]), ("  ", []),
            ("Ünïcödé—Straße", ["ünïcödé", "straße"]),
            ("ПРИВЕТ “x”", ["привет", "x"]), ("数据 2 テ", ["数", "据", "2", "テ"]), ("a\u{0}b", ["a", "b"]),
        ])
    func words(_ text: String, _ expected: [String]) {
        var terms = Terms()
        let numbers = terms.adding(text)
        #expect(numbers.count == expected.count)
        #expect(expected.flatMap { terms.known(in: $0) } == numbers)
        var fresh = Terms()
        #expect(expected.map { fresh.adding($0) }.allSatisfy { $0.count == 1 })
    }

    @Test("many words keep their numbers while the table grows")
    func growth() {
        var terms = Terms()
        let words = (0..<20_000).map { "w\($0)" }
        #expect(words.flatMap { terms.adding($0) } == (0..<20_000).map(Int32.init))
        #expect(words.flatMap { terms.known(in: $0) } == (0..<20_000).map(Int32.init))
        #expect(terms.count == 20_000 && terms.known(in: "w20000").isEmpty)
    }
}
