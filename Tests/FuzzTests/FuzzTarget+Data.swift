import Corpus
import Fuzzing
import Glibc
import LyceumKit

// Files of data.
extension FuzzTarget {
    static var json: FuzzTarget {
        FuzzTarget(
            "json",
            seeds: [
                #"{"a": [1, -2.5e3, "té\u00e9\ud83d\ude00", null, true], "b": {"c": {}}}"#, "[]", "{}",
                "\"\\ud83d\"",
                #"{"id":12345678901234567890}"#, "1e400", "[NaN, Infinity, -Infinity]", #"{"a":1,"a":2}"#,
                "\u{FEFF}1",
                #"{"usage":{"prompt_tokens":1e999999}}"#, String(repeating: "[", count: 2000),
                String(repeating: "{\"a\":", count: 2000), #"{"choices": [{"message": {"content": "half"#,
            ], tokens: ["{", "}", "[", "]", ":", ",", "\"", "null", "true", "\\u", "e", "."]
        ) { _ in
            { input in
                let value = try JSON.decode(input, name: "input")
                let text = JSON.encode(value)
                let again = (try? JSON.decode(text, name: "again")).map { JSON.encode($0) }
                demand(again == text, "what is encoded is decoded as it was")
                _ = JSON.encode(value, pretty: true)
            }
        }
    }

    static var jsonLines: FuzzTarget {
        FuzzTarget(
            "jsonl",
            seeds: [
                "{\"a\": 1, \"b\": \"x\"}\n{\"a\": null}\n\n{\"c\": [1, {\"d\": 2}]}\n",
                "{\"a\": \"\\ud83d\"}\r\n{}",
                (0..<300).map { "{\"c\($0)\": 1}" }.joined(separator: "\n"),
                "version https://git-lfs.github.com/spec/v1\n",
                "{\"a\": {\"z\": 1, \"b\": 2}}", "{\"a\": 1e400}\n{\"a\": 12345678901234567890}",
                "[{\"a\": 1}, {\"a\": 2}]",
            ], tokens: ["{\"a\":", "}", "\n", "\"a\"", "null", "[", "]"]
        ) { folder in load(folder, as: [".jsonl", ".json"]) }
    }

    static var delimited: FuzzTarget {
        FuzzTarget(
            "csv",
            seeds: [
                "a,b\n1,x\n2,\"y, \"\"z\"\"\"\n", "a\tb\n1\t\"a\n0\tb\n1\tc\"\n0\td\n", "a;b\r1;2\r",
                "a,a,a\n1,2,3", "a\n\"",
                "\u{FEFF}a,b\r\n1e400,00012\r\n,\r\n", "a,b\n1\n1,2,3\n", ",,,\n,,,\n",
                "a\n" + String(repeating: "\"\"", count: 500),
            ], tokens: [",", "\t", "\"", "\"\"", ";", "\n"]
        ) { folder in load(folder, as: [".csv", ".tsv"]) }
    }

    /// Loads the input under each suffix; what could be loaded is shown, saved and loaded again.
    private static func load(_ folder: String, as suffixes: [String]) -> ([UInt8]) throws -> Void {
        { input in
            for suffix in suffixes {
                let path = folder + "/input" + suffix
                try plainWrite(input, to: path)
                guard let data = try? Dataset.load(path) else { continue }
                _ = data.preview(width: 80)
                let saved = folder + "/saved.jsonl"
                guard (try? data.save(saved)) != nil else { continue }
                let again = try? Dataset.load(saved)
                demand(
                    data.count == 0 || data.columns.isEmpty || again?.count == data.count,
                    "what is saved is loaded with as many rows"
                )
            }
        }
    }
}
