import LyceumKit

/// What the ranks say to each other before a call that all of them must make: its name, as numbers that add up.
///
/// Without it, ranks that make different calls would wait for each other, or take the other's numbers for their own.
enum Meeting {
    /// Six bytes a number, which a double holds exactly.
    private static let bytesEach = 6
    /// Numbers for each rank: the name, cut to 48 bytes.
    static let numbersEach = 8
    /// What to do about ranks that do not meet.
    static let remedy =
        "let every rank make the same calls in the same order; only printing and files of one's own belong behind "
        + "'if ranks.rank == 0'"

    static func encode(_ name: String) -> [Double] {
        let bytes = Array(name.utf8.prefix(bytesEach * numbersEach))
        return (0..<numbersEach).map { place in
            let piece = bytes.dropFirst(place * bytesEach).prefix(bytesEach)
            return piece.reversed().reduce(0) { $0 * 256 + Double($1) }
        }
    }

    static func decode(_ numbers: some Sequence<Double>) -> String {
        let bytes = numbers.flatMap { number -> [UInt8] in
            var rest = UInt64(exactly: number) ?? 0
            return (0..<bytesEach).map { _ in
                defer { rest >>= 8 }
                return UInt8(truncatingIfNeeded: rest)
            }
        }
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// - Parameter numbers: of all ranks, in order.
    /// - Throws: `LyceumError.failed` if two ranks make different calls.
    static func check(_ numbers: [Double]) throws {
        let names = stride(from: 0, to: numbers.count, by: numbersEach).map { start in
            decode(numbers[start..<min(start + numbersEach, numbers.count)])
        }
        guard let other = names.firstIndex(where: { $0 != names[0] }) else { return }
        throw LyceumError.failed(
            "the ranks make different calls: rank 0 is at \(names[0]), rank \(other) at \(names[other])",
            remedy: remedy)
    }
}
