import CSimdjson

/// A simdjson parser, reused from document to document because its buffers are. Used from one thread.
final class JSONParser {
    private let handle: OpaquePointer
    /// What becomes of numbers that 64 bits do not hold as they are written.
    private let numbers: JSON.Numbers

    init(numbers: JSON.Numbers = .nearest) throws {
        guard let handle = csimdjson_parser_new() else {
            throw LyceumError.failed("out of memory", remedy: nil)
        }
        self.handle = handle
        self.numbers = numbers
    }

    deinit { csimdjson_parser_free(handle) }

    /// Parses one document. `NaN`, `Infinity` and `-Infinity`, as Python writes them, are numbers.
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
        var status = CSIMDJSON_MALFORMED
        let marked: [UInt8]?
        switch numbers {
        case .nearest: marked = nil
        case .exact: marked = JSONMarkedNumbers.marking(text, .inexact, names: false)
        case .text: marked = JSONMarkedNumbers.marking(text, .all, names: false)
        }
        if let marked {
            if let reader = parse(marked) { return reader }
        } else {
            let (found, reader) = parse(
                UnsafeBufferPointer(rebasing: text), readable: all.endIndex - text.startIndex)
            if let reader { return reader }
            status = found
        }
        // Only what has failed is searched for what simdjson does not know.
        let choice: JSONMarkedNumbers.Choice =
            switch numbers {
            case .nearest: .large
            case .exact: .inexact
            case .text: .all
            }
        if let marked = JSONMarkedNumbers.marking(text, choice, names: true), let reader = parse(marked) {
            return reader
        }
        throw JSONFault.find(in: text, status: status).error(name: name, firstLine: firstLine)
    }

    private func parse(_ marked: [UInt8]) -> JSONNodeReader? {
        marked.withUnsafeBufferPointer { parse($0, readable: $0.count).reader }.map { reader in
            var reader = reader
            reader.isMarked = true
            reader.numbers = numbers
            return reader
        }
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
}
