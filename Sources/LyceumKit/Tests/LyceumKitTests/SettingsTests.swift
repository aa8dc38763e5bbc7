import LyceumKit
import Testing

@Suite struct SettingsTests {
    private enum Activation: String, SettingChoice { case relu, gatedGELU = "gated-gelu" }

    private struct Stack: Settings {
        @Setting("layers", in: 1...9, "layers") var layers = 2
    }

    private struct Shape: Settings {
        @Setting("d_model", in: 1...1024, unit: "numbers", "size") var size = 512
        @Setting("rate", in: 0...1, "share") var rate = 0.5
        @Setting("heads", in: 1...64, "must divide d_model") var heads = 8
        @Setting("act", "activation") var activation = Activation.relu
        @Setting("name", "a text") var name: String?
        @Setting("depth", in: 1...5, "else as layers") var depth: Int?
        @Setting("ids", "several") var ids: [[Int]] = []
        @Setting("beams", in: 1...8, declaresDefault: false, "1 unless the checkpoint says") var beams = 1
        var stack = Stack()
        var derived = 0

        mutating func complete(_ options: Options) throws {
            guard size % heads == 0 else { throw $heads.refusal(options, expected: "a divisor of \(size)") }
            derived = size / heads
        }
    }

    private func shape(_ given: [String: Value], otherwise: [String: Value] = [:]) throws -> Shape {
        try Shape(Options(given, declared: Shape.declarations, function: "f"), otherwise: otherwise)
    }

    @Test func oneDeclarationGivesTheOption() {
        #expect(
            Shape.declarations.map(\.name) == [
                "d_model", "rate", "heads", "act", "name", "depth", "ids", "beams", "layers",
            ])
        #expect(
            Shape.declarations[0]
                == .integer("d_model", default: 512, in: 1...1024, unit: "numbers", "size"))
        #expect(
            Shape.declarations[3] == .choice("act", ["relu", "gated-gelu"], default: "relu", "activation"))
        #expect(Shape.declarations[5] == .integer("depth", default: nil, in: 1...5, "else as layers"))
        #expect(Shape.declarations[7].defaultValue == nil)
        var other = Shape()
        other.size = 64
        #expect(other.declarations[0].defaultValue == 64 && Shape.declarations[0].defaultValue == 512)
    }

    @Test func valuesAreReadCheckedAndWritten() throws {
        let read = try shape(
            ["d_model": 64.0, "act": "gated-gelu", "ids": [[1, 2]], "layers": 3, "name": "x"],
            otherwise: ["beams": 4, "layers": 9])
        #expect(
            read.size == 64 && read.activation == .gatedGELU && read.ids == [[1, 2]] && read.derived == 8)
        #expect(read.stack.layers == 3 && read.name == "x" && read.depth == nil && read.beams == 4)
        #expect(
            read.settings == [
                "d_model": 64, "rate": 0.5, "heads": 8, "act": "gated-gelu", "ids": [[1, 2]], "layers": 3,
                "name": "x", "beams": 4,
            ])
        #expect(try shape(read.settings).settings == read.settings)
    }

    @Test func copiesStayApart() throws {
        var first = try shape([:])
        let second = first
        first.size = 8
        first.stack.layers = 1
        #expect(second.size == 512 && second.stack.layers == 2 && Shape().size == 512)
    }

    @Test func whatDoesNotGoTogetherIsNamed() throws {
        let error = #expect(throws: LyceumError.self) { try shape(["d_model": 30]) }
        #expect(error?.description == "f: option 'heads': expected a divisor of 30, got 8")
        #expect(throws: LyceumError.self) { try shape([:], otherwise: ["beams": 9]) }
        let options = try Options(["act": "tanh"], declared: [.string("act", "any")], function: "f")
        #expect(throws: LyceumError.self) { try Shape(options) }
        #expect(throws: LyceumError.self) { try options.choice("act", as: Activation.self) }
    }

    @Test func anOptionMayBeOfSeveralKinds() throws {
        let kind = OptionDeclaration.Kind.either([.boolean, .choice(["never"])])
        let declared = [OptionDeclaration("stop", kind: kind, doc: "when")]
        for value: Value in [true, false, "never"] {
            #expect(try Options(["stop": value], declared: declared, function: "f").values["stop"] == value)
        }
        let error = #expect(throws: LyceumError.self) {
            try Options(["stop": "now"], declared: declared, function: "f")
        }
        #expect(error?.description == "f: option 'stop': expected true or false or 'never', got 'now'")
    }
}
