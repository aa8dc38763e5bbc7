import LyceumKit
import Testing

@testable import LuaBridge

/// All tests of the bridge, one after another: some count living objects, one sends a signal.
@Suite(.serialized) struct BridgeTests {}

/// A host object whose living copies are counted.
final class Probe {
    nonisolated(unsafe) private(set) static var living = 0
    let label: String

    init(_ label: String) {
        self.label = label
        Self.living += 1
    }

    deinit { Self.living -= 1 }
}

/// An error whose living copies are counted, to prove that errors do not leak either.
final class CountedFailure: Error, CustomStringConvertible, Sendable {
    let probe = ProbeCount()
    var description: String { "the Swift side failed" }
}

/// Counts itself.
final class ProbeCount: Sendable {
    nonisolated(unsafe) private(set) static var living = 0
    init() { Self.living += 1 }
    deinit { Self.living -= 1 }
}

/// A state with a type `probe` and functions that make, fail and call back.
func makeState() throws -> LuaState {
    let state = try LuaState()
    try state.register(probeType)
    try state.register(
        LuaModule(
            name: "probes", summary: "Makes probes.",
            functions: [
                LuaFunction(
                    name: "make", summary: "Makes a probe.",
                    parameters: [LuaParameter("label", .string, "its label")], returns: "a probe",
                    example: "p = probes.make \"a\""
                ) { call in [.object(Probe(try call.string(1)))] },
                LuaFunction(name: "fail", summary: "Fails.") { call in
                    let probe = Probe("held during the failure")
                    defer { withExtendedLifetime(probe) {} }
                    throw CountedFailure()
                },
                LuaFunction(
                    name: "each", summary: "Calls a function with 1, 2, 3.",
                    parameters: [LuaParameter("body", .function("number → any"), "what to call")]
                ) { call in
                    let body = try call.function(1)
                    return try (1...3).flatMap { try body([.integer($0)]) }
                },
                LuaFunction(
                    name: "options", summary: "Checks options.",
                    parameters: [
                        LuaParameter(
                            "options",
                            .options([
                                .integer("batch_size", default: 16, in: 1...1024, "examples a step"),
                                .string("input", required: true, "the column"),
                                .object("probe", "probe", "a probe"),
                                .object("filter", "function", "a filter"),
                            ]), "how")
                    ]
                ) { call in
                    let options = try call.options(1)
                    let size = try options.values.int("batch_size")
                    let probe = try options.object("probe", Probe.self)
                    return [
                        .integer(size), .string(try options.values.string("input")), LuaValue(probe?.label),
                        .boolean(options.function("filter") != nil),
                    ]
                },
            ]))
    return state
}

private var probeType: LuaType {
    LuaType(
        Probe.self, name: "probe", summary: "Something to look at.",
        methods: [
            LuaFunction(
                name: "greet", summary: "Greets.",
                parameters: [LuaParameter("whom", .string, "the greeted", optional: true)]
            ) { call in
                let probe = try call.receiver(Probe.self)
                return [.string("\(probe.label) greets \(try call.optionalString(1) ?? "all")")]
            },
            LuaFunction(name: "fail", summary: "Fails.") { _ in throw CountedFailure() },
        ],
        properties: [LuaProperty("label", "its label") { (probe: Probe) in .string(probe.label) }],
        call: LuaFunction(
            name: "call", summary: "Answers.", parameters: [LuaParameter("question", .string, "what to ask")]
        ) { call in [.string("\(try call.receiver(Probe.self).label) hears \(try call.string(1))")] },
        length: { $0.label.count },
        index: { probe, key, _ in
            guard let position = key.integer else { return key.string == "mirror" ? .string("rorrim") : nil }
            guard position >= 1, position <= probe.label.count else { return nil }
            return .string(String(Array(probe.label)[position - 1]))
        },
        fields: { _ in ["mirror"] },
        toString: { "probe(\($0.label))" },
        preview: { probe, width in String("probe \(probe.label)".prefix(width)) })
}

/// The message of the error that `body` throws.
func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "(no error)"
    } catch {
        return "\(error)"
    }
}
