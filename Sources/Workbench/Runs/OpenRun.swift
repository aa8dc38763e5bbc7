import Lab
import LyceumKit

/// A run to look at: one of the lab, or one that has just ended and that the lab could not record.
public final class OpenRun {
    /// Its number; nil if it was not recorded.
    public let number: Int?
    /// What the training returned, if this session did it.
    private let report: TrainingReport?
    private let ownTitle: String
    /// The session whose lab it is in.
    public let session: WorkSession

    /// A run that this session has done.
    public init(_ result: TrainingResult, of student: any Student, in session: WorkSession) {
        number = result.run
        report = result.report
        self.session = session
        ownTitle = "training \(student.architecture)"
    }

    /// A run of the lab.
    public init(_ number: Int, in session: WorkSession) {
        self.number = number
        self.session = session
        report = nil
        ownTitle = ""
    }

    /// What the lab knows of it now.
    ///
    /// - Throws: `LyceumError.unsupported` if it was not recorded, `LyceumError.unknownName` if it was deleted.
    public func record() throws -> RunRecord { try session.lab.store.run(try recordedNumber()) }

    /// Its number in the lab.
    ///
    /// - Throws: `LyceumError.unsupported` if it was not recorded.
    public func recordedNumber() throws -> Int {
        guard let number else {
            throw LyceumError.unsupported(
                "this run is not in the lab", remedy: "it could not be recorded while it went on")
        }
        return number
    }

    /// What the lab knows of it, if it knows anything.
    public var knownRecord: RunRecord? { number == nil ? nil : try? record() }

    /// The curves by name.
    public func history() throws -> [String: [TrainingReport.Point]] {
        if let report { return report.history }
        return try session.lab.store.history(of: try recordedNumber()).filter {
            !Self.totals.contains($0.key)
        }
    }

    /// A curve.
    ///
    /// - Throws: `LyceumError.unknownName` with those that there are.
    public func curve(_ name: String) throws -> [TrainingReport.Point] {
        let history = try history()
        guard let points = history[name] else {
            throw LyceumError.unknownName(
                kind: "figure", name: name, known: history.keys.sorted(),
                remedy: history.isEmpty ? "this run has recorded none" : nil)
        }
        return points
    }

    /// Figures that are not curves: what they are at the end is all there is to them.
    static let totals: Set<String> = ["epochs", "tokens"]

    /// What it is called.
    public var title: String { knownRecord?.title ?? ownTitle }

    /// Optimizer steps done.
    public var steps: Int? { report?.steps ?? knownRecord?.steps }

    /// The last point of a figure.
    public func last(_ name: String) -> Double? {
        report?.history[name]?.last?.value ?? knownRecord?.metrics[name]?.value
    }

    /// Passes over the data.
    public var epochs: Double? { report?.epochs ?? last("epochs") }

    /// Wall-clock time.
    public var seconds: Double? { report?.seconds ?? knownRecord?.seconds }

    /// Tokens trained on.
    public var tokens: Int? { report?.tokens ?? last("tokens").flatMap { Int(exactly: $0) } }

    /// The folder of the last checkpoint that is still there.
    public var checkpoint: String? {
        if let report { return report.checkpoint }
        guard let number, let artifacts = try? session.lab.store.artifacts(of: number) else { return nil }
        return artifacts.last { $0.kind == "checkpoint" && Files.isFolder($0.path) }?.path
    }
}
