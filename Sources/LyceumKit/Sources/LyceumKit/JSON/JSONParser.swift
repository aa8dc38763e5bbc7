import CSimdjson

/// A simdjson parser, reused from document to document because its buffers are. Used from one thread.
final class JSONParser {
    private let handle: OpaquePointer

    init() throws {
        guard let handle = csimdjson_parser_new() else {
            throw LyceumError.failed("out of memory", remedy: nil)
        }
        self.handle = handle
    }

    deinit { csimdjson_parser_free(handle) }

    /// Parses one document.
    ///
    /// - Parameters:
    ///   - text: the document, a part of `all`.
    ///   - all: what may be read; simdjson reads a few bytes beyond the text.
    ///   - name: what to call it in errors.
    ///   - firstLine: the line on which `text` begins, for errors.
    func parse(
        _ text: Slice<UnsafeBufferPointer<UInt8>>, in all: UnsafeBufferPointer<UInt8>, name: String,
        firstLine: Int
    ) throws -> Value {
        let (status, value) = parse(
            UnsafeBufferPointer(rebasing: text), readable: all.endIndex - text.startIndex)
        if let value { return value }
        if status == CSIMDJSON_NUMBER_RANGE {
            let widened = JSONParser.wideningIntegers(of: text)
            if let value = widened.withUnsafeBufferPointer({ parse($0, readable: $0.count).value }) {
                return value
            }
        }
        throw JSONFault.find(in: text, status: status).error(name: name, firstLine: firstLine)
    }

    private func parse(
        _ text: UnsafeBufferPointer<UInt8>, readable: Int
    ) -> (status: CSimdjsonStatus, value: Value?) {
        guard let base = text.baseAddress, !text.isEmpty else { return (CSIMDJSON_MALFORMED, nil) }
        var nodes: UnsafePointer<CSimdjsonNode>?
        var count = 0
        let status = csimdjson_parse(handle, base, text.count, readable, &nodes, &count)
        guard status == CSIMDJSON_OK, let nodes else { return (status, nil) }
        var reader = NodeReader(rest: UnsafeBufferPointer(start: nodes, count: count)[...])
        return (status, reader.next())
    }

    /// The text with ".0" behind every whole number of 19 digits or more: simdjson refuses integers beyond 64
    /// bits, which real files hold (a tokenizer's `model_max_length` of 10^30).
    private static func wideningIntegers(of text: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count + 16)
        var digits = 0
        var isString = false
        var isEscaped = false
        var isFloat = false
        for byte in text {
            let isDigit = byte >= 0x30 && byte <= 0x39
            if !isString, !isDigit {
                let continuesNumber = byte == 0x2E || byte | 0x20 == 0x65
                if digits >= 19, !isFloat, !continuesNumber { result.append(contentsOf: ".0".utf8) }
                isFloat = continuesNumber || (isFloat && (byte == 0x2B || byte == 0x2D))
                digits = 0
            }
            if isString {
                if isEscaped {
                    isEscaped = false
                } else if byte == 0x5C {
                    isEscaped = true
                } else if byte == 0x22 {
                    isString = false
                }
            } else if isDigit {
                digits += 1
            } else if byte == 0x22 {
                isString = true
            }
            result.append(byte)
        }
        if digits >= 19, !isFloat { result.append(contentsOf: ".0".utf8) }
        return result
    }
}

/// Builds values out of the shim's flat nodes.
private struct NodeReader {
    var rest: Slice<UnsafeBufferPointer<CSimdjsonNode>>

    mutating func next() -> Value? {
        guard let node = rest.popFirst() else { return nil }
        switch node.kind {
        case CSIMDJSON_FALSE: return .bool(false)
        case CSIMDJSON_TRUE: return .bool(true)
        case CSIMDJSON_INTEGER: return .integer(Int(node.integer))
        case CSIMDJSON_NUMBER: return .number(node.number)
        case CSIMDJSON_STRING: return .string(Self.text(of: node))
        case CSIMDJSON_LIST:
            var values: [Value] = []
            values.reserveCapacity(Int(node.count))
            for _ in 0..<node.count {
                guard let value = next() else { return nil }
                values.append(value)
            }
            return .list(values)
        case CSIMDJSON_OBJECT:
            var fields: [String: Value] = [:]
            fields.reserveCapacity(Int(node.count))
            for _ in 0..<node.count {
                guard let key = rest.popFirst(), let value = next() else { return nil }
                fields[Self.text(of: key)] = value
            }
            return .object(fields)
        default: return .null
        }
    }

    private static func text(of node: CSimdjsonNode) -> String {
        guard let text = node.text else { return "" }
        return String(
            decoding: UnsafeRawBufferPointer(start: text, count: Int(node.count)), as: UTF8.self)
    }
}
