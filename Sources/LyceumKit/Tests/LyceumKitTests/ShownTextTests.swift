import LyceumKit
import Testing

/// What is shown cannot command the terminal.
@Suite struct ShownTextTests {
    @Test("control characters and changes of direction are replaced, whatever they are")
    func everyControl() {
        let obeyed: [ClosedRange<UInt32>] = [
            0...8, 0x0B...0x1F, 0x7F...0x9F, 0x61C...0x61C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069,
        ]
        for value in obeyed.joined() {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = "a\(scalar)b"
            #expect(ShownText.safe(text) == "a·b", "U+\(String(value, radix: 16))")
            #expect(ShownText.colouredSafe(text).unicodeScalars.allSatisfy { $0 == "·" || $0.isASCII })
            let line = DisplayWidth.oneLine(text)
            #expect(line == "a·b" || line == "a b", "U+\(String(value, radix: 16))")
        }
    }

    @Test("ordinary text of every script stays as it is")
    func ordinary() {
        for text in ["", "plain", "two\nlines\tand a tab", "naïve 文字 שלום مرحبا 👩‍👩‍👧‍👦 e\u{301}", "\u{FEFF}bom"] {
            #expect(ShownText.safe(text) == text)
            #expect(ShownText.colouredSafe(text) == text)
        }
        #expect(ShownText.safe("a\r\nb\rc") == "a\nb·c")
    }

    @Test("a long text is cut, with its length")
    func long() {
        #expect(ShownText.safe(String(repeating: "é", count: 12_345), limit: 3) == "ééé… (12,345 characters)")
        #expect(ShownText.safe("abc", limit: 3) == "abc")
        #expect(ShownText.safe("ééé", limit: 3) == "ééé")
        #expect(ShownText.safe("abc", limit: 0) == "… (3 characters)")
        #expect(ShownText.safe("abc", limit: -1) == "… (3 characters)")
    }

    @Test("of escape sequences only our colours pass, and they end")
    func colours() {
        #expect(ShownText.colouredSafe("\u{1B}[31mred\u{1B}[0m") == "\u{1B}[31mred\u{1B}[0m")
        #expect(ShownText.colouredSafe("\u{1B}[1;31mred") == "\u{1B}[1;31mred\u{1B}[0m")
        for bad in [
            "\u{1B}[8m", "\u{1B}[2J", "\u{1B}[31;8m", "\u{1B}]0;title\u{07}", "\u{1B}", "\u{1B}[", "\u{1B}[3",
        ] {
            #expect(
                !ShownText.colouredSafe(bad + "x").unicodeScalars.contains("\u{1B}"),
                "\(bad.debugDescription)")
        }
    }
}
