/// A protobuf message, taken apart: its fields in the order in which they stand.
///
/// Source: protobuf.dev, "Encoding". Only what is asked for is understood; unknown fields are passed over.
struct ProtobufMessage {
    /// What a field holds.
    enum Content: Equatable {
        case varint(UInt64)
        case fixed32(UInt32)
        case fixed64
        /// A text, bytes or a message.
        case bytes(ArraySlice<UInt8>)
    }

    /// The fields, with their numbers.
    private(set) var fields: [(number: UInt64, content: Content)] = []

    /// Takes a message apart; nil if it is none.
    init?(_ message: ArraySlice<UInt8>) {
        var rest = message
        while !rest.isEmpty {
            guard let tag = Self.varint(&rest) else { return nil }
            switch tag & 7 {
            case 0:
                guard let value = Self.varint(&rest) else { return nil }
                fields.append((tag >> 3, .varint(value)))
            case 1:
                guard Self.take(8, from: &rest) != nil else { return nil }
                fields.append((tag >> 3, .fixed64))
            case 2:
                guard let count = Self.varint(&rest), count <= UInt64(rest.count),
                    let bytes = Self.take(Int(count), from: &rest)
                else { return nil }
                fields.append((tag >> 3, .bytes(bytes)))
            case 5:
                guard let bytes = Self.take(4, from: &rest) else { return nil }
                fields.append((tag >> 3, .fixed32(bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) })))
            default: return nil
            }
        }
    }

    /// The last of the fields with a number, which is the one that counts.
    func last(_ number: UInt64) -> Content? { fields.last { $0.number == number }?.content }

    /// A truth value; nil if there is none of that number.
    func bool(_ number: UInt64) -> Bool? {
        if case .varint(let value) = last(number) { return value != 0 }
        return nil
    }

    /// A whole number of 32 bits; nil if there is none of that number.
    func integer(_ number: UInt64) -> Int? {
        if case .varint(let value) = last(number) { return Int(Int32(truncatingIfNeeded: value)) }
        return nil
    }

    /// A text; nil if there is none of that number.
    func text(_ number: UInt64) -> String? { bytes(number).map { String(decoding: $0, as: UTF8.self) } }

    /// Bytes; nil if there are none of that number.
    func bytes(_ number: UInt64) -> ArraySlice<UInt8>? {
        if case .bytes(let bytes) = last(number) { return bytes }
        return nil
    }

    /// A floating-point number; nil if there is none of that number.
    func float(_ number: UInt64) -> Float? {
        if case .fixed32(let bits) = last(number) { return Float(bitPattern: bits) }
        return nil
    }

    /// The message of a number, all its parts merged as protobuf does; empty if there is none. nil if one is no
    /// message.
    func message(_ number: UInt64) -> ProtobufMessage? {
        var bytes: [UInt8] = []
        for field in fields where field.number == number {
            guard case .bytes(let part) = field.content else { return nil }
            bytes += part
        }
        return ProtobufMessage(bytes[...])
    }

    private static func take(_ count: Int, from rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
