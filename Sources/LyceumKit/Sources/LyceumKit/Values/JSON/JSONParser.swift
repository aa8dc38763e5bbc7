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
    /// - Returns: a reader that is valid until the next call.
    func parse(
        _ text: Slice<UnsafeBufferPointer<UInt8>>, in all: UnsafeBufferPointer<UInt8>, name: String,
        firstLine: Int = 1
    ) throws -> JSONNodeReader {
        let (status, reader) = parse(
            UnsafeBufferPointer(rebasing: text), readable: all.endIndex - text.startIndex)
        if let reader { return reader }
        if status == CSIMDJSON_NUMBER_RANGE {
            let widened = JSONParser.wideningIntegers(of: text)
            if let reader = widened.withUnsafeBufferPointer({ parse($0, readable: $0.count).reader }) {
                return reader
            }
        }
        throw JSONFault.find(in: text, status: status).error(name: name, firstLine: firstLine)
    }

    private func parse(
        _ text: UnsafeBufferPointer<UInt8>, readable: Int
    ) -> (status: CSimdjsonStatus, reader: JSONNodeReader?) {
        guard let base = text.baseAddress, !text.isEmpty else { return (CSIMDJSON_MALFORMED, nil) }
        var nodes: UnsafePointer<CSimdjsonNode>?
        var count = 0
        let status = csimdjson_parse(handle, base, text.count, readable, &nodes, &count)
        guard status == CSIMDJSON_OK, let nodes else { return (status, nil) }
        return (status, JSONNodeReader(rest: UnsafeBufferPointer(start: nodes, count: count)[...]))
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
