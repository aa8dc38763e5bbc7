/// What a build said, as far as a person wants to hear it again.
struct CompilerOutput {
    /// The errors, each with the notes and fix-its below it.
    private var errors: [[String]] = []
    private var tail: [String] = []
    private var isNote = false
    private static let shown = 20

    /// Takes a line over.
    mutating func add(_ line: String) {
        tail = (tail + [line]).suffix(20)
        // The compiler says everything twice: once by file and line, once drawn below the source.
        guard !line.hasPrefix(" ") else { return }
        if line.contains("error:") {
            isNote = !errors.contains { $0.first == line }
            if isNote { errors.append([line]) }
        } else if line.contains(": note:") || line.contains(": warning:") {
            guard isNote, line.contains("note:"), !errors.isEmpty else { return }
            if !errors[errors.count - 1].contains(line) { errors[errors.count - 1].append(line) }
        }
    }

    /// The first errors with their notes, and how many more there are; the last lines if there is no error among them.
    var summary: String {
        if errors.isEmpty { return tail.joined(separator: "\n") }
        let more = errors.count - Self.shown
        return (errors.prefix(Self.shown).flatMap { $0 } + (more > 0 ? ["… and \(more) more"] : []))
            .joined(separator: "\n")
    }

    /// What to do, where that is known.
    func remedy(package: String) -> String? {
        let text = (errors.flatMap { $0 } + tail).joined(separator: "\n")
        if text.contains("module cache path") || text.contains("missing required module 'SwiftShims'") {
            return
                "the folder was moved or copied after it was built: remove \(package)/.build and build again"
        }
        return nil
    }
}
