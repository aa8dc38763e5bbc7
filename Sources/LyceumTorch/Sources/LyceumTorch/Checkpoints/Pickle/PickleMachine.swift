import LyceumKit

/// Reads the pickles of PyTorch's checkpoints without running anything: the opcodes that they use, and the few names
/// of `PickleGlobal`. Whatever else a pickle asks for is an error that names it.
///
/// Source: CPython, Lib/pickletools.py; PyTorch, torch/_weights_only_unpickler.py.
struct PickleMachine {
    typealias Reference = PickleValue.Reference

    private let bytes: UnsafeRawBufferPointer
    /// Where the next opcode is.
    private(set) var position: Int
    private(set) var values: [PickleValue] = []
    private var stack: [Reference] = []
    /// Heights of the stack at which marks are.
    private var marks: [Int] = []
    private var memo: [Int: Reference] = [:]
    private(set) var storages: [String: PickleStorage] = [:]

    /// - Parameter position: where the first pickle begins.
    init(_ bytes: UnsafeRawBufferPointer, position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// Runs one pickle up to its end and gives its value; the next one may follow.
    mutating func run() throws -> PickleValue {
        (stack, marks, memo) = ([], [], [:])
        while true {
            let code = try byte()
            if code == UInt8(ascii: ".") {
                guard let result = stack.popLast() else { throw Self.damaged }
                return values[result]
            }
            try perform(code)
            guard values.count < Self.mostValues else {
                throw PickleProblem(text: "its pickle holds more values than weights could have")
            }
        }
    }

    /// A model of a thousand layers has some hundred thousand.
    private static let mostValues = 1 << 22

    private static let damaged = PickleProblem(
        text: "its pickle is damaged", remedy: "copy or download it again")

    private mutating func perform(_ code: UInt8) throws {
        switch code {
        case 0x80:  // PROTO
            let version = try byte()
            guard (2...5).contains(version) else {
                throw PickleProblem(text: "its pickle is of the protocol \(version), not of 2 to 5")
            }
        case 0x95: _ = try take(8)  // FRAME
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: "N"): push(.none)
        case 0x88: push(.bool(true))
        case 0x89: push(.bool(false))
        case UInt8(ascii: "K"): push(.integer(Int(try byte())))
        case UInt8(ascii: "M"): push(.integer(Int(try number(UInt16.self))))
        case UInt8(ascii: "J"): push(.integer(Int(try number(Int32.self))))
        case 0x8A: try pushLong(Int(try byte()))
        case UInt8(ascii: "G"): push(.number(Double(bitPattern: UInt64(bigEndian: try number(UInt64.self)))))
        case UInt8(ascii: "X"): push(.text(try text(Int(try number(UInt32.self)))))
        case 0x8C, UInt8(ascii: "U"): push(.text(try text(Int(try byte()))))
        case UInt8(ascii: "T"): push(.text(try text(Int(try number(Int32.self)))))
        case 0x8D: push(.text(try text(Int(clamping: try number(UInt64.self)))))
        case UInt8(ascii: "}"): push(.dictionary([]))
        case UInt8(ascii: "]"): push(.list([]))
        case UInt8(ascii: ")"): push(.tuple([]))
        case UInt8(ascii: "t"): push(.tuple(try popToMark()))
        case 0x85, 0x86, 0x87: push(.tuple(try pop(Int(code) - 0x84)))
        case UInt8(ascii: "a"): try appendToList(try pop(1))
        case UInt8(ascii: "e"): try appendToList(try popToMark())
        case UInt8(ascii: "s"): try setItems(try pop(2))
        case UInt8(ascii: "u"): try setItems(try popToMark())
        case UInt8(ascii: "q"): memo[Int(try byte())] = try top()
        case UInt8(ascii: "r"): memo[Int(try number(UInt32.self))] = try top()
        case 0x94: memo[memo.count] = try top()
        case UInt8(ascii: "h"): try recall(Int(try byte()))
        case UInt8(ascii: "j"): try recall(Int(try number(UInt32.self)))
        case UInt8(ascii: "c"): push(.global(try global(try line(), try line())))
        case 0x93:
            let names = try pop(2)
            guard case .text(let module) = values[names[0]], case .text(let name) = values[names[1]] else {
                throw Self.damaged
            }
            push(.global(try global(module, name)))
        case UInt8(ascii: "Q"): push(.storage(try storage(try pop(1)[0])))
        case UInt8(ascii: "R"):
            let call = try pop(2)
            try reduce(call[0], call[1])
        case UInt8(ascii: "b"):
            // Attributes of an OrderedDict, such as the versions of its modules: nothing that a weight depends on.
            _ = try pop(1)
            guard case .dictionary = values[try top()] else {
                throw PickleProblem(
                    text: "it sets attributes of \(values[try top()].kind), which weights do not need")
            }
        default:
            throw PickleProblem(
                text:
                    "it asks for the pickle operation 0x\(String(code, radix: 16)), which weights do not need",
                remedy: "take the checkpoint from a source that you trust, as safetensors")
        }
    }

    private func global(_ module: String, _ name: String) throws -> PickleGlobal {
        if let known = PickleGlobal(module: module, name: name) { return known }
        let shown = "\(module).\(name)".prefix(80).filter { $0.isASCII && !$0.isNewline }
        throw PickleProblem(
            text: "it asks for \(shown), which is not one of the few names that weights need",
            remedy:
                "it may run a program when other software reads it: take the checkpoint from a source that you trust, as safetensors"
        )
    }

