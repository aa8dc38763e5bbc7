import LyceumKit
import Testing

/// A metric with a mistake on demand, and the clause that must notice it.
private enum MetricFault: String, CaseIterable {
    case shouts, dropsOne, notANumber, twice, oneReference, diesOfEmpty, random, ignoresCancel

    var clause: MetricContract.Clause {
        switch self {
        case .shouts: return .declarations
        case .dropsOne, .twice: return .counts
        case .notANumber: return .finite
        case .oneReference: return .references
        case .diesOfEmpty: return .texts
        case .random: return .determinism
        case .ignoresCancel: return .cancelling
        }
    }
}

private struct Trouble: Error {}

private func metric(_ fault: MetricFault? = nil) -> Metric {
    Metric(id: fault == .shouts ? "Words Shared" : "shared", summary: "share of words") {
        predictions, references, _, job in
        var values: [Double] = []
        for (text, own) in zip(predictions, references) {
            if fault != .ignoresCancel { try job.checkCancelled() }
            if fault == .oneReference, own.count > 1 { throw Trouble() }
            if fault == .diesOfEmpty, text.count > 4000 { throw Trouble() }
            let words = text.split(separator: " ")
            let known = Set(own.flatMap { $0.split(separator: " ") })
            let share = Double(words.count { known.contains($0) }) / Double(words.count)
            values.append(words.isEmpty && fault != .notANumber ? 0 : share)
        }
        if fault == .dropsOne { values = Array(values.dropLast()) }
        if fault == .random { values = values.map { _ in Double.random(in: 0...1) } }
        return [("shared", values)] + (fault == .twice ? [("shared", values)] : [])
    }
}

/// A teacher with a mistake on demand.
private final class Parrot: Teacher {
    enum Fault: String, CaseIterable {
        case untitled, misnamed, skips, repeats, beyond, empty, diesOfEmpty, forgetful, ignoresCancel,
            swallows

        var clause: TeacherContract.Clause {
            switch self {
            case .untitled: return .declarations
            case .misnamed: return .opening
            case .skips, .repeats, .beyond, .empty: return .answering
            case .diesOfEmpty: return .texts
            case .forgetful: return .keeping
            case .ignoresCancel: return .cancelling
            case .swallows: return .receiving
            }
        }
    }

    let fault: Fault?
    var kind: String { fault == .misnamed ? "cockatoo" : "parrot" }
    let name = "parrot"
    var card: [(name: String, value: String)] { [] }

    init(_ fault: Fault?) { self.fault = fault }

    static func kind(_ fault: Fault? = nil) -> TeacherKind {
        TeacherKind(id: "parrot", summary: fault == .untitled ? "" : "repeats") { _ in Parrot(fault) }
    }

    func sent(_ request: TeacherRequest) -> SentRequest? {
        SentRequest(server: "", model: name, messages: fault == .forgetful ? [] : request.messages)
    }

    func answer(
        _ requests: [TeacherRequest], job: Job,
        receive: (_ index: Int, _ result: Result<TeacherReply, any Error>) throws -> Void
    ) throws {
        for (index, request) in requests.enumerated() {
            if fault != .ignoresCancel { try job.checkCancelled() }
            let text = request.messages.last?.content ?? ""
            if fault == .diesOfEmpty, text.isEmpty { throw Trouble() }
            if fault == .skips, index == 1 { continue }
            let reply = TeacherReply(text: fault == .empty ? " " : "said: \(text)", model: name)
            do {
                try receive(fault == .beyond ? index + 1 : index, .success(reply))
                if fault == .repeats { try receive(index, .success(reply)) }
            } catch { if fault != .swallows { throw error } }
        }
    }
}

@Suite struct OtherContractTests {
    @Test func anHonestMetricKeepsIt() {
        let outcomes = MetricContract(metric()).run()
        #expect(outcomes.filter { $0.verdict != .kept }.map(\.description) == [])
    }

    @Test(arguments: MetricFault.allCases)
    private func aMetricsFaultIsFound(fault: MetricFault) {
        let outcomes = MetricContract(metric(fault)).run([fault.clause])
        #expect(outcomes.allSatisfy { !$0.isKept }, "\(outcomes)")
    }

    @Test func anHonestTeacherKeepsIt() {
        let outcomes = TeacherContract(Parrot.kind()).run()
        #expect(outcomes.filter { $0.verdict != .kept }.map(\.description) == [])
    }

    @Test(arguments: Parrot.Fault.allCases)
    private func aTeachersFaultIsFound(fault: Parrot.Fault) {
        let outcomes = TeacherContract(Parrot.kind(fault)).run([fault.clause])
        #expect(outcomes.allSatisfy { !$0.isKept }, "\(outcomes)")
    }
}
