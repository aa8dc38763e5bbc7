import Synchronization

/// What everything of one kind keeps to, whoever wrote it: clauses that can be tried one by one.
///
/// `lyceum plugin check` runs the contracts of what a plugin brings and prints a table; a plugin's own tests run them
/// like this:
///
/// ```swift
/// for outcome in MetricContract(myMetric).run() { #expect(outcome.isKept, "\(outcome)") }
/// ```
public protocol Contract {
    /// The promises.
    associatedtype Clause: ContractClause
    /// Tries one.
    ///
    /// - Throws: `ContractFault`, or whatever the thing under trial throws where it should not.
    func attempt(_ clause: Clause) throws
}

/// A promise of a contract.
public protocol ContractClause: RawRepresentable, CaseIterable, Sendable where RawValue == String {
    /// What is promised, in one line.
    var meaning: String { get }
    /// The clauses without which this one cannot be tried.
    var needs: [Self] { get }
}

extension ContractClause {
    /// None.
    public var needs: [Self] { [] }
}

/// Why a clause is not kept, or cannot be tried.
public enum ContractFault: Error, CustomStringConvertible {
    /// A promise that is not kept.
    case broken(String)
    /// A promise that was not made.
    case nothingToTry(String)

    /// The reason.
    public var description: String {
        switch self {
        case .broken(let why), .nothingToTry(let why): return why
        }
    }
}

/// How a clause was found.
public struct ContractOutcome: Sendable, CustomStringConvertible {
    /// What a trial shows.
    public enum Verdict: Sendable, Equatable {
        /// The promise is kept.
        case kept
        /// It is not, and why.
        case broken(String)
        /// There is nothing to try, and why.
        case notApplicable(String)
    }

    /// The clause's name.
    public let clause: String
    /// What the trial showed.
    public let verdict: Verdict

    /// Whether the clause passed, or had nothing to try.
    public var isKept: Bool {
        if case .broken = verdict { return false }
        return true
    }

    /// "saving: kept", or what is wrong.
    public var description: String {
        switch verdict {
        case .kept: return "\(clause): kept"
        case .broken(let why): return "\(clause): broken: \(why)"
        case .notApplicable(let why): return "\(clause): not tried: \(why)"
        }
    }
}

/// One trial at a time: networks draw from the one generator of the process.
private let turn = Mutex(())

extension Contract {
    /// Tries clauses in order. One that needs a broken one is not tried again.
    ///
    /// - Parameters:
    ///   - clauses: which ones; all unless given.
    ///   - begins: called with each clause before it is tried: if the process ends, it did so in the last one.
    /// - Returns: an outcome for each clause.
    public func run(_ clauses: [Clause]? = nil, begins: (Clause) -> Void = { _ in }) -> [ContractOutcome] {
        var broken: Set<String> = []
        return (clauses ?? Array(Clause.allCases)).map { clause in
            begins(clause)
            let verdict: ContractOutcome.Verdict
            if let missing = clause.needs.first(where: { broken.contains($0.rawValue) }) {
                verdict = .notApplicable("\(missing.rawValue) is broken")
            } else {
                verdict = turn.withLock { _ in self.verdict(on: clause) }
            }
            if case .broken = verdict { broken.insert(clause.rawValue) }
            return ContractOutcome(clause: clause.rawValue, verdict: verdict)
        }
    }

    private func verdict(on clause: Clause) -> ContractOutcome.Verdict {
        do {
            try attempt(clause)
            return .kept
        } catch ContractFault.nothingToTry(let why) {
            return .notApplicable(why)
        } catch {
            return .broken(LyceumError.text(of: error))
        }
    }

    /// Throws `ContractFault.broken` unless `condition` holds.
    func expect(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
        if !condition { throw ContractFault.broken(reason()) }
    }

    /// The error that `body` throws.
    ///
    /// - Throws: `ContractFault.broken` if it throws none.
    func error(_ what: String, _ body: () throws -> Void) throws -> any Error {
        do { try body() } catch { return error }
        throw ContractFault.broken("\(what) is not an error")
    }

    /// Throws unless `body` throws `LyceumError.cancelled`.
    func expectCancelled(_ what: String, _ body: () throws -> Void) throws {
        let failure = try error(what, body)
        guard case LyceumError.cancelled = failure else {
            throw ContractFault.broken("\(what) throws '\(failure)' instead of LyceumError.cancelled")
        }
    }

    /// Names, texts and defaults of options.
    func checkDeclared(_ id: String, _ summary: String, _ groups: [(String, [OptionDeclaration])]) throws {
        try expect(!id.isEmpty, "the id is empty")
        try expect(
            id == id.lowercased() && !id.contains(" "), "the id '\(id)' is not in lower case without spaces")
        try expect(!summary.isEmpty, "the summary is empty")
        for (name, options) in groups {
            var seen: Set<String> = []
            for option in options {
                let place = "the \(name) option '\(option.name)'"
                try expect(seen.insert(option.name).inserted, "\(place) is declared twice")
                try expect(!option.doc.isEmpty, "\(place) has no doc")
                if let value = option.defaultValue { _ = try option.check(value, function: place) }
            }
        }
    }

    /// The options at their defaults.
    ///
    /// - Throws: `ContractFault.nothingToTry` if one must be given.
    func defaults(_ declared: [OptionDeclaration], function: String) throws -> Options {
        if let required = declared.first(where: \.isRequired) {
            throw ContractFault.nothingToTry("its option '\(required.name)' has no default")
        }
        return try Options(declared: declared, function: function)
    }
}
