import Testing

@testable import GBDT

/// Words are found eight bytes at a time: the same ones as character by character, wherever the blocks begin and end.
@Suite struct WordTests {
    private static let pieces = [
        "A", "Ab", "x_1", "ABCDEFG", "abcdefgH", "Zebra9crossing", "ÄÖ", "naïve", "ß", "ΟΔΟΣ", "İstanbul",
        "日本語",
        "@", "[", "`", "{", "/", ":", "\u{7F}", "\u{0}", "😀", " ", "\u{A0}", "é", "0", "zZ",
    ]

    /// Python's `re.findall(r"(?u)\b\w\w+\b", text)`, character by character.
    private func words(of text: String, lowercase: Bool) -> [String] {
        var prepared = [UInt8](repeating: 0, count: 2 * text.utf8.count + 8)
        var count = text.utf8.count
        if lowercase {
            prepared.withUnsafeMutableBufferPointer { target in
                Array(text.utf8).withUnsafeBufferPointer { source in
                    if let base = target.baseAddress { count = UTF8Text.lowercase(source, to: base) }
                }
            }
        } else {
            prepared = Array(text.utf8)
        }
        let scalars = String(decoding: prepared[..<count], as: UTF8.self).unicodeScalars
        return scalars.split { !PythonCharacter.isWord($0.value) }.filter { $0.count >= 2 }.map { String($0) }
    }

    /// Where no spaces are written, a character is a word: what `Words` says.
    @Test func withoutSpaces() throws {
        let analyzer = TextAnalyzer()
        var result = AnalyzedText()
        for (text, words) in [
            ("漢字のtest、한국어 a", ["漢", "字", "の", "test", "한국어"]), ("x漢y12", ["漢", "y12"]),
            ("สวย", ["ส", "ว", "ย"]),
        ] {
            try analyzer.analyze(text, into: &result)
            let found = result.terms.map {
                String(decoding: result.bytes[Int($0.start)..<$0.end], as: UTF8.self)
            }
            #expect(found == words, "\(text)")
        }
    }

    @Test(arguments: [true, false]) func asCharacterByCharacter(lowercase: Bool) throws {
        var analyzer = TextAnalyzer()
        analyzer.pattern = .sklearn
        analyzer.lowercase = lowercase
        var result = AnalyzedText()
        for first in Self.pieces {
            for second in Self.pieces {
                for padding in 0..<9 {
                    let text = String(repeating: "q", count: padding) + first + second + "-" + first
                    try analyzer.analyze(text, into: &result)
                    let found = result.terms.map {
                        String(decoding: result.bytes[Int($0.start)..<$0.end], as: UTF8.self)
                    }
                    #expect(found == words(of: text, lowercase: lowercase), "\(text)")
                }
            }
        }
    }
}
