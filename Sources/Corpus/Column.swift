import LyceumKit

/// The values of one column, in segments: loading makes one for each piece of the file, and joining datasets
/// lines up theirs, so that no text is copied.
struct Column: Sendable {
    let segments: [Segment]
    /// Whether few rows have a value: the others lack the key.
    let isSparse: Bool
    /// Segment `i` holds rows `starts[i]..<starts[i + 1]`.
    private let starts: [Int]

    init(_ segments: [Segment], isSparse: Bool = false) {
        self.segments = segments
        self.isSparse = isSparse
        var starts = [0]
        var end = 0
        for segment in segments {
            end += segment.count
            starts.append(end)
        }
        self.starts = starts
    }

    /// A column of these values.
    init(_ values: [Value]) {
        var segment = Segment.nulls(0)
        for value in values { segment.append(value) }
        self.init([segment])
    }

    var count: Int { starts[segments.count] }

    subscript(row: Int) -> Value {
        let (segment, place) = place(of: row)
        return segments[segment][place]
    }

    /// Whether a row lacks the key, in a column that few rows have.
    func isMissing(_ row: Int) -> Bool {
        guard isSparse else { return false }
        let (segment, place) = place(of: row)
        switch segments[segment] {
        case .nulls: return true
        case .sparse(let rows, _, _): return Segment.place(of: place, in: rows) == nil
        case .text, .values: return false
        }
    }

    /// Gives `body` the bytes of a text; nil, and `body` not called, for a value that is not text.
    func withText<T>(_ row: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> T) rethrows -> T? {
        let (segment, place) = place(of: row)
        return try Self.withText(segments[segment], place, body)
    }

    private static func withText<T>(
        _ segment: Segment, _ place: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> T
    ) rethrows -> T? {
        switch segment {
        case .sparse(let rows, let values, _):
            guard let place = Segment.place(of: place, in: rows) else { return nil }
            return try withText(values, place, body)
        case .text(let texts): return texts.isNull(place) ? nil : try texts.withText(place, body)
        case .values(let values):
            guard case .string(var text) = values[place] else { return nil }
            return try text.withUTF8 { try body($0) }
        case .nulls: return nil
        }
    }

    /// Whether the value of a row is a text.
    func isText(_ row: Int) -> Bool {
        let (segment, place) = place(of: row)
        switch segments[segment] {
        case .text(let texts): return !texts.isNull(place)
        case .values(let values): return values[place].string != nil
        case .nulls: return false
        case .sparse: return segments[segment][place].string != nil
        }
    }

    /// The segment of a row, and the row's place in it.
    private func place(of row: Int) -> (segment: Int, place: Int) {
        var low = 0
        var high = segments.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= row { low = middle } else { high = middle }
        }
        return (low, row - starts[low])
    }
}
