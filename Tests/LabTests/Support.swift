import Glibc
import LyceumKit
import Testing

@testable import Lab

/// A folder that goes away with the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/lyceum-lab-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp/lyceum-lab-unmade"
        // A test that gives up root's rights must still get in.
        chmod(path, 0o755)
    }

    deinit { Files.removeTree(path) }

    var lab: String { path + "/.lyceum" }

    func file(_ name: String) -> String { Files.join(path, name) }
}

/// A request that differs from others in its number only.
func request(_ number: Int, sample: Int = 0) -> SentRequest {
    SentRequest(
        kind: "openai", server: "https://api.openai.com/v1", model: "gpt-4o-mini",
        messages: [ChatMessage(.user, "Question \(number)?")], parameters: ["temperature": 0.7],
        sample: sample)
}

/// A reply to `request(number)`.
func newReply(_ number: Int, text: String? = nil, cost: Double? = 0.25) -> (
    request: SentRequest, reply: StoredReply
) {
    (
        request(number),
        StoredReply(
            TeacherReply(
                text: text ?? "Answer \(number).", model: "gpt-4o-mini-2024-07-18", promptTokens: 10,
                completionTokens: 5, seconds: 0.5),
            cost: cost)
    )
}

/// The text of the error that `body` throws; nil if it throws none.
func message(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return "\(error)"
    }
}

/// Adds a line to a file at once, so that it is there whatever becomes of this process.
func append(_ line: String, to path: String) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    let bytes = Array((line + "\n").utf8)
    _ = write(descriptor, bytes, bytes.count)
    close(descriptor)
}

/// The lines that `append` wrote.
func lines(of path: String) -> [String] {
    guard let bytes = try? Files.read(path) else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
}

/// Waits until a file is there; gives up after half a minute.
func wait(for path: String) {
    for _ in 0..<3000 where !Files.exists(path) { usleep(10_000) }
}

extension GenerationRow.Outcome {
    /// The teacher answered a question.
    static func reply(_ pair: (request: SentRequest, reply: StoredReply)) -> Self {
        .reply(pair.request, pair.reply)
    }
}
