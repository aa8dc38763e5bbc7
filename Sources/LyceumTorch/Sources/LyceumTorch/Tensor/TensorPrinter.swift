internal import CTorch

/// Turns a tensor's elements into PyTorch's bracketed text.
struct TensorPrinter {
    static let prefix = "tensor("
    static let lineWidth = 80
    /// Digits after the point.
    private static let precision: Int32 = 4
    /// Above this many elements, only the ends of long dimensions are shown.
    private static let threshold = 1000
    private static let edgeItems = 3

    private enum Elements {
        case reals([Double])
        case integers([Int])
        case bools([Bool])
    }

    /// How real numbers are written, decided from all that are shown.
    private struct RealStyle {
        var scientific = false
        var whole = true
    }

    /// The full sizes, which decide where "..." stands.
    private let shape: [Int]
    /// The sizes of what is shown.
    private let shownShape: [Int]
    private let summarised: Bool
    /// What is shown, row-major, each as text of equal width.
    private let texts: [String]
    private let width: Int

    init(_ tensor: Tensor) throws {
        shape = tensor.shape
        summarised = tensor.count > Self.threshold
        let shown = try summarised ? Self.ends(of: tensor) : tensor
        shownShape = shown.shape
        let elements: Elements =
            switch tensor.dtype {
            case .float16, .bfloat16, .float32, .float64: .reals(try shown.doubles())
            case .bool: .bools(try shown.bools())
            case .uint8, .int8, .int32, .int64: .integers(try shown.integers())
            }
        (texts, width) = Self.format(elements)
    }

    /// The text, whose lines after the first are indented by `indent` and the depth of their brackets.
    func text(indent: Int) -> String {
        shape.isEmpty ? texts.first ?? "" : block(dim: 0, offset: 0, indent: indent)
    }

    /// The first and last slices of every long dimension.
    private static func ends(of tensor: Tensor) throws -> Tensor {
        try noGrad {
            var shown = try tensor.detach()
            for (dim, size) in tensor.shape.enumerated() where size > 2 * edgeItems {
                let head = try shown.narrow(dim: dim, start: 0, length: edgeItems)
                let tail = try shown.narrow(dim: dim, start: size - edgeItems, length: edgeItems)
                shown = try Tensor.cat([head, tail], dim: dim)
            }
            return shown
        }
    }

    /// The brackets of one slice: dimension `dim`, whose elements start at `offset` of what is shown.
    private func block(dim: Int, offset: Int, indent: Int) -> String {
        let isCut = summarised && shape[dim] > 2 * Self.edgeItems
        if dim == shape.count - 1 { return row(offset: offset, indent: indent, isCut: isCut) }
        let step = shownShape[(dim + 1)...].reduce(1, *)
        var slices = (0..<shownShape[dim]).map { index in
            block(dim: dim + 1, offset: offset + index * step, indent: indent + 1)
        }
        if isCut { slices.insert("...", at: Self.edgeItems) }
        let breaks = String(repeating: "\n", count: shape.count - dim - 1)
        return "[" + slices.joined(separator: "," + breaks + String(repeating: " ", count: indent + 1)) + "]"
    }

    /// The brackets of one row, broken into lines.
    private func row(offset: Int, indent: Int, isCut: Bool) -> String {
        var items = Array(texts[offset..<(offset + (shownShape.last ?? 0))])
        if isCut { items.insert(" ...", at: Self.edgeItems) }
        let perLine = max(1, (Self.lineWidth - indent) / (width + 2))
        let lines = stride(from: 0, to: items.count, by: perLine).map { start in
            items[start..<min(start + perLine, items.count)].joined(separator: ", ")
        }
        return "[" + lines.joined(separator: ",\n" + String(repeating: " ", count: indent + 1)) + "]"
    }

    private static func format(_ elements: Elements) -> ([String], Int) {
        switch elements {
        case .bools(let values): padded(values.map { $0 ? "True" : "False" })
        case .integers(let values): padded(values.map(String.init))
        case .reals(let values): format(reals: values)
        }
    }

    /// The width comes from the numbers that are neither zero nor infinite nor NaN, as in PyTorch.
    private static func format(reals values: [Double]) -> ([String], Int) {
        let ordinary = values.filter { $0.isFinite && $0 != 0 }
        var style = RealStyle()
        let magnitudes = ordinary.map(\.magnitude)
        if let smallest = magnitudes.min(), let largest = magnitudes.max() {
            style.whole = ordinary.allSatisfy { $0 == $0.rounded(.up) }
            style.scientific = largest / smallest > 1000 || largest > 1e8 || smallest < 1e-4
        }
        let width = ordinary.map { text($0, style).count }.max() ?? 1
        return (values.map { pad(text($0, style), to: width) }, max(width, 1))
    }

    private static func text(_ value: Double, _ style: RealStyle) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        if style.scientific { return digits(value, "e", precision) }
        return style.whole ? digits(value, "f", 0) + "." : digits(value, "f", precision)
    }

    private static func digits(_ value: Double, _ notation: Unicode.Scalar, _ precision: Int32) -> String {
        // The longest is -1.8e308 in fixed notation: 310 digits, a sign, a point.
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
            guard let address = buffer.baseAddress,
                ctorch_format_real(
                    value, CChar(truncatingIfNeeded: notation.value), precision, address, buffer.count)
            else { return "\(value)" }
            return String(cString: address)
        }
    }

    private static func padded(_ texts: [String]) -> ([String], Int) {
        let width = texts.map(\.count).max() ?? 1
        return (texts.map { pad($0, to: width) }, width)
    }

    private static func pad(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
