import LyceumKit

/// Makes new inputs of known ones: bits, bytes, blocks and tokens changed at random, always the same for a seed.
public struct Mutator {
    private var random: SeededGenerator
    private let seeds: [[UInt8]]
    private let tokens: [[UInt8]]
    private let longest: Int

    /// - Parameters:
    ///   - seeds: known inputs; at least one.
    ///   - tokens: pieces that mean something in the format.
    ///   - longest: bytes of an input at most.
    public init(seed: Int, seeds: [[UInt8]], tokens: [String], longest: Int) {
        random = SeededGenerator(seed: seed)
        self.seeds = seeds.isEmpty ? [[]] : seeds
        self.tokens = tokens.map { Array($0.utf8) } + Self.extremes
        self.longest = longest
    }

    /// What breaks readers of every format.
    private static let extremes: [[UInt8]] =
        [
            "0", "-1", "1e400", "-9223372036854775808", "9223372036854775807", "18446744073709551616",
            "\u{0}", "\u{FEFF}",
            "\r", "\n", "\r\n", "\"", "'", "\\", "\u{1B}[2J", "\u{202E}", "\u{1F600}", "\\ud83d", "NaN",
            "Infinity",
        ].map { Array($0.utf8) } + [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xFF, 0xFE], [0x80]]

    /// The next input.
    public mutating func next() -> [UInt8] {
        var input = pick(seeds)
        // Now and then the halves of two.
        if chance(8) {
            let other = pick(seeds)
            input = Array(input.prefix(place(in: input)) + other.suffix(place(in: other)))
        }
        for _ in 0...random.index(below: 6) { change(&input) }
        return input.count > longest ? Array(input.prefix(longest)) : input
    }

    private mutating func change(_ input: inout [UInt8]) {
        let at = place(in: input)
        switch random.index(below: 10) {
        case 0 where !input.isEmpty: input[min(at, input.count - 1)] ^= 1 << UInt8(random.index(below: 8))
        case 1 where !input.isEmpty: input[min(at, input.count - 1)] = UInt8(random.index(below: 256))
        case 2: input.removeSubrange(at..<min(input.count, at + 1 + random.index(below: 16)))
        case 3: input.insert(contentsOf: pick(tokens), at: at)
        case 4:
            let end = min(input.count, at + 1 + random.index(below: 64))
            input.insert(contentsOf: Array(input[at..<end]), at: place(in: input))
        case 5:
            // A block many times over: depth and length.
            let end = min(input.count, at + 1 + random.index(below: 8))
            let block = Array(input[at..<end])
            let times = min(1 << random.index(below: 12), longest / max(block.count, 1))
            input.insert(contentsOf: (0..<times).flatMap { _ in block }, at: at)
        case 6: input.removeSubrange(at...)
        case 7 where input.count >= 8:
            // A length field.
            let start = min(at, input.count - 8)
            let value = pick([UInt64.max, UInt64(Int64.max), 1 << 63, 0, 1 << 32, 0xFFFF_FFFF, 1 << 40])
            for i in 0..<8 { input[start + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * i)) }
        case 8:
            // A number of the text.
            guard let digit = input[at...].firstIndex(where: { (0x30...0x39).contains($0) }) else { return }
            let end = input[digit...].firstIndex { !(0x30...0x39).contains($0) } ?? input.count
            input.replaceSubrange(digit..<end, with: pick(tokens))
        default: input.insert(UInt8(random.index(below: 256)), at: at)
        }
    }

    private mutating func place(in input: [UInt8]) -> Int { random.index(below: input.count + 1) }

    private mutating func chance(_ one: Int) -> Bool { random.index(below: one) == 0 }

    private mutating func pick<T>(_ list: [T]) -> T { list[random.index(below: list.count)] }
}
