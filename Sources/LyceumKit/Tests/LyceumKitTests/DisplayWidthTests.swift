import LyceumKit
import Testing

@Suite struct DisplayWidthTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("漢字", 4), ("한글", 4), ("ﾊﾝ", 2), ("ＡＢ", 4), ("😀", 2),
        ("👩‍👩‍👧", 2), ("🇫🇷", 2), ("❤️", 2), ("❤", 1), ("a\u{200B}b", 2), ("…", 1), ("\u{1B}", 0),
    ])
    func countsColumns(text: String, width: Int) {
        #expect(DisplayWidth.of(text) == width)
    }

    @Test func cutsAndFills() {
        #expect(DisplayWidth.cut("abcdef", to: 6) == "abcdef")
        #expect(DisplayWidth.cut("abcdef", to: 5) == "abcd…")
        #expect(DisplayWidth.cut("漢字漢字", to: 6) == "漢字…")
        #expect(DisplayWidth.cut("abc", to: 0).isEmpty)
        #expect(DisplayWidth.fit("漢字漢字", to: 6) == "漢字… ")
        #expect(DisplayWidth.fit("ab", to: 4, toRight: true) == "  ab")
    }

    @Test func makesOneSafeLine() {
        #expect(DisplayWidth.oneLine(" a\n\t b\u{1B}[31mred\u{7}\r\n") == "a b·[31mred·")
        #expect(DisplayWidth.oneLine("abcdef", limit: 3) == "abc")
    }
}
