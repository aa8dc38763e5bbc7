import LyceumKit

/// A title and what belongs to it, one line each: what the prompt shows of a student, a teacher or a run.
public enum TextCard {
    /// The lines, with the values below each other.
    public static func text(_ title: String, _ rows: [(name: String, value: String)]) -> String {
        let width = rows.map { DisplayWidth.of($0.name) }.max() ?? 0
        let lines = rows.map { "  " + DisplayWidth.fit($0.name, to: width) + "  " + $0.value }
        return ([title] + lines).joined(separator: "\n")
    }
}
