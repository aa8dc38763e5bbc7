import LyceumKit

// Lists as arguments: an element that does not fit is named, with the reason; so is a name, which no list has.
extension LuaCall {
    /// The elements of a list.
    ///
    /// - Throws: `LyceumError.invalid` for a table with names, such as options that stand where the list belongs.
    public func elements(_ position: Int) throws -> [LuaValue] {
        try elements(of: try table(position), place(position), position: position)
    }

    /// The elements of a list that is not an argument itself.
    ///
    /// - Parameters:
    ///   - place: names the list in errors.
    ///   - position: of the argument, if it is one.
    func elements(of table: LuaTable, _ place: String, position: Int? = nil) throws -> [LuaValue] {
        guard let stray = try table.strayKey() else { return try table.elements() }
        let declared = position.flatMap { parameter($0) }?.kind.expectation ?? "a list"
        guard let name = stray.string else {
            throw LyceumError.invalid(
                place, expected: declared, got: "a table with the key \(try state.describe(stray))",
                remedy: "count from 1 and leave no gap")
        }
        throw LyceumError.invalid(
            place, expected: declared, got: "a table with the name '\(name)'",
            remedy: try position.flatMap { try optionsLast(table, list: $0) })
    }

    /// How the call is written if the names in a list are options; nil if it takes none behind the list.
    private func optionsLast(_ table: LuaTable, list position: Int) throws -> String? {
        guard
            let last = declaration.parameters.indices.dropFirst(position).first(where: { index in
                declaration.parameters[index].kind.options != nil
            })
        else { return nil }
        func written(_ value: LuaValue) throws -> String? {
            if let text = value.string { return "\"\(text)\"" }
            return value.table == nil && value.object == nil ? try state.describe(value) : nil
        }
        let elements = try table.elements().map { try written($0) }
        let options = try table.entries().compactMap { key, value in
            try key.string.map { "\($0) = \(try written(value) ?? "…")" }
        }
        var arguments = declaration.parameters[..<last].map(\.name)
        if !elements.isEmpty, !elements.contains(nil) {
            arguments[position - 1] = "{ \(elements.compactMap(\.self).joined(separator: ", ")) }"
        }
        arguments.append("{ \(options.sorted().joined(separator: ", ")) }")
        return "options stand in a table of their own: write \(name)(\(arguments.joined(separator: ", ")))"
    }

    /// The texts of a list.
    public func strings(_ position: Int) throws -> [String] {
        try list(of: try elements(position), place(position), "a string", \.string)
    }

    /// The whole numbers of a list.
    public func integers(_ position: Int) throws -> [Int] {
        try list(of: try elements(position), place(position), "a whole number", \.integer)
    }

    /// For each element of a list, its texts: of a list those in it, of a text that one.
    public func stringLists(_ position: Int) throws -> [[String]] {
        try elements(position).enumerated().map { index, element in
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
        try list(of: try elements(of: table, place), place, "a string", \.string)
    }

    /// The elements of a list, converted.
    private func list<Element>(
        of elements: [LuaValue], _ place: String, _ expected: String, _ convert: (LuaValue) -> Element?
    ) throws -> [Element] {
        try elements.enumerated().map { index, element in
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
