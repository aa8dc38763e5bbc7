import LyceumKit
import TestSupport
import Testing

@testable import GBDT

@Suite("A student that summarises by extraction")
struct SummarizerTests {
    /// Texts of four sentences; the summary repeats the one that is longest, wherever it stands.
    static func documents(_ count: Int, seed: Int = 1) -> [Example] {
        var random = SeededGenerator(seed: seed)
        func words(_ n: Int) -> String {
            (0..<n).map { _ in "word\(random.index(below: 400))" }.joined(separator: " ")
        }
        return (0..<count).map { _ in
            let place = random.index(below: 4)
            let sentences = (0..<4).map { "The \(words($0 == place ? 9 : 4))." }
            return Example(input: sentences.joined(separator: " "), target: sentences[place])
        }
    }

    @Test(arguments: ["reg:squarederror", "reg:logistic", "rank:pairwise", "rank:ndcg"])
    func learnsWhichSentenceMatters(_ objective: String) throws {
        let student = try Make.student(["task": "generate", "objective": .string(objective)])
        let report = try student.train(Self.documents(200), valid: Self.documents(40, seed: 2))
        #expect(report.history["loss"]?.isEmpty == false)
        let test = Self.documents(50, seed: 3)
        let answers = try student.summarize(test.map(\.input))
        let right = zip(answers, test).filter { $0 == $1.target }.count
        #expect(right >= 48, "\(right) of 50")
    }

    @Test func severalSentencesKeepTheOrderOfTheText() throws {
        let student = try Make.student(["task": "generate"])
        try student.train(Self.documents(100))
        let text = "The first thing is here. The second thing is not here at all today. A third one follows."
        let whole = Sentences.split(text)
        for count in [1, 2, 3, 7] {
            let chosen = try #require(student.summarize([text], ["num_sentences": .integer(count)]).first)
                .split(separator: "\n").map(String.init)
            #expect(chosen.count == min(count, 3))
            let places = chosen.compactMap { whole.firstIndex(of: $0) }
            #expect(places == places.sorted() && places.count == chosen.count)
        }
    }

    @Test func hardTexts() throws {
        let student = try Make.student(["task": "generate"])
        try student.train(Self.documents(100))
        let long = String(repeating: "Another sentence of some words stands here. ", count: 24_000)  // 1 MB
        let answers = try student.summarize(["", "   ", "no end", long, "漢字。テスト。"])
        #expect(answers[0].isEmpty && answers[1].isEmpty && answers[2] == "no end")
        #expect(answers[3] == "Another sentence of some words stands here.")
        #expect(["漢字。", "テスト。"].contains(answers[4]))
        #expect(try student.summarize([]).isEmpty)
        let generation = try student.generate(["One two three."], options: Make.generation(), job: .silent())
        #expect(generation == [GeneratedText(text: "One two three.", tokenCount: 3)])
    }

    @Test func longTextsAreLearntFrom() throws {
        let long = (0..<20_000).map { "Sentence number \($0) speaks of thing\($0 % 50)." }.joined(
            separator: " ")
        let student = try Make.student(["task": "generate"])
        try student.train(
            Self.documents(30) + [Example(input: long, target: long), Example(input: "", target: "")])
        #expect(try student.summarize([long])[0].hasPrefix("Sentence number"))
    }

    @Test func nothingToChooseFromIsAnError() throws {
        let student = try Make.student(["task": "generate"])
        let single = [Example(input: "Just one sentence here.", target: "one sentence")]
        #expect(throws: LyceumError.self) { try student.train(single) }
        let foreign = [Example(input: "Some words here. Others there.", target: "nothing alike")]
        #expect(throws: LyceumError.self) { try student.train(foreign) }
    }

    @Test func savedAndLoadedItIsTheSame() throws {
        let student = try Make.student(["task": "generate"])
        try student.train(Self.documents(100))
        let texts = Self.documents(30, seed: 7).map(\.input)
        let before = try student.summarize(texts, ["num_sentences": 2])
        try withFolder(isMade: false) { folder in
            try student.save(to: folder)
            let loaded = try GBDTStudent(folder: folder)
            #expect(loaded.tasks == [.generate])
            #expect(try loaded.summarize(texts, ["num_sentences": 2]) == before)
        }
    }

    @Test func theOracleTakesWhatRaisesRouge() throws {
        let oracle = try SentenceOracle(
            sentences: ["alpha beta noise", "gamma delta", "other words", "alpha beta"],
            summary: "Alpha beta gamma delta")
        // F of 2/3 overlap words of 3 with 4; of 2 with 4; none; 2 of 2 with 4.
        #expect(zip(oracle.overlaps, [4 / 7.0, 4 / 6.0, 0, 4 / 6.0]).allSatisfy { isClose($0, $1) })
        #expect(oracle.chosen == [1, 3])
        #expect(zip(oracle.relevances, [2 / 7.0, 5 / 6.0, 0, 5 / 6.0]).allSatisfy { isClose($0, $1) })
        let none = try SentenceOracle(sentences: ["alpha"], summary: "")
        #expect(none.chosen.isEmpty && none.overlaps == [0])
        // A word counts as often as the summary has it.
        let clipped = try SentenceOracle(sentences: ["yes yes yes yes"], summary: "yes no")
        #expect(isClose(clipped.overlaps[0], 2 / 6.0))
    }

    @Test func everyFeatureIsAFiniteNumber() throws {
        let (vectorizer, _) = try TfidfVectorizer.fit(
            ["* A list: item 1.\n* Another One 23 45", "More text."], SentenceFeatures.options, threads: 1,
            job: .silent())
        let (sentences, rows) = try SentenceFeatures(vectorizer: vectorizer)
            .rows(of: "A title:\n* A list: item 1.\n* Another One 23 45\n\nUnknown wörds!")
        #expect(sentences.count == 4)
        for row in rows {
            #expect(row.count == SentenceFeatures.columnCount && row.allSatisfy(\.isFinite))
        }
        let names = (0..<SentenceFeatures.columnCount).map { SentenceFeatures.name(of: $0) }
        #expect(Set(names).count == names.count && names.contains("centroidSimilarity"))
        let column = try #require(names.firstIndex(of: "isListItem"))
        #expect(rows.map { $0[column] } == [0, 1, 1, 0])
    }
}
