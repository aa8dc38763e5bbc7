import Foundation
import LyceumKit
import Testing

@testable import LyceumText

/// Damaged tokenizer files are refused or give a tokenizer that works; nothing traps.
///
/// Some hundred inputs of each file; `LYCEUM_FUZZ_INPUTS=100000` asks for more.
@Suite("Damaged tokenizer files")
struct TokenizerFuzzTests {
    private static let count = Int(ProcessInfo.processInfo.environment["LYCEUM_FUZZ_INPUTS"] ?? "") ?? 250

    /// Files of a small folder, by the tokenizer's kind.
    private static func files(_ kind: String) throws -> [String: [UInt8]] {
        switch kind {
        case "spiece.model": return ["spiece.model": try Files.read(try Fixture.path("small.model"))]
        case "t5":
            return try Dictionary(
                uniqueKeysWithValues: ["tokenizer.json", "tokenizer_config.json"].map {
                    ($0, try Files.read(try Fixture.path("t5/\($0)")))
                })
        case "bert", "vocab.txt":
            let folder = try TemporaryFolder()
            try WordPieceTokenizer.train(on: ["the cat sat on the mat and the cat"], vocabularySize: 40)
                .save(to: folder.path)
            let names =
                kind == "bert"
                ? ["tokenizer.json", "tokenizer_config.json"] : ["vocab.txt", "tokenizer_config.json"]
            return try Dictionary(
                uniqueKeysWithValues: names.map { ($0, try Files.read(Files.join(folder.path, $0))) })
        default:
            let folder = try TemporaryFolder()
            try ByteLevelBPETokenizer.train(on: ["the cat sat on the mat and the cat"], vocabularySize: 275)
                .save(to: folder.path)
            let names =
                kind == "bart" ? ["tokenizer.json"] : ["vocab.json", "merges.txt", "special_tokens_map.json"]
            return try Dictionary(
                uniqueKeysWithValues: names.map { ($0, try Files.read(Files.join(folder.path, $0))) })
        }
    }

    @Test(
        "a mutated file is an error or a tokenizer",
        arguments: ["spiece.model", "t5", "bart", "vocab", "bert", "vocab.txt"])
    func mutated(_ kind: String) throws {
        let files = try Self.files(kind)
        let names = files.keys.sorted()
        var mutator = Mutator(seed: 17)
        let folder = try TemporaryFolder()
        var accepted = 0
        for name in names { try folder.write(files[name] ?? [], name) }
        for _ in 0..<Self.count {
            let damaged = names[mutator.index(below: names.count)]
            let whole = files[damaged] ?? []
            try folder.write(mutator.mutate(whole), damaged)
            defer { try? folder.write(whole, damaged) }
            do {
                let tokenizer = try TokenizerLoader.load(folder: folder.path)
                accepted += 1
                let ids = try tokenizer.encode(
                    "The ﬁrst</s> <extra_id_1> cát \u{0}\t sat 12 <mask> 猫", addEOS: true)
                #expect(ids.allSatisfy { tokenizer.pieces.indices.contains($0) })
                _ = try tokenizer.decode(ids, skipSpecialTokens: false)
            } catch is LyceumError {
                continue
            }
        }
        #expect(accepted > 0 && accepted < Self.count, "accepted \(accepted) of \(Self.count)")
    }
}

/// Damages files: single bytes, ranges, numbers.
struct Mutator {
    private var random: SeededGenerator

    init(seed: Int) { random = SeededGenerator(seed: seed) }

    /// Numbers that programs stumble over.
    private static let numbers = [
        "-1", "0", "4294967296", "9223372036854775807", "1e400", "-1e308", "null", "\"x\"", "[]", "{}",
        "true",
    ]

    mutating func index(below bound: Int) -> Int { random.index(below: bound) }

    /// A copy with one to four things changed.
    mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...index(below: 4) { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let place = index(below: bytes.count)
        let end = min(bytes.count, place + 1 + index(below: 24))
        switch index(below: 8) {
        case 0: bytes[place] ^= 1 << UInt8(index(below: 8))
        case 1: bytes[place] = UInt8(truncatingIfNeeded: index(below: 256))
        case 2: bytes.insert(UInt8(truncatingIfNeeded: index(below: 256)), at: place)
        case 3: bytes.removeSubrange(place..<end)
        case 4: bytes.insert(contentsOf: bytes[place..<end], at: index(below: bytes.count))
        case 5: if index(below: 10) == 0 { bytes.removeSubrange(place...) } else { bytes[place] = 0xFF }
        case 6: bytes.swapAt(place, index(below: bytes.count))
        default: replaceNumber(near: place, in: &bytes)
        }
    }

    private mutating func replaceNumber(near place: Int, in bytes: inout [UInt8]) {
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        bytes.replaceSubrange(start..<end, with: Array(Self.numbers[index(below: Self.numbers.count)].utf8))
    }
}
