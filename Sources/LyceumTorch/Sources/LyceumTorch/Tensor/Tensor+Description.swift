// Printing as PyTorch prints (torch/_tensor_str.py with its default options): four digits, lines of 80 columns, three
// elements at either end of a dimension once a tensor has more than 1000.
extension Tensor: CustomStringConvertible {
    /// The text that `print` shows in PyTorch: "tensor([1., 2.], requires_grad=True)".
    public var description: String {
        do {
            let contents =
                count == 0 ? "[]" : try TensorPrinter(self).text(indent: TensorPrinter.prefix.count)
            return TensorPrinter.prefix + Self.withSuffixes(contents, suffixes)
        } catch {
            return "tensor(unreadable: \(error))"
        }
    }

    private var suffixes: [String] {
        var suffixes: [String] = []
        if device != .cpu { suffixes.append("device='\(device)'") }
        if count == 0 {
            if rank != 1 { suffixes.append("size=(\(shape.map(String.init).joined(separator: ", ")))") }
            if dtype != .float32 { suffixes.append("dtype=torch.\(dtype)") }
        } else if ![.float32, .int64, .bool].contains(dtype) {
            suffixes.append("dtype=torch.\(dtype)")
        }
        if let function = gradFunction {
            suffixes.append("grad_fn=<\(function)>")
        } else if requiresGrad {
            suffixes.append("requires_grad=True")
        }
        return suffixes
    }

    /// Appends suffixes, on a new line where the current one would grow beyond the line width.
    private static func withSuffixes(_ contents: String, _ suffixes: [String]) -> String {
        var text = contents
        let lastLine = (TensorPrinter.prefix + contents).split(
            separator: "\n", omittingEmptySubsequences: false
        ).last
        // The two more are PyTorch's.
        var width = (lastLine?.count ?? 0) + 2
        for suffix in suffixes {
            if width + suffix.count + 2 > TensorPrinter.lineWidth {
                text += ",\n" + String(repeating: " ", count: TensorPrinter.prefix.count) + suffix
                width = TensorPrinter.prefix.count + suffix.count
            } else {
                text += ", " + suffix
                width += suffix.count + 2
            }
        }
        return text + ")"
    }
}
