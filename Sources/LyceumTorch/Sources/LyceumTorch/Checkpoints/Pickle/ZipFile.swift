/// Where the entries of a zip file lie. PyTorch stores them uncompressed; nothing else is read.
///
/// Source: PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.3 (zip64).
struct ZipFile {
    /// Names to the bytes of the file.
    let entries: [String: Range<Int>]

    static func isZip(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.starts(with: [0x50, 0x4B, 0x03, 0x04])
    }

    init(_ bytes: UnsafeRawBufferPointer) throws {
        func number<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ place: Int) throws -> Int {
            guard place >= 0, place <= bytes.count - MemoryLayout<T>.size,
                let value = Int(
                    exactly: T(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: type)))
            else { throw Self.damaged }
            return value
        }
        let end = try Self.endOfDirectory(bytes)
        var count = try number(UInt16.self, end + 10)
        var start = try number(UInt32.self, end + 16)
        if end >= 20, try number(UInt32.self, end - 20) == 0x0706_4B50 {
            let wide = try number(UInt64.self, end - 12)
            guard try number(UInt32.self, wide) == 0x0606_4B50 else { throw Self.damaged }
            count = try number(UInt64.self, wide + 32)
            start = try number(UInt64.self, wide + 48)
        }
        var entries: [String: Range<Int>] = [:]
        var place = start
        // Each entry takes 46 bytes: a number that is too large ends at the end of the file.
        for _ in 0..<count {
            guard try number(UInt32.self, place) == 0x0201_4B50 else { throw Self.damaged }
            let flags = try number(UInt16.self, place + 8)
            let method = try number(UInt16.self, place + 10)
            var packed = try number(UInt32.self, place + 20)
            var size = try number(UInt32.self, place + 24)
            let nameLength = try number(UInt16.self, place + 28)
            let extraLength = try number(UInt16.self, place + 30)
            var header = try number(UInt32.self, place + 42)
            let extra = place + 46 + nameLength
            guard extra + extraLength <= bytes.count else { throw Self.damaged }
            let name = String(decoding: bytes[(place + 46)..<extra], as: UTF8.self)
            // Sizes of more than 32 bits stand in an extra field, as far as they are needed, in this order.
            var field = extra
            while field + 4 <= extra + extraLength {
                let length = try number(UInt16.self, field + 2)
                if try number(UInt16.self, field) == 1 {
                    var wide = field + 4
                    func next(_ value: inout Int) throws {
                        guard value == 0xFFFF_FFFF else { return }
                        guard wide + 8 <= field + 4 + length else { throw Self.damaged }
                        value = try number(UInt64.self, wide)
                        wide += 8
                    }
                    try next(&size)
                    try next(&packed)
                    try next(&header)
                }
                field += 4 + length
            }
            guard method == 0, flags & 1 == 0, packed == size else {
                throw PickleProblem(
                    text:
                        "its entry '\(name.prefix(60))' is compressed or encrypted, which PyTorch does not do",
                    remedy: "save it again with torch.save")
            }
            guard header <= bytes.count - 30, try number(UInt32.self, header) == 0x0403_4B50 else {
                throw Self.damaged
            }
            let data =
                header + 30 + (try number(UInt16.self, header + 26)) + (try number(UInt16.self, header + 28))
            guard data <= bytes.count, size <= bytes.count - data else { throw Self.damaged }
            entries[name] = data..<(data + size)
            place = extra + extraLength + (try number(UInt16.self, place + 32))
        }
        self.entries = entries
    }

    private static let damaged = PickleProblem(
        text: "is cut short or damaged: the directory of its zip archive is not whole",
        remedy: "copy or download it again")

    /// The last record of the file, behind which there may be a comment.
    private static func endOfDirectory(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        guard bytes.count >= 22 else { throw damaged }
        let lowest = max(0, bytes.count - 22 - 0xFFFF)
        for place in stride(from: bytes.count - 22, through: lowest, by: -1)
        where bytes[place] == 0x50 && bytes[place + 1] == 0x4B && bytes[place + 2] == 5
            && bytes[place + 3] == 6
        {
            return place
        }
        throw damaged
    }
}
