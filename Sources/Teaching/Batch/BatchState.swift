import LyceumKit

/// How a batch stands.
public struct BatchState: Sendable, Equatable {
    /// The server's word: "validating", "in_progress", "finalizing", "completed", "failed", "expired",
    /// "cancelling", "cancelled".
    public let status: String
    /// Requests that were answered.
    public let completed: Int
    /// Requests that failed.
    public let failed: Int
    /// All requests; nil as long as the server has not counted them.
    public let total: Int?
    /// Why it could not be done, if the server says so.
    public let problem: String?
    /// The files with what came, and with what went wrong; both may be there, whatever the status.
    let files: [String]

    /// Whether nothing more will come.
    public var hasEnded: Bool { ["completed", "failed", "expired", "cancelled"].contains(status) }

    init(_ document: Value, settings: OpenAISettings) {
        let fields = document.object ?? [:]
        let counts = fields["request_counts"]?.object
        func count(_ name: String) -> Int? { counts?[name]?.integer.flatMap { $0 >= 0 ? $0 : nil } }
        status = settings.shown(fields["status"]?.string ?? "unknown", limit: 40)
        completed = count("completed") ?? 0
        failed = count("failed") ?? 0
        total = count("total").flatMap { $0 > 0 ? $0 : nil }
        files = ["output_file_id", "error_file_id"].compactMap { fields[$0]?.string }
            .filter { !$0.isEmpty }
        problem = fields["errors"]?.object?["data"]?.list?.first?.object.map { error in
            let line = error["line"]?.integer.map { " (line \($0))" } ?? ""
            return settings.shown(
                error["message"]?.string ?? error["code"]?.string ?? "no explanation") + line
        }
    }
}
