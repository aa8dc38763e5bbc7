import Synchronization

/// What every student keeps to, whoever wrote it, tried on a small one.
///
/// `lyceum plugin check` runs it and prints a table; a plugin's own tests run it like this:
///
/// ```swift
/// for contract in StudentContract.all(of: MyStudent.registration) {
///     for outcome in contract.run() { #expect(outcome.isKept, "\(outcome)") }
/// }
/// ```
///
/// It trains about thirty students for a few steps each. `StudentArchitecture.trial` says what makes one small.
public struct StudentContract {
    /// One thing that is promised.
    public enum Clause: String, Sendable, CaseIterable {
        case declarations, making, untrained, training, answering, texts, saving, continuing, determinism
        case cancelling, resuming, mistakes, extremes, data, damage

        /// What is promised, in one line.
        public var meaning: String {
            switch self {
            case .declarations: return "every option has a text and a default that it allows itself"
            case .making: return "a student of the trial options says what it is and can do"
            case .untrained: return "before training it answers, or says that it cannot yet"
            case .training: return "a few steps give a report with a finite loss, and progress on the way"
            case .answering: return "one answer for each input, in order"
            case .texts: return "empty, long and odd texts get an answer"
            case .saving: return "a saved student loads, and answers alike"
            case .continuing: return "a loaded student trains on"
            case .determinism: return "equal seeds give equal students"
            case .cancelling: return "a cancelled run says so, and leaves a student that works"
            case .resuming: return "a resumed run ends where an uninterrupted one does"
            case .mistakes: return "unknown and wrong options are errors that name them"
            case .extremes: return "the least and every choice of each option trains, or is refused"
            case .data: return "no data, and data that cannot be read, are errors"
            case .damage: return "a folder that is damaged is refused"
            }
        }
    }

    /// How a clause was found.
    public struct Outcome: Sendable, CustomStringConvertible {
        /// What a trial shows.
        public enum Verdict: Sendable, Equatable {
            /// The promise is kept.
            case kept
            /// It is not, and why.
            case broken(String)
            /// There is nothing to try, and why.
            case notApplicable(String)
        }

        /// What was promised.
        public let clause: Clause
        /// What the trial showed.
        public let verdict: Verdict

        /// Whether nothing is held against the student.
        public var isKept: Bool {
            if case .broken = verdict { return false }
            return true
        }

        /// "saving: kept", or what is wrong.
        public var description: String {
            switch verdict {
            case .kept: return "\(clause.rawValue): kept"
            case .broken(let why): return "\(clause.rawValue): broken: \(why)"
            case .notApplicable(let why): return "\(clause.rawValue): not tried: \(why)"
            }
        }
    }

    /// Whom it is about.
    public let architecture: StudentArchitecture
    /// What the student shall do.
    public let task: StudentTask
    /// The options of the student under trial.
    let trial: [String: Value]

    /// A contract for one task.
    ///
    /// - Parameter task: an architecture with an option `task` is given it.
    public init(_ architecture: StudentArchitecture, task: StudentTask) {
        self.architecture = architecture
        self.task = task
        var trial = architecture.trial
        let choosesTask = architecture.configuration.contains {
            guard case .choice(let choices) = $0.kind else { return false }
            return $0.name == "task" && choices.contains(task.rawValue)
        }
        if choosesTask { trial["task"] = .string(task.rawValue) }
        self.trial = trial
    }

    /// A contract for each task of an architecture.
    public static func all(of architecture: StudentArchitecture) -> [StudentContract] {
        architecture.tasks.map { StudentContract(architecture, task: $0) }
    }

    /// One trial at a time: networks draw from the one generator of the process.
    private static let turn = Mutex(())

    /// Tries the clauses, in order; one that cannot be tried because an earlier one is broken is broken, too.
    ///
    /// - Parameters:
    ///   - clauses: which ones.
    ///   - begins: told each clause before it is tried: a student that ends the process did so in the last one.
    /// - Returns: an outcome for each clause.
    public func run(_ clauses: [Clause] = Clause.allCases, begins: (Clause) -> Void = { _ in }) -> [Outcome] {
        clauses.map { clause in
            begins(clause)
            return Self.turn.withLock { _ in Outcome(clause: clause, verdict: verdict(on: clause)) }
        }
    }

    private func verdict(on clause: Clause) -> Outcome.Verdict {
        do {
            try attempt(clause)
            return .kept
        } catch let broken as Broken {
            return .broken(broken.reason)
        } catch let nothing as NothingToTry {
            return .notApplicable(nothing.reason)
        } catch {
            return .broken("\(error)")
        }
    }

    private func attempt(_ clause: Clause) throws {
        switch clause {
        case .declarations: try checkDeclarations()
        case .making: try checkMaking()
        case .untrained: try checkUntrained()
        case .training: try checkTraining()
        case .answering: try checkAnswering()
        case .texts: try checkTexts()
        case .saving: try checkSaving()
        case .continuing: try checkContinuing()
        case .determinism: try checkDeterminism()
        case .cancelling: try checkCancelling()
        case .resuming: try checkResuming()
        case .mistakes: try checkMistakes()
        case .extremes: try checkExtremes()
        case .data: try checkData()
        case .damage: try checkDamage()
        }
    }

    /// A promise that is not kept.
    struct Broken: Error { let reason: String }
    /// A promise that this student does not make.
    struct NothingToTry: Error { let reason: String }

    /// Throws `Broken` unless `condition` holds.
    func expect(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
        if !condition { throw Broken(reason: reason()) }
    }
}
