import LyceumKit
import Teaching

extension WorkSession {
    /// Opens a teacher.
    ///
    ///     let gpt = try session.openTeacher("openai", ["model": "gpt-4o-mini", "budget_usd": 2])
    ///
    /// - Parameters:
    ///   - kind: an id of `plugins.teachers`.
    ///   - given: its options that are data.
    ///   - tables: its options that are datasets.
    ///   - students: its options that are students.
    /// - Throws: `LyceumError.unknownName` for a kind that nobody brings, `LyceumError.unknownOption`,
    ///   `LyceumError.badOption`, or what the teacher throws (no key, no such address).
    public func openTeacher(
        _ kind: String, _ given: [String: Value] = [:], tables: [String: any RecordTable] = [:],
        students: [String: GivenStudent] = [:]
    ) throws -> OpenTeacher {
        let kind = try plugins.teacher(named: kind)
        let options = try Options(
            given, declared: kind.options.filter(\.isPlain), function: "teacher.open { \"\(kind.id)\" }")
        return try open(kind, options, tables: tables, students: students)
    }

    /// Opens a teacher of a kind with options that were checked.
    public func open(
        _ kind: TeacherKind, _ options: Options, tables: [String: any RecordTable] = [:],
        students: [String: GivenStudent] = [:]
    ) throws -> OpenTeacher {
        let setUp = TeacherSetup(options: options, tables: tables, students: students) { self.job($0) }
        return OpenTeacher(
            try kind.open(setUp), options: options,
            builds: versions(ofPlugins: { $0.teachers.contains { $0.id == kind.id } }))
    }
}
