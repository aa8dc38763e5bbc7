import LyceumKit

/// A repository of the Hub at one of its revisions.
public struct HubRepository: Sendable, Equatable {
    /// What it holds.
    public enum Kind: String, SettingChoice {
        case model
        case dataset
    }

    /// What it holds.
    public let kind: Kind
    /// "owner/name"; old ones have no owner.
    public let id: String
    /// A branch, a tag, "refs/pr/1" or a commit.
    public let revision: String

    /// The branch that is meant if none is named.
    public static let mainRevision = "main"

    /// Checks a name.
    ///
    /// - Throws: `LyceumError.invalid` if it is not a name that the Hub knows.
    public init(_ kind: Kind, _ id: String, revision: String = mainRevision) throws {
        guard Self.isName(id) else {
            throw LyceumError.invalid(
                "name on the Hub", expected: "owner/name, of letters, digits, '-', '_' and '.'",
                got: "'\(id)'", remedy: nil)
        }
        guard Self.isRevision(revision) else {
            throw LyceumError.invalid(
                "revision", expected: "a branch, a tag, refs/pr/N or a commit", got: "'\(revision)'",
                remedy: nil)
        }
        self.kind = kind
        self.id = id
        self.revision = revision
    }

    /// Whether a text can be "owner/name". Source: huggingface_hub, `validate_repo_id`.
    public static func isQualifiedName(_ text: String) -> Bool {
        isName(text) && text.contains("/")
    }

    private static func isName(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return (1...2).contains(parts.count) && text.utf8.count <= 96
            && parts.allSatisfy { part in
                part.utf8.allSatisfy(isPlain) && part.first.map { $0 != "-" && $0 != "." } ?? false
                    && part.last != "-" && part.last != "."
            }
            && !text.contains("--") && !text.contains("..") && !text.hasSuffix(".git")
    }

    private static func isRevision(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 200 && text.utf8.allSatisfy { isPlain($0) || $0 == 0x2F }
            && text.split(separator: "/", omittingEmptySubsequences: false)
                .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            return true
        default: return false
        }
    }

    /// Whether the revision is a commit, which never changes.
    var isCommit: Bool { Self.isCommit(revision) }

    /// Whether a text is the name of a commit.
    static func isCommit(_ text: String) -> Bool {
        text.utf8.count == 40 && text.allSatisfy { $0.isASCII && $0.isHexDigit && !$0.isUppercase }
    }

    /// The name of its folder in the cache: "models--owner--name".
    var folderName: String {
        ([kind.rawValue + "s"] + id.split(separator: "/").map(String.init)).joined(separator: "--")
    }

    /// Reads the name of a folder in the cache.
    init?(folderName: String) {
        for kind in Kind.allCases where folderName.hasPrefix(kind.rawValue + "s--") {
            let id = folderName.dropFirst(kind.rawValue.count + 3).replacing("--", with: "/")
            guard let made = try? HubRepository(kind, String(id)), made.folderName == folderName else {
                return nil
            }
            self = made
            return
        }
        return nil
    }

    /// As errors and progress name it.
    var title: String {
        (kind == .dataset ? "data set " : "") + id + (revision == Self.mainRevision ? "" : "@\(revision)")
    }

    /// The path of a file below the endpoint.
    func path(of file: String, at commit: String) -> String {
        (kind == .dataset ? "/datasets/" : "/") + "\(id)/resolve/\(Self.encoded(commit, keeping: ""))/"
            + Self.encoded(file, keeping: "/")
    }

    /// The path of what the Hub says about this revision.
    var informationPath: String {
        "/api/\(kind.rawValue)s/\(id)/revision/\(Self.encoded(revision, keeping: ""))"
    }

    /// The page that people read, below the endpoint.
    var page: String { (kind == .dataset ? "/datasets/" : "/") + id }

    private static func encoded(_ text: String, keeping kept: String) -> String {
        var result = ""
        for byte in text.utf8 {
            if isPlain(byte) || byte == UInt8(ascii: "~") || kept.utf8.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}
