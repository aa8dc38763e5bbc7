import LuaBridge
import LyceumKit

/// A tensor in Lua's hands, to look at.
final class TensorObject {
    let tensor: any NumberTensor

    init(_ tensor: any NumberTensor) { self.tensor = tensor }

    static var type: LuaType {
        LuaType(
            TensorObject.self, name: "tensor", summary: "An array of numbers, printed as PyTorch prints it.",
            methods: [list],
            properties: [
                LuaProperty("shape", "the size of each dimension, a list") { (object: TensorObject) in
                    .data(.list(object.tensor.shape.map(Value.integer)))
                },
                LuaProperty("dtype", "the type of its elements: \"float32\"") { (object: TensorObject) in
                    .string(object.tensor.elementType)
                },
                LuaProperty("device", "where they are: \"cpu\", \"cuda:0\"") { (object: TensorObject) in
                    .string(object.tensor.place)
                },
                LuaProperty("norm", "the square root of the sum of their squares") {
                    (object: TensorObject) in .number(try object.tensor.euclideanNorm())
                },
            ],
            toString: { $0.tensor.description },
            preview: { object, _ in object.tensor.description })
    }

    private static var list: LuaFunction {
        LuaFunction(
            name: "list", summary: "Returns the elements as Lua numbers.",
            returns: "a list of numbers, or of lists of them: one level a dimension",
            setUp: Scripting.exampleStudent,
            example: "local rows = t5:weight(\"shared.weight\"):list()\nassert(#rows[1] == 16)",
            body: { call in
                let tensor = try call.receiver(TensorObject.self).tensor
                return [.data(nested(try tensor.doubles()[...], tensor.shape[...]))]
            })
    }

    /// Elements in row-major order, as lists within lists.
    private static func nested(_ elements: ArraySlice<Double>, _ shape: ArraySlice<Int>) -> Value {
        guard let size = shape.first else { return elements.first.map(Value.number) ?? .null }
        guard shape.count > 1 else { return .list(elements.map(Value.number)) }
        let step = size > 0 ? elements.count / size : 0
        return .list(
            (0..<size).map { row in
                let start = elements.startIndex + row * step
                return nested(elements[start..<start + step], shape.dropFirst())
            })
    }
}
