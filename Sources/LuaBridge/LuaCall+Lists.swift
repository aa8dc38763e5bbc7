import LyceumKit

// Lists as arguments: an element that does not fit is named, with the reason.
extension LuaCall {
    /// The texts of a list.
    public func strings(_ position: Int) throws -> [String] {
        try strings(of: try table(position), place(position))
    }

    /// The whole numbers of a list.
    public func integers(_ position: Int) throws -> [Int] {
        try list(of: try table(position), place(position), "a whole number", \.integer)
    }

    /// For each element of a list, its texts: of a list those in it, of a text that one.
    public func stringLists(_ position: Int) throws -> [[String]] {
        try table(position).elements().enumerated().map { index, element in
            let place = "\(place(position)), element \(index + 1)"
            if let table = element.table { return try strings(of: table, place) }
            guard let text = element.string else {
                throw misfit(element, place, "a string or a list of strings")
            }
            return [text]
        }
    }

    /// The texts of a list that is not an argument itself.
    ///
    /// - Parameter place: names the list in errors.
    public func strings(of table: LuaTable, _ place: String) throws -> [String] {
        try list(of: table, place, "a string", \.string)
    }

    /// The elements of a list, converted.
    private func list<Element>(
        of table: LuaTable, _ place: String, _ expected: String, _ convert: (LuaValue) -> Element?
    ) throws -> [Element] {
        try table.elements().enumerated().map { index, element in
            if let converted = convert(element) { return converted }
            throw misfit(element, "\(place), element \(index + 1)", expected)
        }
    }

    private func misfit(_ value: LuaValue, _ place: String, _ expected: String) -> LyceumError {
        guard case .bytes(let bytes) = value else {
            return .invalid(place, expected: expected, got: state.typeName(value), remedy: nil)
        }
        var decoder = UTF8()
        var rest = bytes.makeIterator()
        var wrong = 0
        while case .scalarValue(let scalar) = decoder.decode(&rest) { wrong += UTF8.width(scalar) }
        let byte = bytes.indices.contains(wrong) ? bytes[wrong] : 0
        return .invalid(
            place, expected: expected,
            got: "bytes that are not UTF-8 (byte 0x\(String(byte, radix: 16)) at position \(wrong + 1))",
            remedy: "convert the text to UTF-8")
    }
}
