import LyceumKit
import Testing

@Suite struct OptionJSONTests {
    static let declarations: [OptionDeclaration] = [
        .boolean("shuffle", default: true, "random order"), .boolean("resume", default: nil, "go on"),
        .integer("batch_size", default: 16, in: 1...65536, unit: "pairs", "pairs in a batch"),
        .number("learning_rate", default: 1, in: 0...10, "the highest \"rate\""),
        .number("clip", default: nil, "no range"), .string("name", default: "x", "a name"),
        .string("folder", required: true, "where"), .column("input", required: true, "a column"),
        .choice("optim", ["adamw_torch", "adafactor"], default: "adafactor", "which"),
        .list("types", of: .string, default: ["a", "b"], "several"),
        .list("ids", of: .list(.integer), "lists of lists"), .object("valid", "dataset", "held out"),
        OptionDeclaration("equals", kind: .table, doc: "column = value"),
        OptionDeclaration("stop", kind: .either([.boolean, .choice(["never"])]), doc: "when"),
    ]

    @Test(arguments: declarations) func theyComeBackEqual(_ declaration: OptionDeclaration) throws {
        let text = JSON.encode(declaration.json)
        #expect(OptionDeclaration(json: try JSON.decode(Array(text.utf8), name: "option")) == declaration)
    }

    @Test(arguments: [
        "1", "{}", #"{"name":"a","doc":"b"}"#, #"{"name":"a","doc":"b","kind":"dance"}"#,
        #"{"name":"a","doc":"b","kind":{"list":"dance"}}"#,
        #"{"name":"a","doc":"b","kind":"number","range":[2,1]}"#,
    ])
    func anythingElseIsNone(_ text: String) throws {
        #expect(OptionDeclaration(json: try JSON.decode(Array(text.utf8), name: "option")) == nil)
    }
}
