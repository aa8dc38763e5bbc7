/// An error meant for the person at the prompt: what, where, what was expected, what to do.
///
/// `description` is one line. It never holds a secret: callers put no key into any field.
public enum LyceumError: Error, Sendable, Equatable {
    /// Options that a function does not have, all of them at once.
    ///
    /// `notes` says of some of them what the caller alone can know ("'section' is a column: …").
    case unknownOptions(function: String, options: [String], known: [String], notes: [String: String] = [:])
    /// An option of the wrong type or out of range.
    case badOption(function: String, option: String, expected: String, got: String)
    /// A name (an architecture, a teacher, a topic) that nobody registered.
    case unknownName(kind: String, name: String, known: [String], remedy: String?)
    /// A file that cannot be read, written or understood. `line` counts from 1.
    case file(path: String, line: Int?, problem: String, remedy: String?)
    /// A dataset has no such column.
    case missingColumn(String, available: [String])
    /// Something that must hold at least one element holds none.
    case empty(String, remedy: String?)
    /// A value that does not fit its place.
    case invalid(String, expected: String, got: String, remedy: String?)
    /// A plugin that could not be used.
    case plugin(path: String, problem: String, remedy: String?)
    /// Something that this object cannot do.
    case unsupported(String, remedy: String?)
    /// The user interrupted; the text says what was kept.
    case cancelled(String)
    /// Anything else that failed.
    case failed(String, remedy: String?)
}

extension LyceumError: CustomStringConvertible {
    /// One line for the person who made the mistake.
    public var description: String {
        switch self {
        case .unknownOptions(let function, let options, let known, let notes):
            return Self.unknown(options, of: function, known: known, notes: notes)
        case .badOption(let function, let option, let expected, let got):
            return "\(function): option '\(option)': expected \(expected), got \(got)"
        case .unknownName(let kind, let name, let known, let remedy):
            return "unknown \(kind) '\(name)'"
                + Self.suggestion(for: name, among: known, otherwise: "known are") + Self.hint(remedy)
        case .file(let path, let line, let problem, let remedy):
            let place = line.map { "\(path):\($0)" } ?? path
            return "\(place): \(problem)" + Self.hint(remedy)
        case .missingColumn(let column, let available):
            return "no column '\(column)'"
                + (Self.near(column, available).map { "; \($0)" } ?? Self.list(available, "the columns are"))
        case .empty(let what, let remedy):
            return "\(what) is empty" + Self.hint(remedy)
        case .invalid(let what, let expected, let got, let remedy):
            return "\(what): expected \(expected), got \(got)" + Self.hint(remedy)
        case .plugin(let path, let problem, let remedy):
            return "plugin \(path): \(problem)" + Self.hint(remedy)
        case .unsupported(let what, let remedy), .failed(let what, let remedy):
            return what + Self.hint(remedy)
        case .cancelled(let kept):
            return kept.isEmpty ? "interrupted" : "interrupted: \(kept)"
        }
    }

    private static func hint(_ remedy: String?) -> String { remedy.map { "; \($0)" } ?? "" }

    /// "f: unknown option 'lr'; it is called 'learning_rate' here", or several of them in one line.
    private static func unknown(
        _ options: [String], of function: String, known: [String], notes: [String: String]
    ) -> String {
        func hint(_ option: String) -> String? { notes[option] ?? self.hint(for: option, among: known) }
        if let option = options.first, options.count == 1 {
            return "\(function): unknown option '\(option)'"
                + (hint(option).map { "; \($0)" } ?? list(known, "the options are"))
        }
        let named = options.map { option in "'\(option)'" + (hint(option).map { " (\($0))" } ?? "") }
        let isClear = options.allSatisfy { hint($0) != nil }
        return "\(function): unknown options \(named.joined(separator: ", "))"
            + (isClear ? "" : list(known, "the options are"))
    }

    /// What an error says, whoever threw it. One that describes itself does so; of a plugin's own type that does not, the
    /// module and the type say whose it is: "BadPlugin.Oops: Oops(why: "nothing")".
    public static func text(of error: any Error) -> String {
        error is any CustomStringConvertible ? "\(error)" : "\(String(reflecting: type(of: error))): \(error)"
    }

    /// What a name may have meant: ours for a name of another tool, else the nearest ones.
    public static func hint(for name: String, among known: [String]) -> String? {
        ForeignNames.hint(for: name, among: known) ?? near(name, known)
    }

    private static func near(_ name: String, _ known: [String]) -> String? {
        let near = Nearest.names(to: name, among: known)
        return near.isEmpty ? nil : "did you mean " + near.map { "'\($0)'" }.joined(separator: " or ") + "?"
    }

    /// "; did you mean 'x'?" if something is near, else the whole list if it is short enough to read.
    static func suggestion(for name: String, among known: [String], otherwise: String) -> String {
        hint(for: name, among: known).map { "; \($0)" } ?? list(known, otherwise)
    }

    /// The names that exist; where they are many, some of them.
    private static func list(_ known: [String], _ introduction: String) -> String {
        if known.isEmpty { return "" }
        let shown = known.count <= longestList ? known : Array(known.prefix(longestList - 4))
        let missing = known.count - shown.count
        return "; \(introduction) \(shown.joined(separator: ", "))"
            + (missing > 0 ? " and \(missing) more: see help" : "")
    }

    /// The most names that an error lists.
    private static let longestList = 24
}
