import LyceumKit
import Testing

@testable import GBDT

@Suite("TF-IDF computes what scikit-learn computes")
struct TfidfTests {
    /// One case of tfidf.json.
    struct Case: Sendable, CustomTestStringConvertible {
        let options: [String: Value]
        let names: [String]?
        let matrix: SparseMatrix
        var testDescription: String { JSON.encode(.object(options)) }
    }

    struct Fixture: Sendable {
        let texts: [String]
        let cases: [Case]

        init() throws {
            let document = try #require(try Make.json(Make.fixtures + "/tfidf.json").object)
            texts = try #require(document["texts"]?.strings)
            cases = try #require(document["cases"]?.list).map { entry in
                func list(_ name: String) throws -> [Value] { try #require(entry.object?[name]?.list) }
                var matrix = SparseMatrix(columnCount: try #require(entry.object?["columns"]?.integer))
                matrix.rowPlaces = try list("row_places").compactMap { $0.integer.map(UInt64.init) }
                matrix.columns = try list("indices").compactMap { $0.integer.map(UInt32.init) }
                matrix.values = try list("values").compactMap { $0.number.map(Float.init) }
                return Case(
                    options: try #require(entry.object?["options"]?.object),
                    names: entry.object?["names"]?.strings, matrix: matrix)
            }
        }
    }

    static let fixture = Result { try Fixture() }

    private func options(_ given: [String: Value]) throws -> TfidfOptions {
        var given = given
        given["min_df"] = given["min_df"] ?? 1  // scikit-learn's default
        given["token_pattern"] = "sklearn"
        let checked = try Options(given, declared: TextSettings.declarations, function: "test")
        return try #require(try TextSettings(checked).blocks(checked).first)
    }

    private func expectEqual(_ actual: SparseMatrix, _ expected: SparseMatrix, _ what: String) {
        #expect(actual.columnCount == expected.columnCount, "\(what)")
        #expect(actual.rowPlaces == expected.rowPlaces, "\(what)")
        #expect(actual.columns == expected.columns, "\(what)")
        let wrong = zip(actual.values, expected.values).filter { !isClose(Double($0), Double($1)) }
        #expect(actual.values.count == expected.values.count && wrong.isEmpty, "\(what): \(wrong.prefix(3))")
    }

    @Test(arguments: 0..<13)
    func equalsScikitLearn(_ index: Int) throws {
        let fixture = try Self.fixture.get()
        try #require(fixture.cases.count == 13)
        let expected = fixture.cases[index]
        let options = try options(expected.options)
        for threads in [1, 3] {
            let what = "\(expected.testDescription), \(threads) threads"
            let (vectorizer, matrix) = try TfidfVectorizer.fit(
                fixture.texts, options, threads: threads, job: .silent())
            expectEqual(matrix, expected.matrix, what)
            if let names = expected.names {
                #expect((0..<vectorizer.columnCount).map { vectorizer.name(of: $0) } == names, "\(what)")
            }
            let again = try vectorizer.transform(fixture.texts, threads: threads, job: .silent())
            expectEqual(again, expected.matrix, "\(what), transformed")
        }
    }

    @Test func mostFrequentTermsAreKept() throws {
        var options = TfidfOptions()
        options.maxFeatures = 3
        let texts = ["bb bb bb aa", "bb cc dd dd", "ee cc dd ff"]
        let (vectorizer, matrix) = try TfidfVectorizer.fit(texts, options, threads: 2, job: .silent())
        // bb 4, dd 3, cc 2; aa, ee and ff fall out.
        #expect((0..<vectorizer.columnCount).map { vectorizer.name(of: $0) } == ["bb", "cc", "dd"])
        #expect(matrix.rowPlaces == [0, 1, 4, 6])
    }

    @Test func ofEquallyFrequentTermsTheFirstStay() throws {
        var options = TfidfOptions()
        options.maxFeatures = 2
        let (vectorizer, _) = try TfidfVectorizer.fit(["dd cc bb aa"], options, threads: 1, job: .silent())
        #expect((0..<2).map { vectorizer.name(of: $0) } == ["aa", "bb"])
    }

