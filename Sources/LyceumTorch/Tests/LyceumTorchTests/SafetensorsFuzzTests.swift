import Foundation
import LyceumKit
import Testing

@testable import LyceumTorch

/// Damaged and malicious files: reading one gives tensors or a `LyceumError`, never a crash.
@Suite final class SafetensorsFuzzTests {
    /// In memory where that is to be had: thousands of short-lived files keep a disk waiting.
    let path: String = {
        let folder = Files.isFolder("/dev/shm") ? "/dev/shm" : FileManager.default.temporaryDirectory.path
        return folder + "/fuzz-\(UUID()).safetensors"
    }()

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Reads every tensor of a file of these bytes; the reason if it is refused.
    func refusal(of bytes: [UInt8]) throws -> String? {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        do {
            let file = try Safetensors.read(path)
            for (name, tensor) in try file.tensors() {
                guard tensor.shape == file.shape(of: name), tensor.dtype == file.dtype(of: name) else {
                    return "not what the header says"
                }
                _ = try tensor.doubles()
            }
            return nil
        } catch let error as LyceumError {
            guard case .file(_, _, let problem, _) = error, !problem.isEmpty else { return "\(error)" }
            return problem
        }
    }

    /// A file with this header and `count` zeros after it.
    func file(_ header: String, data count: Int = 0) -> [UInt8] {
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
            + [UInt8](repeating: 0, count: count)
    }

    /// `LYCEUM_FUZZ` sets how many mutations are tried: 100,000 take about a minute in a release build.
    @Test func survivesMutations() throws {
        let count = ProcessInfo.processInfo.environment["LYCEUM_FUZZ"].flatMap(Int.init) ?? 4000
        let seeds = try [
            [UInt8](Data(contentsOf: URL(fileURLWithPath: fixture("dtypes.safetensors")))),
            file(
                #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[1,2],"#
                    + #""data_offsets":[8,12]},"__metadata__":{"format":"pt"}}"#, data: 12),
        ]
        var mutator = Mutator(seed: 7)
        var read = 0
        for index in 0..<count {
            let reason = try refusal(of: mutator.mutate(seeds[index % seeds.count]))
            if reason == nil { read += 1 }
            try #require(reason != "not what the header says")
        }
        // Mutations must reach both outcomes, or they test nothing.
        #expect(read > count / 100 && read < count)
    }

    @Test func headersMadeToHarmAreRefused() throws {
        let entry = #"{"dtype":"U8","shape":[1],"data_offsets":[0,1]}"#
        // A header that says it is longer than allowed, and one that is longer than its file.
        for length: UInt64 in [100_000_001, .max, 1 << 63, 100_000_000] {
            let bytes = withUnsafeBytes(of: length.littleEndian, Array.init) + Array("{}".utf8)
            #expect(try refusal(of: bytes) != nil)
        }
        // 100 MB of header: read at once, refused at its first wrong byte, and in reasonable time if it is all spaces.
        #expect(
            try refusal(
                of: file(#"{"a":\#(entry)"# + String(repeating: " ", count: 4_000_000) + "}", data: 1)) == nil
        )
        #expect(try refusal(of: file("{" + String(repeating: "[", count: 1_000_000))) != nil)
        // Deep nesting: the format has none.
        let deep = String(repeating: #"{"a":"#, count: 200_000) + String(repeating: "}", count: 200_000)
        #expect(try refusal(of: file(deep)) != nil)
        #expect(
            try refusal(of: file(#"{"a":{"a":{}}}"#)) == "tensor 'a' has the unknown key 'a' in its header")
        let sizes = String(repeating: "1,", count: 100_000) + "1"
        #expect(
            try refusal(of: file(#"{"a":{"dtype":"U8","shape":[\#(sizes)],"data_offsets":[0,1]}}"#, data: 1))
                != nil)
        // The product of the sizes wraps around to the right number.
        for shape in ["4294967296,4294967296", "9223372036854775807,2,0", "3,6148914691236517206"] {
            let header = #"{"a":{"dtype":"U8","shape":[\#(shape)],"data_offsets":[0,1]}}"#
            #expect(try refusal(of: file(header, data: 1)) != nil)
        }
        for offsets in ["0,9223372036854775807", "9223372036854775807,9223372036854775807", "1,2", "0,2"] {
            let header = #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[\#(offsets)]}}"#
            #expect(try refusal(of: file(header, data: 1)) != nil)
        }
        // The same bytes under two names, a name that is reserved, and one that is written in two ways.
        #expect(
            try refusal(of: file(#"{"a":\#(entry),"b":\#(entry)}"#, data: 1))?.contains("overlaps") == true)
        #expect(
            try refusal(of: file(#"{"a":\#(entry),"\u0061":\#(entry)}"#, data: 1))?.contains("twice") == true)
        #expect(try refusal(of: file(#"{"__metadata__":\#(entry)}"#, data: 1)) != nil)
        #expect(try refusal(of: file("\u{FEFF}{}")) != nil)
    }
}

/// Damages bytes at random, by a seed: flips, other numbers, pieces cut, doubled, moved, words of the format.
struct Mutator {
    private static let words = [
        "{", "}", "[", "]", ",", ":", "\"", "\\u", "0", "-1", "1e9", "9223372036854775807",
        "18446744073709551616",
        "\"F64\"", "\"BOOL\"", "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "null", "\u{0}", "🙂",
    ].map { Array($0.utf8) }
    private var generator: SeededGenerator

    init(seed: Int) { generator = SeededGenerator(seed: seed) }

    /// One to four damages; two thirds of them in the first kilobyte, where the header is.
    mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
            let bound = Bool.random(using: &generator) ? min(bytes.count, 1024) : bytes.count
            let place = Int.random(in: 0..<bound, using: &generator)
            let end = min(bytes.count, place + Int.random(in: 1...16, using: &generator))
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
            case 2: bytes[place] = UInt8.random(in: 0x30...0x39, using: &generator)
            case 3: bytes.removeSubrange(place..<end)
            case 4: bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
            case 5: bytes.removeLast(bytes.count - place)
            case 6: bytes.insert(contentsOf: Self.words.randomElement(using: &generator) ?? [], at: place)
            default: bytes.swapAt(place, Int.random(in: 0..<bound, using: &generator))
            }
        }
        return bytes
    }
}
