/// The contract that every student must satisfy, whoever wrote it, tried on a small one.
///
/// `lyceum plugin check` runs it and prints a table; a plugin's own tests run it like this:
///
/// ```swift
/// for contract in StudentContract.all(of: MyStudent.registration) {
///     for outcome in contract.run() { #expect(outcome.isKept, "\(outcome)") }
/// }
/// ```
///
/// It trains about forty students for a few steps each. `StudentArchitecture.trial` says what makes one small.
public struct StudentContract: Contract {
    /// One thing that is promised.
    public enum Clause: String, ContractClause {
        case declarations, making, untrained, wiring, training, precision, answering, stepping, searching,
            serving, texts
        case saving, continuing, determinism, cancelling, resuming, mistakes, extremes, data, damage

        /// What is promised, in one line.
        public var meaning: String {
            switch self {
            case .declarations: return "every option has a text and a default that it allows itself"
            case .making: return "a student of the trial options says what it is and can do"
            case .untrained: return "before training it answers, or says that it cannot yet"
            case .wiring: return "every module and parameter of the network is registered"
            case .training: return "a few steps give a report with a finite loss, and progress on the way"
            case .precision: return "it trains and answers in bf16, and in what \"auto\" takes here"
            case .answering: return "one answer for each input, in order"
            case .stepping: return "written token by token a text has the states it has when read as a whole"
            case .searching: return "beams, several returned texts and sampling give a text for each input"
            case .serving: return "requests that join and leave between steps get what they get alone"
            case .texts: return "empty, long and odd texts get an answer"
            case .saving: return "a saved student loads, and gives the same answers"
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

        /// All but the first few need a student that can be trained.
        public var needs: [Clause] {
            switch self {
            case .declarations, .making: return []
            case .untrained, .wiring: return [.making]
            case .training: return [.making, .wiring]
            case .saving, .texts, .stepping, .searching, .serving:
                return [.making, .wiring, .training, .answering]
            case .continuing, .damage: return [.making, .wiring, .training, .saving]
            default: return [.making, .wiring, .training]
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
    /// - Parameters:
    ///   - architecture: what is tried.
    ///   - task: an architecture with an option `task` is given it.
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

    /// Tries one clause.
    public func attempt(_ clause: Clause) throws {
        switch clause {
        case .declarations: try checkDeclarations()
        case .making: try checkMaking()
        case .untrained: try checkUntrained()
        case .wiring: try checkWiring()
        case .training: try checkTraining()
        case .precision: try checkPrecision()
        case .answering: try checkAnswering()
        case .stepping: try checkStepping()
        case .searching: try checkSearching()
        case .serving: try checkServing()
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
}
