import LyceumKit
import Testing

@Suite struct SentencesTests {
    @Test(arguments: [
        ("One. Two! Three? Four… Five", ["One.", "Two!", "Three?", "Four…", "Five"]),
        (
            "Dr. Smith met J. R. Jones of the U.S. Army. He left.",
            ["Dr. Smith met J. R. Jones of the U.S. Army.", "He left."]
        ),
        ("She lives in the U.S. The house is old.", ["She lives in the U.S.", "The house is old."]),
        (
            "\"Why?\" he asked. \"I don't know.\" Then (at last!) he went.",
            [
                "\"Why?\" he asked.", "\"I don't know.\"", "Then (at last!) he went.",
            ]
        ),
        (
            "It costs 3.50 dollars. See www.example.org for No. 5.",
            ["It costs 3.50 dollars.", "See www.example.org for No. 5."]
        ),
        ("The answer was no. He left, e.g. by train.", ["The answer was no.", "He left, e.g. by train."]),
        ("a wrapped\nline ends here.\nnext", ["a wrapped\nline ends here.\nnext"]),
        ("Title\n\nText goes on.\nNext one", ["Title", "Text goes on.", "Next one"]),
        ("Features:\n * fast\n * small", ["Features:", "* fast", "* small"]),
        ("今天很好。我们去吧！是吗？", ["今天很好。", "我们去吧！", "是吗？"]),
        ("今天很好!我们去吧?（是吗？）他说……不。", ["今天很好!", "我们去吧?", "（是吗？）", "他说……不。"]),
        ("नमस्ते। आप कैसे हैं?", ["नमस्ते।", "आप कैसे हैं?"]), ("これは本です。「はい。」と言った。", ["これは本です。", "「はい。」", "と言った。"]),
        ("كيف حالك؟ بخير.", ["كيف حالك؟", "بخير."]), ("Wait... What? é", ["Wait...", "What? é"]),
        ("", []), ("  \n\t ", []), ("...", ["..."]),
    ])
    func splits(text: String, sentences: [String]) {
        #expect(Sentences.split(text) == sentences)
    }

    @Test func losesNothing() {
        let text = "A b.c. D!? \"E\"\n\nF g. h\u{2028}«I.» J? k。L．"
        let kept = Sentences.split(text).joined().filter { !$0.isWhitespace }
        #expect(kept == text.filter { !$0.isWhitespace })
    }
}
