import Corpus
import Lab
import LyceumKit

/// A student of this session, with the architecture that declares its options.
///
/// Used from one thread, as the student itself.
public final class OpenStudent {
    /// The student.
    public let student: any Student
    /// What its options are.
    public let architecture: StudentArchitecture
    /// Where it comes from, for its runs: the options it was made with ("student.d_model"), or its folder.
    public let origin: [String: Value]
    /// The run of the lab that trained it last; nil if none did.
    public internal(set) var run: Int?
    /// The template that its inputs were made with, if that is known; saved with it.
    public var template: StudentTemplate?

    /// Takes a student.
    ///
    /// - Parameter origin: the options it was made with, or `folder`.
    public init(_ student: any Student, architecture: StudentArchitecture, origin: [String: Value]) {
        self.student = student
        self.architecture = architecture
        self.origin = Dictionary(
            origin.map { ("student.\($0.key)", $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// What a run of this student is started with.
    ///
    /// - Parameters:
    ///   - name: what it is called; nil names it by architecture and data.
    ///   - data: what it reads.
    ///   - options: those in force, those that name columns included.
    ///   - fingerprints: of the datasets by role; those that are nil are left out.
    func start(
        _ kind: RunKind, name: String?, over data: Dataset, options: Options,
        data fingerprints: [String: String?], in session: WorkSession
    ) -> RunStart {
        var all = origin.merging(options.values) { _, own in own }
        all["name"] = nil
        all["architecture"] = .string(student.architecture)
        all["rows"] = .integer(data.count)
        let title = "\(student.architecture) \(kind == .train ? "on" : "over") \(data.name)"
        return RunStart(
            kind: kind, title: name ?? title, options: all, seed: options.optionalInt("seed"),
            data: fingerprints.compactMapValues { $0 },
            versions: session.versions(ofPlugins: { manifest in
                manifest.students.contains { $0.id == self.architecture.id }
            }), parents: data.runs + (run.map { [$0] } ?? []))
    }
}

extension WorkSession {
    /// Makes an untrained student.
    ///
    ///     let t5 = try session.makeStudent("t5", ["d_model": 64, "num_layers": 1])
    ///
    /// - Parameters:
    ///   - architecture: an id or alias of `plugins.students`.
    ///   - given: its options.
    /// - Throws: `LyceumError.unknownName`, `LyceumError.unknownOption`, `LyceumError.badOption`.
    public func makeStudent(_ architecture: String, _ given: [String: Value] = [:]) throws -> OpenStudent {
        let architecture = try plugins.student(named: architecture)
        let options = try Options(
            given, declared: architecture.configuration, function: "student.new(\"\(architecture.id)\")")
        return OpenStudent(
            try architecture.make(options), architecture: architecture, origin: options.values)
    }
}
