/// # All that a plugin can bring
///
/// A plugin is a dynamic library with a `plugin.json`. It exports two C functions, written in Swift like this:
///
/// ```swift
/// import LyceumKit
///
/// @c(lyceum_plugin_info)
/// public func pluginInfo(_ out: UnsafeMutablePointer<lyceum_plugin_info_t>) {
///     lyceum_plugin_describe(out, "mine", "0.1.0")
/// }
///
/// @c(lyceum_plugin_register)
/// public func pluginRegister(_ host: UnsafeMutableRawPointer, _ identity: UnsafeRawPointer) -> Int32 {
///     Registry.receive(host, identity) { registry in
///         registry.summary = "what it is for"
///         try registry.register(myStudent)  // a StudentArchitecture
///         try registry.register(myTeacher)  // a TeacherKind
///         try registry.register(myMetric)   // a Metric
///         try registry.register(myFormat)   // a DataFormat
///     }
/// }
/// ```
///
/// `lyceum plugin build` builds the library, asks it what it registers and writes that into a `plugin.json` next to it:
/// ids, aliases, tasks, suffixes and summaries are said once, in Swift. `plugin.json` is all that is read until
/// somebody asks for what the plugin brings. The built-in plugins have theirs in a folder `<anything>.resources/`.
///
/// A neural student needs less: `SequenceToSequenceStudent` of LyceumTorch makes a `StudentArchitecture` of a
/// network that encodes a source and decodes a step.
@_exported import CLyceumPlugin

/// A kind of teacher: `teacher.open { id, … }`.
public struct TeacherKind {
    /// The name users type; lower case.
    public let id: String
    /// One line for `teacher.list()`.
    public let summary: String
    /// The options after the name.
    public let options: [OptionDeclaration]
    /// Makes a teacher of checked options.
    public let open: (Options) throws -> any Teacher

    /// Describes a kind of teacher.
    public init(
        id: String, summary: String, options: [OptionDeclaration] = [],
        open: @escaping (Options) throws -> any Teacher
    ) {
        self.id = id
        self.summary = summary
        self.options = options
        self.open = open
    }
}

/// A way to score texts: `metrics.score(id, data, …)`. Lyceum adds the mean and its bootstrap interval.
public struct Metric {
    /// The name users type; lower case.
    public let id: String
    /// One line for `metrics.list()`.
    public let summary: String
    /// Its own options.
    public let options: [OptionDeclaration]
    /// Scores each prediction against its references (at least one each): a value a text, in order, by the name of
    /// the figure. Throws `LyceumError.cancelled` when the job is cancelled.
    public let score:
        (_ predictions: [String], _ references: [[String]], _ options: Options, _ job: Job) throws ->
            [(name: String, values: [Double])]

    /// Describes a metric.
    public init(
        id: String, summary: String, options: [OptionDeclaration] = [],
        score:
            @escaping (_ predictions: [String], _ references: [[String]], _ options: Options, _ job: Job)
            throws -> [(name: String, values: [Double])]
    ) {
        self.id = id
        self.summary = summary
        self.options = options
        self.score = score
    }
}

/// A kind of file that `data.load` reads.
public struct DataFormat {
    /// Its name; lower case.
    public let id: String
    /// The ends of the file names: ".pairs".
    public let suffixes: [String]
    /// One line about it.
    public let summary: String
    /// The content of a small file of this kind: what the contract reads.
    public let example: String?
    /// Reads a file. The columns of the dataset are those of the first record.
    public let read: (_ path: String, _ job: Job) throws -> [Record]

    /// Describes a format.
    public init(
        id: String, suffixes: [String], summary: String, example: String? = nil,
        read: @escaping (_ path: String, _ job: Job) throws -> [Record]
    ) {
        self.id = id
        self.suffixes = suffixes
        self.summary = summary
        self.example = example
        self.read = read
    }
}
