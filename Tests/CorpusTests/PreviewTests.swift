import Corpus
import LyceumKit
import Testing

@Suite struct PreviewTests {
    @Test func showsATable() {
        let dataset = Dataset(
            records: [
                ["id": 1, "text": "Short.", "title": "漢字と😀"],
                [
                    "id": 20, "text": "A text that goes on for\nmore than its column has room",
                    "title": "t\u{1B}[31m",
                ],
                ["id": 3, "text": .null, "title": "x"],
            ], columns: ["id", "title", "text"])
        #expect(
            dataset.preview(width: 44, rows: 2) == """
                3 rows × 3 columns
                   id  title     text
                   ──  ────────  ───────────────────────────
                1  1   漢字と😀  Short.
                2  20  t·[31m    A text that goes on for mo…
                … 1 more
                """)
    }

    @Test(arguments: [20, 33, 80, 200])
    func neverExceedsTheWidth(width: Int) {
        let names = (0..<12).map { "column\($0)" }
        let row = Dictionary(uniqueKeysWithValues: names.map { ($0, Value.string("漢字 and \($0) text")) })
        let dataset = Dataset(records: [row, row], columns: names)
        for line in dataset.preview(width: width).split(separator: "\n") {
            #expect(DisplayWidth.of(line) <= width, "\(line)")
        }
    }

    @Test func edges() {
        #expect(Dataset(records: []).preview() == "0 rows × 0 columns")
        #expect(
            Dataset(records: (0..<1234).map { ["n": .integer($0)] }).preview(rows: 0).hasPrefix(
                "1,234 rows × 1 column\n"))
    }
}
