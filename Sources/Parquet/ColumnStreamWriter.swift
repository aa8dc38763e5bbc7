/// Writes the stream that the helper reads; see Helper/lyceum-parquet.cpp.
struct ColumnStreamWriter {
    /// Bytes that wait to be sent.
    var buffer: [UInt8] = []

    mutating func header(columns: [String]) {
        buffer += ColumnStream.magic
        buffer.append(UInt8(ascii: "H"))
        put(UInt32(clamping: columns.count))
        for name in columns { put(name) }
    }

    mutating func batch(rows: Int, _ nodes: [ColumnNode]) {
        buffer.append(UInt8(ascii: "B"))
        put(UInt64(rows))
        for node in nodes { put(node) }
    }

    mutating func end() { buffer.append(UInt8(ascii: "E")) }

    private mutating func put(_ node: ColumnNode) {
        switch node {
        case .nulls(let count):
            head(.nulls, count, nil)
        case .booleans(let values, let valid):
            head(.booleans, values.count, valid)
            put(values)
        case .integers(let values, let valid):
            head(.integers, values.count, valid)
            put(raw: values)
        case .numbers(let values, let valid):
            head(.numbers, values.count, valid)
            put(raw: values)
        case .texts(let offsets, let bytes, let valid):
            head(.texts, offsets.count - 1, valid)
            put(raw: offsets)
            buffer += bytes
        case .lists(let offsets, let elements, let valid):
            head(.lists, offsets.count - 1, valid)
            put(raw: offsets)
            put(elements)
        case .structs(let count, let fields, let valid):
            head(.structs, count, valid)
            put(UInt32(clamping: fields.count))
            for field in fields {
                put(field.name)
                put(field.values)
            }
        }
    }

    private mutating func head(_ tag: ColumnStream.Tag, _ count: Int, _ valid: [Bool]?) {
        buffer.append(tag.rawValue)
        buffer.append(valid == nil ? 0 : 1)
        put(UInt64(count))
        if let valid { put(valid) }
    }

    private mutating func put(_ values: [Bool]) { for value in values { buffer.append(value ? 1 : 0) } }

    private mutating func put(_ text: String) {
        put(UInt32(clamping: text.utf8.count))
        buffer += text.utf8
    }

    private mutating func put<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { buffer.append(contentsOf: $0) }
    }

    private mutating func put<T: BitwiseCopyable>(raw values: [T]) {
        values.withUnsafeBytes { buffer.append(contentsOf: $0) }
    }
}