    // MARK: Objects

    private mutating func reduce(_ function: Reference, _ arguments: Reference) throws {
        guard case .global(let global) = values[function], case .tuple(let list) = values[arguments] else {
            throw Self.damaged
        }
        switch global {
        case .orderedDictionary:
            guard let first = list.first else { return push(.dictionary([])) }
            let entries = try elements(first).map { entry in
                let pair = try elements(entry)
                guard pair.count == 2 else { throw Self.damaged }
                return (key: pair[0], value: pair[1])
            }
            push(.dictionary(entries))
        case .rebuildTensor, .rebuildTensorV2:
            guard list.count >= 4, case .storage(let storage) = values[list[0]],
                case .integer(let offset) = values[list[1]]
            else { throw Self.damaged }
            push(
                .tensor(
                    PickleTensor(
                        storage: storage, offset: offset, shape: try integers(list[2]),
                        strides: try integers(list[3]))))
        case .rebuildParameter:
            guard let data = list.first, case .tensor = values[data] else { throw Self.damaged }
            stack.append(data)
        case .size:
            guard let sizes = list.first else { throw Self.damaged }
            push(.tuple(try elements(sizes)))
        case .storage: throw PickleProblem(text: "it makes a storage in a way that weights do not need")
        }
    }

    /// ("storage", type, key, location, count[, view]).
    private mutating func storage(_ identifier: Reference) throws -> PickleStorage {
        guard case .tuple(let parts) = values[identifier], parts.count >= 5,
            case .text("storage") = values[parts[0]], case .global(.storage(let dtype)) = values[parts[1]],
            case .integer(let count) = values[parts[4]], count >= 0
        else { throw Self.damaged }
        let key: String
        switch values[parts[2]] {
        case .text(let text): key = text
        case .integer(let number): key = String(number)
        default: throw Self.damaged
        }
        let whole = PickleStorage(key: key, dtype: dtype, count: count)
        guard storages[key].map({ $0 == whole }) ?? true else {
            throw PickleProblem(text: "it describes the storage '\(key.prefix(40))' in two ways")
        }
        storages[key] = whole
        guard parts.count > 5, case .tuple(let view) = values[parts[5]] else { return whole }
        guard view.count == 3, case .integer(let start) = values[view[1]],
            case .integer(let size) = values[view[2]],
            start >= 0, size >= 0, start <= count, size <= count - start
        else { throw Self.damaged }
        return PickleStorage(key: key, dtype: dtype, count: count, start: start)
    }

    /// The elements of a tuple or a list.
    private func elements(_ reference: Reference) throws -> [Reference] {
        switch values[reference] {
        case .tuple(let elements), .list(let elements): return elements
        default: throw Self.damaged
        }
    }

    private func integers(_ reference: Reference) throws -> [Int] {
        try elements(reference).map { element in
            guard case .integer(let number) = values[element] else { throw Self.damaged }
            return number
        }
    }

    private mutating func appendToList(_ elements: [Reference]) throws {
        let target = try top()
        guard case .list(var list) = values[target] else { throw Self.damaged }
        // What is held twice while it grows would be copied each time.
        values[target] = .none
        list += elements
        values[target] = .list(list)
    }

    private mutating func setItems(_ items: [Reference]) throws {
        let target = try top()
        guard items.count % 2 == 0, case .dictionary(var entries) = values[target] else { throw Self.damaged }
        values[target] = .none
        for place in stride(from: 0, to: items.count, by: 2) {
            entries.append((items[place], items[place + 1]))
        }
        values[target] = .dictionary(entries)
    }

    // MARK: Stack

    private mutating func push(_ value: PickleValue) {
        stack.append(values.count)
        values.append(value)
    }

    private func top() throws -> Reference {
        guard let top = stack.last, stack.count > marks.last ?? 0 else { throw Self.damaged }
        return top
    }

    private mutating func pop(_ count: Int) throws -> [Reference] {
        guard stack.count - (marks.last ?? 0) >= count else { throw Self.damaged }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    private mutating func popToMark() throws -> [Reference] {
        guard let mark = marks.popLast() else { throw Self.damaged }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }

    private mutating func recall(_ place: Int) throws {
        guard let reference = memo[place] else { throw Self.damaged }
        stack.append(reference)
    }

    // MARK: Bytes

    private mutating func byte() throws -> UInt8 { try number(UInt8.self) }

    private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count >= 0, count <= bytes.count - position else { throw PickleProblem.end }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
    }

    private mutating func number<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) throws -> T {
        T(littleEndian: try take(MemoryLayout<T>.size).loadUnaligned(as: type))
    }

    private mutating func text(_ count: Int) throws -> String {
        String(decoding: try take(count), as: UTF8.self)
    }

    private mutating func line() throws -> String {
        guard let end = bytes[position...].firstIndex(of: 0x0A), end - position < 4096 else {
            throw Self.damaged
        }
        defer { position = end + 1 }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }

    private mutating func pushLong(_ count: Int) throws {
        let bytes = try take(count)
        guard count <= 8 else { return push(.long(Array(bytes))) }
        var value: UInt64 = (bytes.last ?? 0) & 0x80 == 0 ? 0 : .max
        for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
        push(.integer(Int(bitPattern: UInt(value))))
    }
}
