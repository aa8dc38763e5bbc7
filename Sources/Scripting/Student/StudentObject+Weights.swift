import Corpus
import LuaBridge
import LyceumKit

// A look at what a student has learned: its weights.
extension StudentObject {
    /// The methods that show weights.
    static var weightMethods: [LuaFunction] { [weights, weight] }

    private static let unready = [
        "a student that has no weights yet", "a student that is not a network (gradient-boosted trees)",
    ]

    private static var weights: LuaFunction {
        LuaFunction(
            name: "weights", summary: "Lists the network's weights.",
            returns: "a dataset of name, shape, dtype, count (of elements), norm", errors: unready,
            setUp: Scripting.exampleStudent,
            example: "for _, w in ipairs(t5:weights():sort(\"norm\")) do print(w.name, w.shape, w.norm) end",
            body: { call in
                let rows = try weighted(call).weights().map { name, tensor -> [String: Value] in
                    [
                        "name": .string(name),
                        "shape": .string("[" + tensor.shape.map(String.init).joined(separator: ", ") + "]"),
                        "dtype": .string(tensor.elementType),
                        "count": .integer(tensor.shape.reduce(1, *)),
                        "norm": .number(try tensor.euclideanNorm()),
                    ]
                }
                let columns = ["name", "shape", "dtype", "count", "norm"]
                return [.object(DatasetObject(Dataset(records: rows, columns: columns)))]
            })
    }

    private static var weight: LuaFunction {
        LuaFunction(
            name: "weight", summary: "Returns one weight of the network.",
            parameters: [
                LuaParameter(
                    "name", .string, "as student:weights lists it",
                    names: .suggestions { site in
                        let student = (site.receiver as? StudentObject)?.student as? any WeightedStudent
                        return ((try? student?.weights()) ?? []).map { LuaSuggestion($0.name) }
                    })
            ],
            returns: "a tensor, which prints as PyTorch prints it",
            errors: ["a name that no weight has (the nearest are named)"] + unready,
            setUp: Scripting.exampleStudent,
            example: "print(t5:weight(\"shared.weight\").shape[2])",
            body: { call in
                let weights = try weighted(call).weights()
                let name = try call.string(1)
                guard let found = weights.first(where: { $0.name == name }) else {
                    throw LyceumError.unknownName(
                        kind: "weight", name: name, known: weights.map(\.name), remedy: nil)
                }
                return [.object(TensorObject(found.tensor))]
            })
    }

    private static func weighted(_ call: LuaCall) throws -> any WeightedStudent {
        let student = try call.receiver(StudentObject.self).student
        guard let student = student as? any WeightedStudent else {
            throw LyceumError.unsupported(
                "the weights of a \(student.architecture) student: it is not a network", remedy: nil)
        }
        return student
    }
}
