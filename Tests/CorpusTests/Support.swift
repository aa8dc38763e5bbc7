import Corpus
import Foundation
import LyceumKit
import Testing

/// The path of a fixture.
func fixture(_ name: String) throws -> String {
    let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures")
    return folder.appendingPathComponent(name).path
}

/// Rows 1…n: their number, whether it is even, and a text.
func numbers(_ n: Int) -> Dataset {
    Dataset(
        records: (0..<n).map {
            ["n": .integer($0 + 1), "even": .bool($0 % 2 == 1), "text": .string("row \($0 + 1)")]
        },
        columns: ["n", "text"])
}

extension Dataset {
    /// The column "n" as whole numbers.
    var n: [Int] { ((try? values("n")) ?? []).compactMap(\.integer) }
}
