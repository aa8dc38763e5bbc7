import LyceumKit

extension Safetensors {
    /// Writes tensors to a file, which appears whole or not at all.
    ///
    /// The order is that of Hugging Face's writer, by dtype and then by name, so equal tensors give equal files.
    /// - Throws: `LyceumError` when two names stand for the same memory (tied weights are written once) or the file
    ///   cannot be written.
    public static func write(
        _ tensors: [String: Tensor], to path: String, metadata: [String: String] = ["format": "pt"]
    ) throws {
        try write(tensors.map { ($0.key, $0.value) }, to: path, metadata: metadata)
    }

    /// Writes named tensors to a file, which appears whole or not at all.
    public static func write(
        _ tensors: [(String, Tensor)], to path: String, metadata: [String: String] = ["format": "pt"]
    ) throws {
        let ordered = tensors.sorted {
            ($0.1.dtype.safetensorsRank, $0.0) < ($1.1.dtype.safetensorsRank, $1.0)
        }
        try refuseDuplicates(ordered)
        let header = header(ordered, metadata)
        guard header.count <= SafetensorsHeader.longest else {
            throw LyceumError.file(
                path: path, line: nil, problem: "the header of \(ordered.count) tensors is too long",
                remedy: nil)
        }
        try Files.writeAtomically(path) { write in
            var length = UInt64(header.count).littleEndian
            try Swift.withUnsafeBytes(of: &length) { try write($0) }
            try header.withUnsafeBytes { try write($0) }
            for (_, tensor) in ordered { try tensor.withUnsafeBytes { try write($0) } }
        }
    }

    private static func refuseDuplicates(_ tensors: [(String, Tensor)]) throws {
        var names: Set<String> = []
        var places: [UnsafeRawPointer: String] = [:]
        for (name, tensor) in tensors {
            guard names.insert(name).inserted, name != "__metadata__" else {
                throw LyceumError.invalid(
                    "tensor name '\(name)'", expected: "names that are all different",
                    got: "one twice or reserved",
                    remedy: nil)
            }
            guard tensor.count > 0, tensor.isContiguous, tensor.device == .cpu else { continue }
            let place = try tensor.withUnsafeBytes { $0.baseAddress }
            guard let place, let other = places.updateValue(name, forKey: place) else { continue }
            throw LyceumError.invalid(
                "tensors '\(other)' and '\(name)'", expected: "memory of their own", got: "the same memory",
                remedy: "write tied weights once")
        }
    }

    /// The JSON, padded with spaces to a multiple of eight bytes.
    private static func header(_ tensors: [(String, Tensor)], _ metadata: [String: String]) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
            members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var offset = 0
        for (name, tensor) in tensors {
            let end = offset + tensor.count * tensor.dtype.byteCount
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(quoted(name)):{\"dtype\":\"\(tensor.dtype.safetensorsName)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var header = Array("{\(members.joined(separator: ","))}".utf8)
        header.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - header.count % 8) % 8))
        return header
    }

    /// A JSON string.
    private static func quoted(_ text: String) -> String { JSON.encode(.string(text)) }
}

extension DType {
    /// The place in Hugging Face's order of dtypes, which is by falling alignment.
    fileprivate var safetensorsRank: Int {
        switch self {
        case .int64: 0
        case .float64: 1
        case .float32: 2
        case .int32: 3
        case .bfloat16: 4
        case .float16: 5
        case .int8: 6
        case .uint8: 7
        case .bool: 8
        }
    }
}
