import LyceumKit

/// Reads the JSON of a safetensors header: one object of fixed form, in which a duplicate key is an error.
enum HeaderReader {
    private typealias Problem = SafetensorsHeader.Problem
    private typealias Fields = [(name: String, value: JSON.Tree)]

    /// Reads the whole header.
    static func read(
        _ bytes: UnsafeRawBufferPointer
    ) throws -> (entries: [SafetensorsHeader.Entry], metadata: [String: String]) {
        // The format has no byte order mark.
        guard bytes.first == UInt8(ascii: "{") else {
            throw Problem(text: "its header does not begin with '{'")
        }
        let tree: JSON.Tree
        do {
            tree = try JSON.decodeTree(Array(bytes), name: "the header")
        } catch LyceumError.file(_, _, let problem, _) {
            throw Problem(text: "its header is not valid JSON: \(problem)")
        }
        var entries: [SafetensorsHeader.Entry] = []
        var metadata: [String: String] = [:]
        for (name, value) in try fields(tree, of: "the header") {
            if name == "__metadata__" {
                for (key, remark) in try fields(value, of: "__metadata__") {
                    guard case .scalar(.string(let text)) = remark else {
                        throw Problem(text: "'\(key)' of its __metadata__ is not a string")
                    }
                    metadata[key] = text
                }
            } else {
                entries.append(try entry(name, try fields(value, of: "tensor '\(name)'")))
            }
        }
        return (entries, metadata)
    }

    private static func entry(_ name: String, _ fields: Fields) throws -> SafetensorsHeader.Entry {
        var dtypeName: String?
        var shape: [Int]?
        var offsets: [Int]?
        for (key, value) in fields {
            switch (key, value) {
            case ("dtype", .scalar(.string(let text))): dtypeName = text
            case ("dtype", _): throw Problem(text: "tensor '\(name)' has a dtype that is not a string")
            case ("shape", _): shape = try integers(value, "shape", of: name)
            case ("data_offsets", _): offsets = try integers(value, "data_offsets", of: name)
            default: throw Problem(text: "tensor '\(name)' has the unknown key '\(key)' in its header")
            }
        }
        guard let dtypeName, let shape, let offsets else {
            throw Problem(text: "tensor '\(name)' lacks dtype, shape or data_offsets in its header")
        }
        guard let dtype = DType(safetensorsName: dtypeName) else {
            let known = DType.allCases.map(\.safetensorsName).sorted().joined(separator: ", ")
            throw Problem(
                text: "tensor '\(name)' has the dtype \(dtypeName)", remedy: "convert it to one of \(known)")
        }
        guard offsets.count == 2, offsets[0] <= offsets[1] else {
            throw Problem(text: "tensor '\(name)' has the data_offsets \(offsets), not [begin, end]")
        }
        return .init(name: name, dtype: dtype, shape: shape, range: offsets[0]..<offsets[1])
    }

    private static func fields(_ tree: JSON.Tree, of what: String) throws -> Fields {
        guard case .object(let fields) = tree else {
            throw Problem(text: "its header is not valid: \(what) is not an object")
        }
        if let name = JSON.Tree.repeatedName(fields) {
            throw Problem(text: "the key '\(name)' occurs twice in the header")
        }
        return fields
    }

    private static func integers(_ tree: JSON.Tree, _ key: String, of name: String) throws -> [Int] {
        guard case .list(let elements) = tree else {
            throw Problem(text: "tensor '\(name)' has a \(key) that is not a list")
        }
        return try elements.map { element in
            guard case .scalar(.integer(let number)) = element, number >= 0 else {
                throw Problem(
                    text:
                        "tensor '\(name)' has a \(key) in which something is not a whole number from 0 to \(Int.max)"
                )
            }
            return number
        }
    }
}
