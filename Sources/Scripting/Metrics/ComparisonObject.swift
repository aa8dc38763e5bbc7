import Evaluation
import Lab
import LuaBridge
import LyceumKit
import Workbench

/// Runs side by side, in Lua's hands.
final class ComparisonObject {
    private let tested: TestedComparison
    private var comparison: RunComparison { tested.comparison }

    init(_ tested: TestedComparison) { self.tested = tested }

    static var type: LuaType {
        LuaType(
            ComparisonObject.self, name: "comparison",
            summary:
                "Runs side by side: how they scored, whether the differences are real, and what they did differently.",
            properties: [
                LuaProperty("runs", "the numbers of the runs, in the order of the columns") {
                    (object: ComparisonObject) in
                    .data(.list(object.comparison.runs.map { .integer($0.id) }))
                },
                LuaProperty(
                    "differing", "the settings in which they differ: by name, a list with a value a run"
                ) {
                    (object: ComparisonObject) in
                    .data(values(object.comparison.differing))
                },
                LuaProperty("common", "the settings that are the same in all of them, by name") {
                    (object: ComparisonObject) in
                    .data(
                        .object(
                            Dictionary(
                                object.comparison.common.map { ($0.name, ($0.values.first ?? nil) ?? .null) },
                                uniquingKeysWith: { first, _ in first })))
                },
                LuaProperty(
                    "scores",
                    "a list of { evaluation, name, data, is_fair, values }, each value { value, low, high } or null"
                ) { (object: ComparisonObject) in
                    .data(.list(object.comparison.scores.map(value)))
                },
                LuaProperty(
                    "tests",
                    "paired tests of scores of the same rows, a list of { evaluation, name, a, b, difference, ci, p_bootstrap, p_randomization, p_mcnemar, p_holm }"
                ) { (object: ComparisonObject) in .data(object.testValues) },
            ],
            toString: {
                "comparison (runs \($0.comparison.runs.map { String($0.id) }.joined(separator: ", ")))"
            },
            preview: { object, width in object.tested.text(width: width) })
    }

    private static func values(_ settings: [RunComparison.Setting]) -> Value {
        .object(
            Dictionary(
                settings.map { ($0.name, .list($0.values.map { $0 ?? .null })) },
                uniquingKeysWith: { first, _ in first }))
    }

    private static func value(_ figure: RunComparison.Figure) -> Value {
        [
            "evaluation": .string(figure.evaluation), "name": .string(figure.name),
            "data": .string(figure.data), "is_fair": .bool(figure.isFair),
            "values": .list(
                figure.values.map { score in
                    guard let score else { return .null }
                    return [
                        "value": .number(score.value), "low": score.low.map(Value.number) ?? .null,
                        "high": score.high.map(Value.number) ?? .null,
                    ]
                }),
        ]
    }

    private var testValues: Value {
        .list(
            zip(comparison.scoreGroups, tested.tests).flatMap { group, tests in
                tests.map { test -> Value in
                    var fields: [String: Value] = [
                        "evaluation": .string(group.evaluation), "name": .string(test.name),
                        "a": .integer(comparison.runs[test.first].id),
                        "b": .integer(comparison.runs[test.second].id),
                        "difference": .number(test.difference.difference),
                        "ci": [
                            .number(test.difference.interval.lowerBound),
                            .number(test.difference.interval.upperBound),
                        ],
                        "p_bootstrap": .number(test.difference.bootstrapP),
                        "p_randomization": .number(test.difference.randomizationP),
                        "p_holm": .number(test.correctedP),
                    ]
                    fields["p_mcnemar"] = test.mcNemarP.map(Value.number)
                    return .object(fields)
                }
            })
    }
}
