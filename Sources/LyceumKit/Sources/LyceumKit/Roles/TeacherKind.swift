/// A kind of teacher: `teacher.open { id, … }`. Lyceum's own are made of this type, too.
public struct TeacherKind {
    /// The name users type; lower case.
    public let id: String
    /// One line for `teacher.list()`.
    public let summary: String
    /// The options after the name.
    public let options: [OptionDeclaration]
    /// What its page of help says before the options; nil says the summary.
    public let page: String?
    /// Options that users may expect of it and that it cannot have, with the reason.
    public let lacking: [String: String]
    /// Makes a teacher.
    private let make: (TeacherSetup) throws -> any Teacher

    /// Describes a kind of teacher whose options are data.
    public init(
        id: String, summary: String, options: [OptionDeclaration] = [], page: String? = nil,
        open: @escaping (Options) throws -> any Teacher
    ) {
        self.init(id: id, summary: summary, options: options, page: page, setUp: { try open($0.options) })
    }

    /// Describes a kind of teacher that may also be given datasets and students.
    public init(
        id: String, summary: String, options: [OptionDeclaration] = [], page: String? = nil,
        lacking: [String: String] = [:], setUp open: @escaping (TeacherSetup) throws -> any Teacher
    ) {
        self.id = id
        self.summary = summary
        self.options = options
        self.page = page
        self.lacking = lacking
        make = open
    }

    /// Opens a teacher.
    public func open(_ setUp: TeacherSetup) throws -> any Teacher { try make(setUp) }

    /// Opens a teacher whose options are data.
    public func open(_ options: Options) throws -> any Teacher { try make(TeacherSetup(options: options)) }
}

/// What a teacher is opened with.
public struct TeacherSetup {
    /// The options that are data, checked.
    public let options: Options
    /// The datasets that options of kind `.object("dataset")` hold, by the option's name.
    public let tables: [String: any RecordTable]
    /// The students that options of kind `.object("student")` hold, by the option's name.
    public let students: [String: GivenStudent]
    /// Starts a job that the program shows, for work that takes a while.
    public let job: (_ title: String) -> Job

    /// Describes it.
    public init(
        options: Options, tables: [String: any RecordTable] = [:], students: [String: GivenStudent] = [:],
        job: @escaping (_ title: String) -> Job = { Job.silent($0) }
    ) {
        self.options = options
        self.tables = tables
        self.students = students
        self.job = job
    }

    /// The dataset of an option.
    ///
    /// - Throws: `LyceumError.badOption` if it is not set.
    public func table(_ option: String) throws -> any RecordTable {
        guard let table = tables[option] else { throw missing(option, "a dataset") }
        return table
    }

    /// The student of an option.
    ///
    /// - Throws: `LyceumError.badOption` if it is not set.
    public func student(_ option: String) throws -> GivenStudent {
        guard let student = students[option] else { throw missing(option, "a student") }
        return student
    }

    private func missing(_ option: String, _ expected: String) -> LyceumError {
        .badOption(function: options.function, option: option, expected: expected, got: "nothing")
    }
}

/// A student with the architecture that declares its options.
public struct GivenStudent {
    /// The student.
    public let student: any Student
    /// What its options are.
    public let architecture: StudentArchitecture

    /// Pairs the two.
    public init(_ student: any Student, _ architecture: StudentArchitecture) {
        self.student = student
        self.architecture = architecture
    }
}

/// Records in order: what a plugin may know of a dataset.
public protocol RecordTable {
    /// How many records there are.
    var count: Int { get }
    /// The names of the columns.
    var columns: [String] { get }
    /// A record, counted from 0.
    ///
    /// - Throws: `LyceumError` outside `0..<count`.
    func record(at row: Int) throws -> Record
    /// The texts of a column, in order.
    ///
    /// - Throws: `LyceumError.missingColumn`, or `LyceumError.invalid` naming a row that holds no text.
    func strings(_ column: String) throws -> [String]
}