    @Test func wordsAndCharactersStandSideBySide() throws {
        let given: [String: Value] = ["char_ngram_range": [2, 2], "min_df": 1]
        let options = try Options(given, declared: TextSettings.declarations, function: "test")
        let blocks = try TextSettings(options).blocks(options)
        let (features, matrix) = try TextFeatures.fit(["ab cd", "ab"], blocks, threads: 1, job: .silent())
        let names = (0..<features.columnCount).map { features.name(of: $0) }
        #expect(
            names == [
                "word__ab", "word__cd", "char__ a", "char__ c", "char__ab", "char__b ", "char__cd",
                "char__d ",
            ])
        #expect(matrix.columns == [0, 1, 2, 3, 4, 5, 6, 7, 0, 2, 4, 5])
        #expect(try features.transform(["ab cd", "ab"], threads: 1, job: .silent()) == matrix)
    }

    @Test func longTextsHaveTheirTerms() throws {
        let text = (0..<100_000).map { "word\($0 % 5000)" }.joined(separator: " ")  // 0.9 MB
        let one = String(repeating: "x", count: 1 << 20)
        let (vectorizer, matrix) = try TfidfVectorizer.fit(
            [text, one, ""], .init(), threads: 2, job: .silent())
        #expect(vectorizer.columnCount == 5001)
        #expect(matrix.rowPlaces == [0, 5000, 5001, 5001])
        #expect(matrix.values.prefix(5000).allSatisfy { isClose(Double($0), 1 / 5000.0.squareRoot()) })
    }

    @Test func nothingLeftIsAnError() throws {
        #expect(throws: LyceumError.self) {
            try TfidfVectorizer.fit(["", "a", "?"], .init(), threads: 1, job: .silent())
        }
        var options = TfidfOptions()
        options.minDF = 3
        #expect(throws: LyceumError.self) {
            try TfidfVectorizer.fit(["ab", "cd"], options, threads: 1, job: .silent())
        }
    }

    @Test(arguments: [[2, 1], [0, 1], [], [1], [1, 21], [1, 2, 3]] as [[Int]])
    func badRangesAreErrors(_ range: [Int]) throws {
        #expect(throws: LyceumError.self) {
            try Make.student(["ngram_range": .list(range.map(Value.integer))])
        }
    }

    @Test func cancellationStopsTheCounting() {
        let job = Job.silent()
        job.cancel()
        #expect(throws: LyceumError.self) {
            try TfidfVectorizer.fit(["ab cd"], .init(), threads: 1, job: job)
        }
    }
}

@Suite("Term table")
struct TermTableTests {
    @Test func numbersEveryTermOnce() {
        var table = TermTable()
        // Short ones lie in their slots, long ones next to; many share their first eight bytes.
        let terms =
            (0..<20_000).map { $0 % 2 == 0 ? "t\($0)" : "a common beginning \($0)" } + [
                "", "12345678", "123456789",
            ]
        for (i, term) in terms.enumerated() { #expect(table.insert(term) == i) }
        for (i, term) in terms.enumerated() { #expect(table.insert(term) == i) }
        #expect(table.count == terms.count)
        #expect((0..<terms.count).map { table.text(of: $0) } == terms)
    }

    @Test func sortsCellsByNumber() {
        var random = SeededGenerator(seed: 5)
        for (count, bound) in [
            (0, 1), (1, 1), (40, 100), (300, 300), (3000, 1 << 20), (1000, 256), (70, 1 << 31),
        ] {
            var cells = (0..<count).map { i in
                TermCounts.Cell(number: UInt32(random.index(below: bound)), count: UInt32(i))
            }
            // Both ways are stable.
            let expected = cells.sorted { ($0.number, $0.count) < ($1.number, $1.count) }
            var spare: [TermCounts.Cell] = []
            cells.sortByNumber(below: bound, spare: &spare)
            #expect(cells == expected)
        }
    }

    /// Known answers of the reference implementation.
    @Test(arguments: [
        ("", UInt32(0)), ("a", 0x3C25_69B2), ("aaaa", 0x7EEE_D987), ("Hello, world!", 0xC036_3E43),
        ("The quick brown fox jumps over the lazy dog", 0x2E4F_F723),
    ])
    func murmur(_ text: String, _ hash: UInt32) {
        let bytes = Array(text.utf8) + [1, 2, 3, 4]
        let actual = bytes.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { MurmurHash.hash32($0, text.utf8.count) }
        }
        #expect(actual == hash)
    }
}
