/// What a safetensors file says about its tensors, checked: sizes agree with shapes, and the tensors fill the data
/// without holes or overlap.
///
/// Layout: eight bytes little-endian header length, a JSON object, the data
/// (https://github.com/huggingface/safetensors, README.md).
struct SafetensorsHeader {
    struct Entry {
        let name: String
        let dtype: DType
        let shape: [Int]
        /// Where the elements are, counted from the start of the data.
        let range: Range<Int>
    }

    /// A reason for refusing a file.
    struct Problem: Error {
        let text: String
        var remedy: String? = nil
    }

    /// The longest header that the format allows.
    static let longest = 100_000_000
    private static let lengthBytes = 8
    /// libtorch's operators take no tensors of more.
    private static let mostDimensions = 64
    /// How the text begins that `git clone` leaves in place of a large file.
    private static let pointer = Array("version https://git-lfs".utf8)

    /// The tensors in the order of their data.
    let entries: [Entry]
    let metadata: [String: String]
    /// Where the data begins in the file.
    let dataStart: Int

    init(file: UnsafeRawBufferPointer) throws {
        guard file.count >= Self.lengthBytes else {
            throw Problem(text: "is not a safetensors file: it has only \(file.count) bytes")
        }
        if file.prefix(Self.pointer.count).elementsEqual(Self.pointer) {
            throw Problem(text: "is a Git LFS pointer, not the file itself", remedy: "run git lfs pull")
        }
        let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(Self.longest) else {
            throw Problem(text: "is not a safetensors file: its header would be \(length) bytes long")
        }
        dataStart = Self.lengthBytes + Int(length)
        guard file.count >= dataStart else {
            throw Self.cutShort(missing: dataStart - file.count, of: dataStart)
        }
        let (unsorted, metadata) = try HeaderReader.read(
            UnsafeRawBufferPointer(rebasing: file[Self.lengthBytes..<dataStart]))
        self.metadata = metadata
        entries = unsorted.sorted {
            ($0.range.lowerBound, $0.range.upperBound, $0.name) < (
                $1.range.lowerBound, $1.range.upperBound, $1.name
            )
        }
        try Self.check(entries, dataBytes: file.count - dataStart, dataStart: dataStart)
    }

    private static func check(_ entries: [Entry], dataBytes: Int, dataStart: Int) throws {
        var end = 0
        for entry in entries {
            guard let count = entry.shape.elementCount, entry.shape.count <= mostDimensions else {
                throw Problem(
                    text:
                        "tensor '\(entry.name)' has the impossible shape \(entry.shape.prefix(mostDimensions))"
                )
            }
            let (bytes, overflow) = count.multipliedReportingOverflow(by: entry.dtype.byteCount)
            guard !overflow, bytes == entry.range.count else {
                throw Problem(
                    text: "tensor '\(entry.name)', \(entry.dtype)\(entry.shape), does not fit the "
                        + "\(entry.range.count) bytes its data_offsets give it")
            }
            guard entry.range.lowerBound == end else {
                let what =
                    entry.range.lowerBound < end ? "overlaps the tensor before it" : "leaves a hole before it"
                throw Problem(
                    text: "tensor '\(entry.name)' \(what): it begins at \(entry.range.lowerBound), not \(end)"
                )
            }
            end = entry.range.upperBound
        }
        if dataBytes < end { throw cutShort(missing: end - dataBytes, of: dataStart + end) }
        if dataBytes > end { throw Problem(text: "has \(dataBytes - end) bytes after its last tensor") }
    }

    private static func cutShort(missing: Int, of whole: Int) -> Problem {
        Problem(
            text: "is cut short: \(missing) of its \(whole) bytes are missing",
            remedy: "copy or download it again")
    }
}

extension DType {
    /// The name in a safetensors header.
    var safetensorsName: String {
        switch self {
        case .uint8: "U8"
        case .int8: "I8"
        case .int32: "I32"
        case .int64: "I64"
        case .float16: "F16"
        case .float32: "F32"
        case .float64: "F64"
        case .bool: "BOOL"
        case .bfloat16: "BF16"
        }
    }

    init?(safetensorsName: String) {
        guard let match = Self.allCases.first(where: { $0.safetensorsName == safetensorsName }) else {
            return nil
        }
        self = match
    }
}
