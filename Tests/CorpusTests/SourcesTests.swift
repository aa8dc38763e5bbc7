import LyceumKit
import TestSupport
import Testing

@testable import Corpus

/// Packed files, folders, patterns, blocks.
@Suite struct SourcesTests {
    @Test func blocksOfAnySizeGiveTheSameRows() throws {
        try withFolder { folder in
            let path = Files.join(folder, "rows.jsonl")
            let rows = (0..<500).map { i -> [String: Value] in
                let text = Value.string(String(repeating: "é\(i)\n", count: i % 40))
                return i % 7 == 0 ? ["n": .integer(i)] : ["n": .integer(i), "text": text]
            }
            let dataset = Dataset(records: rows, columns: ["n"])
            try dataset.save(path)
            for size in [1, 17, 1000, 1 << 20] {
                let read = try JSONLinesReader.read(
                    path, blockSize: size, step: HistoryStep("load"), job: .silent())
                #expect(read.count == 500)
                #expect(read.fingerprint == dataset.fingerprint, "blocks of \(size) bytes")
            }
        }
    }

    @Test func theFirstFaultyLineIsNamed() throws {
        try withFolder { folder in
            let path = Files.join(folder, "rows.jsonl")
            var lines = (0..<400).map { "{\"n\": \($0)}" }
            lines[123] = "{\"n\": }"
            lines[3] = ""
            lines[300] = "[1]"
            try Files.write(lines.joined(separator: "\n"), to: path)
            for size in [1, 64, 1 << 20] {
                let error = try #require(throws: LyceumError.self) {
                    try JSONLinesReader.read(
                        path, blockSize: size, step: HistoryStep("load"), job: .silent())
                }
                #expect(error.description.hasPrefix("\(path):124: "), "\(error)")
            }
        }
    }

    @Test func packedFilesAreReadAndDamagedOnesNamed() throws {
        try withFolder { folder in
            let path = Files.join(folder, "rows.jsonl.gz")
            let dataset = numbers(20_000)
            try dataset.save(path)
            let packed = try Files.read(path)
            #expect(packed.starts(with: [0x1F, 0x8B]))
            #expect(try Dataset.load(path).fingerprint == dataset.fingerprint)
            // Two members, as `cat a.gz b.gz` makes them.
            try Files.write(packed + packed, to: path)
            #expect(try Dataset.load(path).count == 40_000)
            try Files.write(Array(packed.prefix(packed.count / 2)), to: path)
            let short = try #require(throws: LyceumError.self) { try Dataset.load(path) }
            #expect(short.description.contains("ends in the middle of its gzip data"), "\(short)")
            var broken = packed
            for i in 1000..<1100 { broken[i] ^= 0x55 }
            try Files.write(broken, to: path)
            let damaged = try #require(throws: LyceumError.self) { try Dataset.load(path) }
            #expect(damaged.description.contains(path), "\(damaged)")
        }
    }

    @Test func foldersAndPatternsNameFiles() throws {
        try withFolder { folder in
            let rows = numbers(9)
            try rows.take(3).save(folder + "/part-1.jsonl")
            try rows.skip(3).take(3).save(folder + "/part-2.jsonl.gz")
            try rows.skip(6).save(folder + "/part-3.jsonl")
            try Files.write("not data", to: folder + "/README.md")
            #expect(try Dataset.load(folder).n == Array(1...9))
            #expect(try Dataset.load(folder + "/").fingerprint == rows.fingerprint)
            #expect(try Dataset.load(folder + "/part-*.jsonl").n == [1, 2, 3, 7, 8, 9])
            let none = try #require(throws: LyceumError.self) { try Dataset.load(folder + "/x*.jsonl") }
            #expect(none.description.contains("names no data files"))
            try rows.save(folder + "/more.csv")
            let mixed = try #require(throws: LyceumError.self) { try Dataset.load(folder) }
            #expect(mixed.description.contains("names files of several kinds (.csv and .jsonl)"))
        }
    }

    @Test func sharesTextsWhenJoining() throws {
        let rows = numbers(10)
        let even = try rows.filter { $0["even"] == true }
        let joined = even.concat([rows.shuffle(seed: 1), try rows.select(["text"])])
        #expect(joined.count == 25)
        #expect(Array(joined.n.prefix(5)) == [2, 4, 6, 8, 10])
        #expect(joined.n.count == 15)
        #expect(
            try joined.strings("text")
                == even.strings("text") + rows.shuffle(seed: 1).strings("text") + rows.strings("text"))
        #expect(try joined.shuffle(seed: 2).rows(Array(0..<25)).values("n").count == 25)
    }
}

/// The stories of CNN/DailyMail.
@Suite struct StoryTests {
    private func write(_ folder: String) throws -> [String] {
        let urls = ["http://web.archive.org/web/1/http://www.cnn.com/a", "http://x/ü", "http://x/empty"]
        let stories = [
            "(CNN) -- Première ligne\n\nHe said: \u{201C}yes\u{201D}\n\n  A caption \n\n@highlight\n\nOne thing\n\n"
                + "@highlight\n\nAnother one!\n",
            "Text.\r\n\r\n@highlight\r\n\r\nNEW: it's (so)\r\n",
            "@highlight\n\nNothing to summarise\n",
        ]
        try Files.makeFolder(folder + "/stories")
        try Files.makeFolder(folder + "/lists")
        for (url, story) in zip(urls, stories) {
            try Files.write(story, to: folder + "/stories/\(SHA1.hexadecimal(of: url)).story")
        }
        try Files.write(urls[0] + "\n", to: folder + "/lists/all_train.txt")
        try Files.write("http://x/unknown\n", to: folder + "/lists/all_val.txt")
        try Files.write(urls[1] + "\n" + urls[2], to: folder + "/lists/all_test.txt")
        return urls.map(SHA1.hexadecimal)
    }

    @Test func cleansAsTheReferenceDoes() throws {
        try withFolder { folder in
            let ids = try write(folder)
            let dataset = try Dataset.load(folder + "/stories")
            #expect(dataset.columns == ["article", "highlights", "id"])
            #expect(dataset.count == 2)
            let first = try dataset.filter { $0["id"] == .string(ids[0]) }.record(at: 0)
            #expect(
                first["article"] == "(CNN) -- Première ligne . He said: \u{201C}yes\u{201D} A caption .")
            #expect(first["highlights"] == "One thing .\nAnother one!")
            let second = try dataset.filter { $0["id"] == .string(ids[1]) }.record(at: 0)
            #expect(second["article"] == "Text.")
            #expect(second["highlights"] == "NEW: it's (so)")
        }
    }

    @Test func listsChooseAndSplit() throws {
        try withFolder { folder in
            let ids = try write(folder)
            let test = try Dataset.load(
                folder + "/stories", options: LoadOptions(urlLists: folder + "/lists/all_test.txt"))
            #expect(try test.values("id") == [.string(ids[1])])
            let all = try Dataset.load(
                folder + "/stories/*.story", options: LoadOptions(urlLists: folder + "/lists"))
            let splits = try zip(all.strings("id"), all.strings("split")).map { "\($0) \($1)" }
            #expect(Set(splits) == ["\(ids[0]) train", "\(ids[1]) test"])
            #expect(throws: LyceumError.self) {
                try Dataset.load(
                    try fixture("mixed.jsonl"), options: LoadOptions(urlLists: folder + "/lists"))
            }
        }
    }

    /// FIPS 180-4's examples, and the one that needs a second block for the length.
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
    ])
    func hashes(text: String, hash: String) { #expect(SHA1.hexadecimal(of: text) == hash) }
}
