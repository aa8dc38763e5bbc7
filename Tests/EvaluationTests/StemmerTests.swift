import LyceumKit
import Testing

@testable import Evaluation

@Suite struct StemmerTests {
    /// NLTK's stems, from scripts/fixtures/rouge.py.
    @Test func equalsNLTK() throws {
        let lines = String(decoding: try Files.read(try fixture("stems.txt")), as: UTF8.self).split(
            separator: "\n")
        #expect(lines.count > 10_000)
        var stemmer = PorterStemmer()
        for line in lines {
            let words = line.split(separator: " ")
            let expected = try #require(words.count == 2 ? words[1] : nil)
            let stem = String(decoding: stemmer.stem(Array(words[0].utf8)), as: UTF8.self)
            #expect(stem == expected, "\(words[0])")
        }
    }
}
