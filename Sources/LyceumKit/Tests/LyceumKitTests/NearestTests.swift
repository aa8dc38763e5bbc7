import LyceumKit
import Testing

@Suite struct NearestTests {
    private let names = [
        "learning_rate", "batch_size", "num_beams", "seed", "max_new_tokens", "bart", "bert",
    ]

    @Test(arguments: [
        ("learnin_rate", ["learning_rate"]), ("Batch_Size", ["batch_size"]), ("sede", ["seed"]),
        ("learn", ["learning_rate"]),
        ("bort", ["bart", "bert"]), ("max_tokens", []), ("zzz", []), ("", []), ("b", []),
    ])
    func findsWhatIsNear(name: String, expected: [String]) {
        #expect(Nearest.names(to: name, among: names) == expected)
    }

    @Test func survivesStrangeNames() {
        #expect(Nearest.names(to: String(repeating: "x", count: 5000), among: names).isEmpty)
        #expect(Nearest.names(to: "é漢", among: ["é汉", ""]) == ["é汉"])
    }
}
