import Foundation
import LyceumKit
import Testing

@testable import Teaching

/// Real pairs, written by scripts/fixtures/retrieval.py.
struct Packages {
    let documents: [String]
    let summaries: [String]
    let sections: [String]

    init() throws {
        guard let url = Bundle.module.url(forResource: "Fixtures/packages.jsonl", withExtension: nil) else {
            throw LyceumError.file(
                path: "packages.jsonl", line: nil, problem: "is not a fixture", remedy: nil)
        }
        let records = try Files.read(url.path).split(separator: UInt8(ascii: "\n")).map {
            try JSON.decode(Array($0), name: "packages.jsonl")
        }
        func column(_ name: String) -> [String] { records.compactMap { $0.object?[name]?.string } }
        documents = column("document")
        summaries = column("summary")
        sections = column("section")
    }

    func teacher(task: RetrievalTeacher.Task? = nil) throws -> RetrievalTeacher {
        try RetrievalTeacher(
            pairs: zip(documents, summaries).map { (input: $0, target: $1) }, inputName: "document",
            targetName: "summary", task: task)
    }
}

@Suite("Retrieval teacher")
struct RetrievalTeacherTests {
    let packages: Packages

    init() throws { packages = try Packages() }

    private func ask(_ teacher: RetrievalTeacher, _ field: String, _ texts: [String]) -> [TeacherReply?] {
        let requests = texts.map {
            TeacherRequest(messages: [ChatMessage(.user, "…\($0)")], fields: [field: $0])
        }
        return TeacherRun.run(requests, teacher: teacher, job: .silent()).replies
    }

