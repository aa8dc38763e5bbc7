/// An error meant for the person at the prompt: what, where, what was expected, what to do.
///
/// `description` is one line. It never holds a secret: callers put no key into any field.
public enum LyceumError: Error, Sendable, Equatable {
    /// An option that a function does not have.
    case unknownOption(function: String, option: String, known: [String])
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
        case .unknownOption(let function, let option, let known):
            return "\(function): unknown option '\(option)'"
                + Self.suggestion(for: option, among: known, otherwise: "the options are")
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
                + Self.suggestion(for: column, among: available, otherwise: "the columns are")
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

    /// "; did you mean 'x'?" if something is near, else the whole list if it is short enough to read.
    static func suggestion(for name: String, among known: [String], otherwise: String) -> String {
        let near = Nearest.names(to: name, among: known)
        if !near.isEmpty {
            return "; did you mean " + near.map { "'\($0)'" }.joined(separator: " or ") + "?"
        }
        if known.isEmpty { return "" }
        let shown = known.prefix(40).joined(separator: ", ")
        return "; \(otherwise) \(shown)" + (known.count > 40 ? ", …" : "")
    }
}
