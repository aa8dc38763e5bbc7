import LyceumKit
import Testing

@testable import Corpus

@Suite struct NewsCleanupTests {
    @Test(
        arguments: [
            ("(CNN) -- A cat sat.", "A cat sat."), ("LONDON, England (CNN) -- A cat.", "A cat."),
            ("(CNN)A cat.", "A cat."),
            ("WASHINGTON (CNN) – A cat.", "A cat."), ("Washington, D.C. (CNN) A cat.", "A cat."),
            ("(CNN Student News) -- April 3, 2013", "April 3, 2013"),
            ("(CNN) A cat (CNN) -- sat.", "A cat (CNN) -- sat."),
            ("A cat watched the news (CNN) -- it said.", "A cat watched the news (CNN) -- it said."),
            ("He said so. (CNN) -- Later.", "He said so. (CNN) -- Later."), ("(CNN", "(CNN"), ("", ""),
            ("(CNN) --", ""),
        ])
    func openings(_ text: String, _ expected: String) { #expect(NewsText.withoutOpening(text) == expected) }

    @Test(
        arguments: [
            ("By . Jane Doe . A cat sat.", "A cat sat."),
            (
                "By . Jane Doe . PUBLISHED: . 09:13 EST, 5 June 2012 . | . UPDATED: . 10:00 EST, 5 June 2012 . A cat. It ran.",
                "A cat. It ran."
            ),
            ("By . A cat without an end", "By . A cat without an end"), ("By the way . x", "By the way . x"),
            ("", ""),
        ])
    func bylines(_ text: String, _ expected: String) { #expect(NewsText.withoutByline(text) == expected) }

    @Test func lines() {
        #expect(NewsText.withoutSpaces("A cat .\nIt ran .\nMr . X ran") == "A cat.\nIt ran.\nMr . X ran")
        #expect(NewsText.withoutLabels("NEW: A cat\nThe NEW: cat\nNEW : x") == "A cat\nThe NEW: cat\nx")
    }

    @Test func datasets() throws {
        let rows: [[String: Value]] = [
            ["article": "(CNN) -- A cat.", "highlights": "NEW: cat .", "id": "1"],
            ["article": "(CNN) --  a  CAT.", "highlights": "x", "id": "2"],
            ["article": "A dog.", "highlights": "dog .", "id": "3"],
        ]
        let data = Dataset(records: rows)
        let untouched = try data.cleaningNews(NewsCleanup())
        #expect(untouched.kept.fingerprint == data.fingerprint && untouched.report == "nothing was asked for")
        var all = NewsCleanup()
        (all.openings, all.spaces, all.labels, all.duplicates) = (true, true, true, true)
        all.without = [Dataset(records: [["article": "a DOG."]])]
        let result = try data.cleaningNews(all)
        #expect(
            try result.kept.strings("article") == ["A cat."] && result.kept.strings("highlights") == ["cat."])
        #expect(result.report == "openings: 2 rows, spaces: 2 rows, labels: 1 rows, duplicates: 2 rows")
        // Duplicates of other splits alone leave those within.
        var others = NewsCleanup()
        others.without = all.without
        #expect(try data.cleaningNews(others).kept.strings("id") == ["1", "2"])
        others.article = "text"
        #expect(throws: LyceumError.self) { try data.cleaningNews(others) }
    }
}