    private func flat(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private func words(_ text: String) -> Set<Substring> {
        Set(text.lowercased().split { !$0.isLetter && !$0.isNumber })
    }

    @Test("an expansion is made of background sentences, none from the request's own pair")
    func expands() throws {
        let replies = ask(try packages.teacher(), "summary", packages.summaries)
        let split = packages.documents.map { Sentences.split($0).map(flat) }
        let flatDocuments = packages.documents.map(flat)
        var unmatched = 0
        for (row, reply) in replies.enumerated() {
            let text = try #require(reply).text
            if reply?.finishReason == RetrievalTeacher.noMatch {
                unmatched += 1
                continue
            }
            // Rebuild the text from sentences of the other documents, longest match first.
            let others = packages.documents.indices.filter { flatDocuments[$0] != flatDocuments[row] }
            let sentences = Set(others.flatMap { split[$0] })
            var rest = text[...]
            while !rest.isEmpty {
                let next = sentences.filter { rest.hasPrefix($0) }.max { $0.count < $1.count }
                guard let next else { break }
                rest = rest.dropFirst(next.count).drop(while: \.isWhitespace)
            }
            #expect(rest.isEmpty, "row \(row): \(rest.prefix(80))")
        }
        #expect(unmatched < 3)
    }

    @Test("an expansion is about its request, and as long as the background's documents")
    func expansionFits() throws {
        let replies = ask(try packages.teacher(), "summary", packages.summaries).compactMap { $0?.text }
        var own = 0.0
        var other = 0.0
        for (row, text) in replies.enumerated() {
            let wanted = words(packages.summaries[row])
            own += Double(wanted.intersection(words(text)).count) / Double(wanted.count)
            let stranger = words(replies[(row + 50) % replies.count])
            other += Double(wanted.intersection(stranger).count) / Double(wanted.count)
        }
        #expect(own > 2 * other, "\(own) against \(other)")
        func meanLength(_ texts: [String]) -> Double {
            Double(texts.reduce(0) { $0 + $1.split(separator: " ").count }) / Double(texts.count)
        }
        let ratio = meanLength(replies) / meanLength(packages.documents)
        #expect((0.7...1.5).contains(ratio), "\(ratio)")
    }

    @Test("a summary is a sentence of the document or somebody else's summary, and fits")
    func summarizes() throws {
        let replies = ask(try packages.teacher(), "document", packages.documents).compactMap { $0?.text }
        #expect(replies.count == packages.documents.count)
        var own = 0.0
        var other = 0.0
        for (row, text) in replies.enumerated() {
            let sentences = Sentences.split(packages.documents[row]).map(flat)
            let strangers = packages.summaries.indices.filter { $0 != row }.map { packages.summaries[$0] }
            #expect(sentences.contains(text) || strangers.contains(text), "row \(row): \(text)")
            own += Double(words(text).intersection(words(packages.summaries[row])).count)
            let stranger = packages.summaries[(row + 50) % replies.count]
            other += Double(words(text).intersection(words(stranger)).count)
        }
        #expect(own > 3 * other, "\(own) against \(other)")
    }

    @Test("neighbours vote for the right section far more often than chance")
    func classifies() throws {
        let pairs = zip(packages.documents, packages.sections).map { (input: $0, target: $1) }
        let teacher = try RetrievalTeacher(
            pairs: pairs, inputName: "text", targetName: "label", task: .classify)
        let labels = ask(teacher, "text", packages.documents).compactMap { $0?.text }
        let right = zip(labels, packages.sections).count { $0 == $1 }
        #expect(Set(labels).isSubset(of: Set(packages.sections)))
        // Chance is one in eight; the request's own pair has no vote.
        #expect(right * 2 > packages.documents.count, "\(right) of \(packages.documents.count)")
    }

    @Test("equal requests get equal replies, in any order and in any process")
    func isDeterministic() throws {
        let first = ask(try packages.teacher(), "summary", packages.summaries).map { $0?.text }
        let second = ask(try packages.teacher(), "summary", packages.summaries.reversed()).map { $0?.text }
        #expect(first == second.reversed())
        #expect(first.count == 112)
    }

    @Test("a request that shares no word with the background says so", arguments: ["zzyzx qwrtp", "…", "日本"])
    func noMatch(_ text: String) throws {
        let teacher = try packages.teacher()
        let expanded = ask(teacher, "summary", [text]).first ?? nil
        #expect(expanded?.finishReason == RetrievalTeacher.noMatch && expanded?.text == text)
        let summary = ask(teacher, "document", ["\(text). Qwx."]).first ?? nil
        #expect(summary?.finishReason == RetrievalTeacher.noMatch && summary?.text.isEmpty == false)
    }

    @Test("the prompt's variable tells the task; the option goes before it")
    func tasks() throws {
        let text = "library for reading and writing mail archives"
        func reply(_ teacher: RetrievalTeacher, _ request: TeacherRequest) throws -> String {
            let result = TeacherRun.run([request], teacher: teacher, job: .silent())
            if let stopped = result.stopped { throw stopped }
            return result.replies.first??.text ?? ""
        }
        let plain = try packages.teacher()
        let expanded = try reply(plain, TeacherRequest(messages: [], fields: ["summary": text]))
        let summarized = try reply(plain, TeacherRequest(messages: [], fields: ["document": text]))
        #expect(expanded.count > summarized.count)
        #expect(try reply(plain, TeacherRequest(messages: [ChatMessage(.user, text)])) == summarized)
        let expander = try packages.teacher(task: .expand)
        #expect(try reply(expander, TeacherRequest(messages: [], fields: ["other": text])) == expanded)
        for fields in [["other": text], ["summary": text, "document": text]] {
            let error = #expect(throws: LyceumError.self) {
                try reply(plain, TeacherRequest(messages: [], fields: fields))
            }
            #expect(error?.description.contains("'summary' (to expand) or 'document' (to summarize)") == true)
        }
        #expect(throws: LyceumError.self) { try reply(plain, TeacherRequest(messages: [])) }
    }

    @Test("an empty text fails its row; no background, or a cancelled job, fails the whole")
    func badRequests() throws {
        let teacher = try packages.teacher()
        let requests = ["  ", "mail"].map { TeacherRequest(messages: [], fields: ["summary": $0]) }
        let result = TeacherRun.run(requests, teacher: teacher, job: .silent())
        #expect(result.failures.map(\.row) == [0] && result.replies[1] != nil)
        #expect(throws: LyceumError.self) {
            try RetrievalTeacher(pairs: [], inputName: "a", targetName: "b")
        }
        let job = Job.silent()
        job.cancel()
        let stopped = TeacherRun.run(requests, teacher: teacher, job: job)
        #expect(stopped.stopText == "interrupted: 0 of 2 replies received")
        #expect(throws: LyceumError.cancelled("")) {
            try RetrievalTeacher(pairs: [("a", "b")], inputName: "a", targetName: "b", job: job)
        }
    }

    @Test("its card says that it is not a language model")
    func card() throws {
        let card = try packages.teacher().card
        #expect(card.first?.value.contains("without a language model") == true)
        #expect(card.contains { $0.value.hasPrefix("112 pairs") })
    }
}
