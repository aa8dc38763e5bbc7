import LyceumKit
import Testing

/// What a word is.
@Suite struct WordsTests {
    private func words(_ text: String) -> [String] {
        var text = text
        var words: [String] = []
        text.withUTF8 { bytes in
            Words.forEach(in: bytes) { words.append(String(decoding: $0, as: UTF8.self)) }
        }
        return words
    }

    @Test(arguments: [
        ("The cat's 2nd naïve e-mail_x", ["the", "cat", "s", "2nd", "naïve", "e", "mail", "x"]),
        ("東京へ行く。Go!", ["東", "京", "へ", "行", "く", "go"]), ("カタカナー", ["カ", "タ", "カ", "ナ", "ー"]),
        ("한국어 문장", ["한국어", "문장"]), ("МАМА мыла", ["мама", "мыла"]), ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("สวัสดี", ["ส", "วั", "ส", "ดี"]), ("!?… —", []), ("", []), ("a\u{0}b", ["a", "b"]),
        ("x中y", ["x", "中", "y"]), ("٣ ٤", ["٣", "٤"]),
    ])
    func areFound(text: String, expected: [String]) {
        #expect(words(text) == expected)
        #expect(Words.count(text) == expected.count)
        var copy = text
        let found = copy.withUTF8 { bytes in
            Words.ranges(in: bytes).map { String(decoding: bytes[$0], as: UTF8.self).lowercased() }
        }
        #expect(found == expected)
    }

    @Test("a text without words is compared as it stands")
    func comparedAsTheyStand() {
        func compared(_ text: String) -> [String] {
            var text = text
            var words: [String] = []
            text.withUTF8 { bytes in
                Words.forEachCompared(in: bytes) { words.append(String(decoding: $0, as: UTF8.self)) }
            }
            return words
        }
        #expect(compared(" ?! ") == ["?!"] && compared("a ?!") == ["a"] && compared(" \n").isEmpty)
        #expect(compared("😀") == ["😀"])
    }
}
