/// Cuts a stream of bytes into server-sent events.
///
/// Source: the WHATWG's HTML standard, "Server-sent events", 9.2.6: a byte order mark is passed over, lines end with
/// LF, CR or CR LF, the `data:` lines of an event are joined with line breaks, an empty line ends it.
struct ServerSentEvents {
    /// One event.
    struct Event: Equatable {
        /// What `event:` said; empty if it said nothing.
        var name = ""
        /// Its `data:` lines.
        var lines: [[UInt8]] = []

        /// The lines as one text.
        var data: [UInt8] { Array(lines.joined(separator: [UInt8(ascii: "\n")])) }
    }

    /// The most bytes of one event.
    let largest: Int
    /// Whether an event was longer; nothing behind it is read.
    private(set) var isTooLarge = false
    /// Whether a line was none of an event and yet held data.
    private(set) var isBroken = false
    private var rest: [UInt8] = []
    private var event = Event()
    private var size = 0
    private var isAtStart = true
    private var endedWithCR = false

    /// Whether the data of an event is a whole already, so that another `data:` line begins the next event: servers
    /// that forget the empty line between events send several as one.
    private let isWhole: @Sendable ([UInt8]) -> Bool

    init(largest: Int, isWhole: @escaping @Sendable ([UInt8]) -> Bool = { _ in false }) {
        self.largest = largest
        self.isWhole = isWhole
    }

    /// Takes bytes.
    ///
    /// - Returns: the events that they complete.
    mutating func take(_ bytes: some Sequence<UInt8>) -> [Event] {
        if isTooLarge { return [] }
        rest += bytes
        if isAtStart {
            let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
            if rest.count < mark.count, mark.starts(with: rest) { return [] }
            if rest.starts(with: mark) { rest.removeFirst(mark.count) }
            isAtStart = false
        }
        var events: [Event] = []
        var start = 0
        if endedWithCR, let first = rest.first {
            if first == UInt8(ascii: "\n") { start = 1 }
            endedWithCR = false
        }
        while let end = rest[start...].firstIndex(where: {
            $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r")
        }) {
            if let event = take(line: rest[start..<end]) { events.append(event) }
            start = end + 1
            guard rest[end] == UInt8(ascii: "\r") else { continue }
            if start == rest.count { endedWithCR = true }
            if start < rest.count, rest[start] == UInt8(ascii: "\n") { start += 1 }
        }
        rest.removeFirst(start)
        if size + rest.count > largest { isTooLarge = true }
        return events
    }

    /// Ends the stream.
    ///
    /// The standard drops an event that no empty line ends; here it is taken, as the words in it were paid for.
    mutating func finish() -> [Event] {
        var events: [Event] = []
        if !rest.isEmpty, let event = take(line: rest[...]) { events.append(event) }
        rest = []
        if !event.lines.isEmpty { events.append(event) }
        event = Event()
        return events
    }

    private mutating func take(line: ArraySlice<UInt8>) -> Event? {
        if line.isEmpty {
            defer { (event, size) = (Event(), 0) }
            return event.lines.isEmpty ? nil : event
        }
        size += line.count
        if size > largest {
            isTooLarge = true
            return nil
        }
        let colon = line.firstIndex(of: UInt8(ascii: ":"))
        let name = String(decoding: line[..<(colon ?? line.endIndex)], as: UTF8.self)
        var value = colon.map { line[line.index(after: $0)...] } ?? []
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        switch name {
        case "data":
            if !event.lines.isEmpty, isWhole(event.data) {
                let whole = event
                event = Event(name: event.name, lines: [Array(value)])
                size = line.count
                return whole
            }
            event.lines.append(Array(value))
        case "event": event.name = String(decoding: value, as: UTF8.self)
        case "", "id", "retry": break
        default:
            // Fields that nobody knows are passed over, but a damaged `data:` held words.
            if line.contains(UInt8(ascii: "{")) { isBroken = true }
        }
        return nil
    }
}
