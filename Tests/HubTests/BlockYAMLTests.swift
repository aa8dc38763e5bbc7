import LyceumKit
import Testing

@testable import Hub

@Suite struct BlockYAMLTests {
    /// The front matter of abisee/cnn_dailymail, shortened, and the forms that other cards use.
    @Test func cards() {
        let card = DatasetCard(
            readme: """
                ---
                annotations_creators:
                - no-annotation
                license: # none
                - apache-2.0
                dataset_info:
                - config_name: 1.0.0
                  features:
                  - name: article
                    dtype: string
                configs:
                - config_name: 1.0.0
                  data_files:
                  - split: train
                    path: 1.0.0/train-*
                  - split: test
                    path:
                    - "1.0.0/test-*"
                    - '1.0.0/more-*'
                - config_name: "3.0.0"
                  default: true
                  data_files: ["data/a.jsonl", data/b.jsonl]
                - config_name: folder
                  data_dir: there
                ---
                # CNN / DailyMail
                configs: none
                """)
        #expect(card.configurations.map(\.name) == ["1.0.0", "3.0.0", "folder"])
        #expect(card.configurations.map(\.isDefault) == [false, true, false])
        #expect(card.configurations[0].splits.map(\.name) == ["train", "test"])
        #expect(card.configurations[0].splits[1].patterns == ["1.0.0/test-*", "1.0.0/more-*"])
        #expect(card.configurations[1].splits.map(\.name) == ["train"])
        #expect(card.configurations[1].splits[0].patterns == ["data/a.jsonl", "data/b.jsonl"])
        #expect(card.configurations[2].splits[0].patterns == ["there/**"])
    }

    @Test(arguments: [
        "", "no front matter", "---\nconfigs: [\n---", "---\n- - - -\n---", "---\nconfigs:\n  - a: {\n---",
        "---\n: : :\n---", "---\n" + String(repeating: "- ", count: 5000) + "x\n---", "---\nconfigs:",
    ])
    func cardsThatSayNothing(_ text: String) {
        #expect(DatasetCard(readme: text).configurations.allSatisfy { $0.splits.isEmpty })
    }

    @Test func patterns() {
        for (path, pattern, fits) in [
            ("a/train-0.parquet", "a/train-*", true), ("a/b/train-0", "a/train-*", false),
            ("train.jsonl", "**/train*", true), ("x/y/train.jsonl", "**/train*", true),
            ("x/y/z.csv", "x/**", true),
            ("data/3.csv", "data/[0-9].csv", true), ("data/x.csv", "data/[!a-w].csv", true),
            ("ab", "a?", true),
            ("a/", "a?", false), ("abc", "*", true), ("a/c", "*", false), ("a.csv", "a[", false),
        ] { #expect(PathPattern.matches(path, pattern) == fits, "\(path) \(pattern)") }
        // Patterns come from strangers: this one has very many ways to fail.
        let hard = String(repeating: "*a", count: 40) + "b"
        #expect(!PathPattern.matches(String(repeating: "a", count: 200), hard))
    }

    @Test func layouts() throws {
        let none = DatasetCard(readme: "")
        let isData = { (name: String) in name.hasSuffix(".csv") || name.hasSuffix(".parquet") }
        let plain = DatasetLayout(
            files: ["README.md", "data/train-00000-of-00001.parquet", "dev/x.csv", "training.csv"],
            card: none,
            isData: isData)
        #expect(try plain.files(config: nil, split: "validation", of: "x") == ["dev/x.csv"])
        #expect(
            try plain.files(config: nil, split: "train", of: "x")
                == ["data/train-00000-of-00001.parquet", "training.csv"])
        #expect(
            "\(error { try plain.files(config: nil, split: nil, of: "x") })".contains(
                "\"train\", \"validation\""))
        #expect(
            "\(error { try plain.files(config: nil, split: "tran", of: "x") })".contains(
                "did you mean 'train'"))
        let one = DatasetLayout(files: ["a.csv", "b.csv"], card: none, isData: isData)
        #expect(try one.files(config: nil, split: nil, of: "x") == ["a.csv", "b.csv"])
        let converted = DatasetLayout(converted: ["a/partial-train/0000.parquet", "b/train/0000.parquet"])
        #expect(try converted.files(config: "a", split: "train", of: "x") == ["a/partial-train/0000.parquet"])
        #expect(
            "\(error { try converted.files(config: nil, split: nil, of: "x") })".contains(
                "config = \"a\", \"b\""))
    }

    @Test func parts() {
        #expect(Shards.missing(["a-00001-of-00002.bin", "a-00002-of-00002.bin", "b"]) == nil)
        #expect(Shards.missing(["t/a-00000-of-00003.parquet"])?.contains("1 of the 3") == true)
    }
}

/// What a body throws; nothing is a fault of the test.
func error(_ body: () throws -> Any) -> any Error {
    do {
        let value = try body()
        return LyceumError.failed("no error, but \(value)", remedy: nil)
    } catch { return error }
}
