import Corpus
import LyceumKit
import Testing

@Suite struct CurationTests {
    private func data(_ texts: [String], other: [String]? = nil) -> Dataset {
        Dataset(
            records: texts.enumerated().map { i, text in
                ["text": .string(text), "other": .string(other?[i] ?? "o"), "id": .integer(i)]
            })
    }

    private func ids(_ data: Dataset) throws -> [Int] { try data.values("id").compactMap(\.integer) }

    @Test func wordsAroundTheAnswerAreTakenOff() throws {
        let cases = [
            ("Sure, here is the article:\n\nA cat sat.", "A cat sat."),
            ("Certainly! Here’s a news article based on the summary: A cat sat.", "A cat sat."),
            (
                "Here is the **article**:\n\n**A cat**\n\nIt sat.\n\nI hope this helps!",
                "**A cat**\n\nIt sat."
            ),
            ("Of course!\n\nA cat sat.\n\n---\nLet me know if you'd like changes.", "A cat sat."),
            ("**Here is the summary:** A cat sat.", "A cat sat."),
        ]
        var curation = Curation("text")
        curation.boilerplate = .strip
        let result = try data(cases.map(\.0)).curate(curation)
        #expect(try result.kept.strings("text") == cases.map(\.1))
        #expect(result.stripped == cases.count && result.dropped.count == 0)
        curation.boilerplate = .drop
        #expect(try data(cases.map(\.0) + ["A cat."]).curate(curation).kept.strings("text") == ["A cat."])
    }

    @Test func answersThatOnlyLookLikeItStay() throws {
        let texts = [
            "Here is where the story begins. The town: small.", "Sure winners: the cat and the dog.",
            "Surely there is more to it.", "He said: let me know if it rains.", "Great Britain: an island.",
            "Okay", "Sure!", "Here is the article:", "I'm sorry to say the minister resigned.",
            "As an airline, it has grown.",
        ]
        var curation = Curation("text")
        curation.boilerplate = .strip
        curation.dropsRefusals = true
        let result = try data(texts).curate(curation)
        #expect(try result.kept.strings("text") == texts)
        #expect(result.stripped == 0)
    }

    @Test func refusalsGoWithTheirWords() throws {
        let texts = [
            "I'm sorry, but I can't help with that.", "I’m unable to write this.",
            "  As an AI language model, I …",
            "\"I cannot create such content\"", "The court said it cannot assist.",
        ]
        var curation = Curation("text")
        curation.dropsRefusals = true
        let result = try data(texts).curate(curation)
        #expect(try ids(result.kept) == [4])
        #expect(try result.dropped.strings("reason").first == "the model refused: \"i'm sorry, but\"")
        #expect(result.counts.map(\.rows) == [4])
        #expect(result.report == "1 of 5 rows kept; dropped: 4 refusals")
    }

    @Test func lengthsAndCompression() throws {
        var curation = Curation("text")
        curation.characters = 2...20
        curation.words = 1...4
        curation.tokens = (1...3, { $0.count { $0 == "a" } })
        curation.compression = (1...3, "other")
        let texts = ["é", "a b c d e", "b b", "aa b", "aa b c d", "a b"]
        let result = try data(texts, other: ["x", "x", "x", "x y z", "x", ""]).curate(curation)
        #expect(try ids(result.kept) == [])
        #expect(
            try result.dropped.strings("reason") == [
                "1 characters, fewer than 2", "5 words, more than 4", "0 tokens, fewer than 1",
                "0.67 words for each of 'other'", "4.00 words for each of 'other'", "'other' has no words",
            ])
        #expect(result.counts.map(\.filter) == ["by characters", "by words", "by tokens", "by compression"])
        #expect(result.counts.map(\.rows) == [1, 1, 1, 3])
    }

    @Test func duplicatesExactAndNear() throws {
        let long = "the quick brown fox jumps over the lazy dog while the sun sets behind the old grey hill"
        let texts = [
            "One  two", "one two", "One two\n", long, long + " again", "something else altogether here",
        ]
        var curation = Curation("text")
        curation.dropsDuplicates = true
        curation.near = (0.8, 3)
        let result = try data(texts).curate(curation)
        #expect(try ids(result.kept) == [0, 3, 5])
        #expect(
            try result.dropped.strings("reason") == [
                "near-duplicate of row 1", "duplicate of row 1", "near-duplicate of row 4",
            ])
    }

    @Test func strippedTextsAreCompared() throws {
        var curation = Curation("text")
        curation.boilerplate = .strip
        curation.near = (0.9, 2)
        let result = try data(["A cat sat on a mat.", "Sure, here is the text: A cat sat on a mat."]).curate(
            curation)
        #expect(try ids(result.kept) == [0])
        #expect(try result.dropped.strings("text") == ["Sure, here is the text: A cat sat on a mat."])
    }

    @Test func contaminationByTheTestSet() throws {
        var curation = Curation("text")
        curation.contamination = (
            ["He said that the bridge, built in 1932, fell.", "Short one.", "", "?!"], 5
        )
        let texts = [
            "yesterday THE BRIDGE built in 1932 fell down", "the bridge built in 1931 fell",
            "a short ONE here",
            "one short", "",
        ]
        let result = try data(texts).curate(curation)
        #expect(try ids(result.kept) == [1, 3, 4])
        #expect(
            try result.dropped.strings("reason") == [
                "shares 5 consecutive words with test row 1", "shares 2 consecutive words with test row 2",
            ])
    }

    @Test func scripts() throws {
        #expect(Script.latin.share(of: "Tölpel ab, 12") == 1)
        #expect(Script.cyrillic.share(of: "Москва ab") == 0.75)
        #expect(Script.japanese.share(of: "漢字とかな") == 1 && Script.han.share(of: "漢字とか") == 0.5)
        #expect(Script.hangul.share(of: "한국어") == 1 && Script.latin.share(of: "1 + 1 = 2") == nil)
        var curation = Curation("text")
        curation.script = (.latin, 0.9)
        let result = try data(["An article", "Статья", "12:30", "An статья"]).curate(curation)
        #expect(try ids(result.kept) == [0])
        #expect(
            try result.dropped.strings("reason") == [
                "0 % of its letters are Latin", "no letters", "25 % of its letters are Latin",
            ])
    }

    @Test func aColumnMustBeThere() throws {
        #expect(throws: LyceumError.missingColumn("txt", available: ["id", "other", "text"])) {
            try data(["a"]).curate(Curation("txt"))
        }
    }
}
