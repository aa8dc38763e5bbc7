import LyceumKit
import TestServers
import Testing

@testable import Teaching

@Suite("replies of a structure")
struct StructureTests {
    private let schema: Value = [
        "type": "object", "required": ["label", "scores"],
        "properties": [
            "label": ["type": "string", "enum": ["good", "bad"]],
            "scores": ["type": "array", "items": ["$ref": "#/$defs/score"], "minItems": 1],
            "note": ["type": ["string", "null"], "maxLength": 5, "pattern": "^[a-z]+$"],
        ],
        "additionalProperties": false, "$defs": ["score": ["type": "number", "minimum": 0, "maximum": 1]],
    ]

    @Test(
        "what does not fit is named with its place",
        arguments: [
            (#"{"label":"good","scores":[0,0.5]}"#, nil), (#"{"label":"bad","scores":[1],"note":null}"#, nil),
            ("[]", "$: expected object, got []"), (#"{"label":"good"}"#, "$: the field 'scores' is missing"),
            (#"{"label":"meh","scores":[1]}"#, #"$.label: expected one of "good", "bad", got "meh""#),
            (#"{"label":"good","scores":[]}"#, "$.scores: expected at least 1.0 elements, got 0.0"),
            (#"{"label":"good","scores":[0.5,2]}"#, "$.scores[1]: expected at most 1.0, got 2.0"),
            (#"{"label":"good","scores":["1"]}"#, #"$.scores[0]: expected number, got "1""#),
            (#"{"label":"good","scores":[1],"x":1}"#, "$: the field 'x' is not in the schema"),
            (
                #"{"label":"good","scores":[1],"note":"toolong"}"#,
                "$.note: expected at most 5.0 characters, got 7.0"
            ),
            (
                #"{"label":"good","scores":[1],"note":"A"}"#,
                #"$.note: expected text that matches ^[a-z]+$, got "A""#
            ),
        ] as [(String, String?)])
    func mismatches(_ text: String, _ problem: String?) throws {
        #expect(try JSONSchema(schema).mismatch(try JSON.decode(text, name: "t")) == problem)
    }

    @Test("the short form asks for every field, and what cannot be checked is refused")
    func reading() throws {
        let short = try JSONSchema(["label": "string", "score": "number"])
        #expect(short.mismatch(["label": "x", "score": 1]) == nil)
        #expect(short.mismatch(["label": "x"]) == "$: the field 'score' is missing")
        #expect(short.value.object?["additionalProperties"] == false)
        let labels = try JSONSchema(["label": ["libs", "doc"], "score": "number"])
        #expect(
            labels.value.object?["properties"]?.object?["label"] == [
                "type": "string", "enum": ["libs", "doc"],
            ])
        #expect(labels.mismatch(["label": "doc", "score": 1]) == nil)
        #expect(labels.mismatch(["label": "net", "score": 1])?.contains("$.label") == true)
        let whole = try JSONSchema([
            "type": "object", "properties": ["tags": ["type": "array", "items": ["a", "b"]]],
        ])
        #expect(whole.mismatch(["tags": ["a"]]) == nil && whole.mismatch(["tags": ["c"]]) != nil)
        // What is a schema already stays one.
        #expect(try JSONSchema(["enum": ["a", "b"]]).mismatch("a") == nil)
        let choice = try JSONSchema(["anyOf": [["type": "string"], ["type": "integer"]]])
        #expect(choice.mismatch(3) == nil && choice.mismatch(0.5) == "$: expected string, got 0.5")
        for bad: Value in [
            ["type": "text"], ["type": "object", "patternProperties": [:]], ["$ref": "#/$defs/no"], 3,
            ["type": "string", "pattern": "("],
        ] {
            let error = try #require(throws: LyceumError.self) { try JSONSchema(bad) }
            #expect(error.description.hasPrefix("teacher.open: option 'schema': expected a JSON schema"))
        }
        // A schema that leads back to itself ends.
        let endless = try JSONSchema(["$ref": "#"])
        #expect(endless.mismatch(1)?.contains("nested too deeply") == true)
    }

    @Test("a reply that does not fit is asked for once more, with what was wrong")
    func repair() throws {
        let server = try LoopbackServer { request in
            let asked = (try? question(request)) ?? ""
            if asked.hasPrefix("That does not fit") {
                return LoopbackServer.Reply(
                    200, completion(request.text.contains("q2") ? "still no" : #"{"label":"good"}"#))
            }
            let first = asked == "q0" ? "```json\n{\"label\": \"bad\"}\n```" : "The label is good."
            return LoopbackServer.Reply(200, completion(first))
        }
        defer { server.stop() }
        let teacher = try open(server.baseURL, ["schema": ["label": "string"]])
        let result = TeacherRun.run(questions(3), teacher: teacher, job: .silent())
        #expect(result.replies.map { $0?.text } == [#"{"label": "bad"}"#, #"{"label":"good"}"#, nil])
        #expect(result.failures.map(\.row) == [2])
        #expect(result.failures.first?.reason.contains("after a second try: it is not JSON") == true)
        #expect(server.requests.count == 5)
        let bodies = try server.requests.map { try JSON.decode($0.body, name: "b").object ?? [:] }
        #expect(
            bodies.allSatisfy { $0["response_format"]?.object?["type"] == "json_schema" })
        let repairs = bodies.filter { ($0["messages"]?.list?.count ?? 0) == 3 }
        #expect(repairs.count == 2)
        #expect(
            repairs.first?["messages"]?.list?[1] == ["role": "assistant", "content": "The label is good."])
    }

    @Test(
        "a server that refuses the field is asked in words, which is remembered, and nothing is bought twice")
    func inWords() throws {
        let server = try LoopbackServer { request in
            request.text.contains("response_format")
                ? LoopbackServer.Reply(
                    400, serverError("'response_format' of type json_schema is not supported"))
                : LoopbackServer.Reply(200, completion(#"{"label":"good"}"#))
        }
        defer { server.stop() }
        let teacher = try open(
            server.baseURL, ["schema": ["label": "string"], "system": "Be kind.", "concurrency": 1])
        let before = teacher.sent(questions(1)[0])
        let notes = Notes()
        let job = Job("asking", listener: notes.listener)
        let first = TeacherRun.run(questions(3), teacher: teacher, job: job)
        #expect(first.replies.map { $0?.text } == Array(repeating: #"{"label":"good"}"#, count: 3))
        #expect(server.requests.count == 4, "one refusal")
        _ = TeacherRun.run(questions(2), teacher: teacher, job: job)
        #expect(server.requests.count == 6, "the teacher remembers")
        #expect(notes.lines.count { $0.contains("refuses the schema ('response_format' of type") } == 1)
        #expect(teacher.sent(questions(1)[0]) == before, "replies are found under the same request")
        let last = try JSON.decode(try #require(server.requests.last).body, name: "b").object?["messages"]?
            .list
        let system = last?.first?.object?["content"]?.string ?? ""
        #expect(last?.count == 2 && last?.first?.object?["role"] == "system")
        #expect(system.hasPrefix("Be kind.\n\nAnswer with nothing but JSON") && system.contains(#""label""#))
    }

    @Test("many refusals at once are one note; a refusal for another reason is none, nor is one without end")
    func refusals() throws {
        let server = try LoopbackServer { request in
            let hasField = request.text.contains("response_format")
            let problem = (try? question(request)) == "q1" ? "bad words" : "no json_schema here"
            return hasField || problem == "bad words"
                ? LoopbackServer.Reply(400, serverError(problem), delay: 0.05)
                : LoopbackServer.Reply(200, completion(#"{"label":"good"}"#))
        }
        defer { server.stop() }
        let notes = Notes()
        let teacher = try open(server.baseURL, ["schema": ["label": "string"], "concurrency": 8])
        let result = TeacherRun.run(
            questions(6), teacher: teacher, job: Job("asking", listener: notes.listener))
        #expect(result.failures.map(\.row) == [1] && result.replyCount == 5)
        #expect(notes.lines.count { $0.contains("refuses the schema") } == 1, "\(notes.lines)")
        let stubborn = try LoopbackServer { _ in
            LoopbackServer.Reply(400, serverError("response_format it is"))
        }
        defer { stubborn.stop() }
        let never = TeacherRun.run(
            questions(1), teacher: try open(stubborn.baseURL, ["schema": ["label": "string"]]), job: .silent()
        )
        #expect(never.failures.first?.reason.contains("response_format it is") == true)
        #expect(stubborn.requests.count == 2)
    }

    @Test("a schema and a format of one's own exclude each other")
    func both() throws {
        let error = try #require(throws: LyceumError.self) {
            try open(
                "http://localhost", ["schema": ["a": "string"], "response_format": ["type": "json_object"]])
        }
        #expect(error.description.contains("option 'response_format': expected no schema next to it"))
    }
}
