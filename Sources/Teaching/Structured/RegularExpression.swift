import CRegex
import LyceumKit
import Synchronization

/// A regular expression of a user's, which may be any, and texts of models, which may be any, too: matching hears
/// Ctrl-C and has limits.
///
/// The syntax is ICU's: that of Perl, Java and Python where they agree, with look ahead and behind, `\p{…}` and named
/// groups. It is found anywhere in a text unless it says `^` and `$`.
public final class RegularExpression: Sendable {
    /// As it was written.
    public let source: String
    private let compiled: Mutex<Compiled>

    /// What C keeps of it; freed with it.
    private struct Compiled: @unchecked Sendable {
        // Only used under the lock.
        let pointer: OpaquePointer
    }

    /// Reads an expression.
    ///
    /// - Throws: `LyceumError.invalid` that says where the mistake is.
    public init(_ source: String) throws {
        self.source = source
        // ICU takes no pattern for a mistake.
        let pattern = Array((source.isEmpty ? "(?:)" : source).utf16)
        var offset: Int32 = -1
        var message: UnsafePointer<CChar>?
        guard let length = Int32(exactly: pattern.count),
            let pointer = pattern.withUnsafeBufferPointer({
                cregex_open($0.baseAddress, length, &offset, &message)
            })
        else {
            let place = offset > 0 ? " at character \(offset)" : ""
            throw LyceumError.invalid(
                "a regular expression", expected: "one that can be read",
                got: "'\(source.prefix(200))': \(message.map { String(cString: $0) } ?? "too large")\(place)",
                remedy: "a \\ before a sign takes it as it is: \\( \\[ \\.")
        }
        compiled = Mutex(Compiled(pointer: pointer))
    }

    deinit { compiled.withLock { cregex_close($0.pointer) } }

    /// Whether a text has a match.
    ///
    /// - Parameters:
    ///   - limit: how many blocks of about a thousand steps it may take, which last 0.2 to 1 ms each: counted, so that a
    ///     busy machine does not change the answer.
    ///   - job: ends it when it is cancelled.
    /// - Throws: `LyceumError.cancelled`; `LyceumError.failed` where the limit of steps or memory does not suffice.
    public func matches(_ text: String, limit: Int = 50_000, job: Job? = nil) throws -> Bool {
        let units = Array(text.utf16)
        guard let length = Int32(exactly: units.count) else {
            throw failure("is not tried on texts of more than 2 GB")
        }
        let result = compiled.withLock { compiled in
            units.withUnsafeBufferPointer { units -> cregex_result in
                let steps = Int32(clamping: max(limit, 1))
                guard let job else {
                    return cregex_find(compiled.pointer, units.baseAddress, length, steps, nil, nil)
                }
                return withExtendedLifetime(job) {
                    cregex_find(
                        compiled.pointer, units.baseAddress, length, steps,
                        { context in
                            guard let context else { return true }
                            return !Unmanaged<Job>.fromOpaque(context).takeUnretainedValue().isCancelled
                        }, Unmanaged.passUnretained(job).toOpaque())
                }
            }
        }
        switch result {
        case CREGEX_FOUND: return true
        case CREGEX_NOT_FOUND: return false
        case CREGEX_STOPPED: throw LyceumError.cancelled("")
        case CREGEX_TOO_LONG: throw failure("takes too long")
        case CREGEX_TOO_MUCH: throw failure("takes too much memory")
        default: throw failure("cannot be tried")
        }
    }

    private func failure(_ problem: String) -> LyceumError {
        .failed(
            "the regular expression '\(source.prefix(200))' \(problem)",
            remedy: "repetitions within repetitions, as in (a+)+, try every way to divide a text: write a+")
    }
}
