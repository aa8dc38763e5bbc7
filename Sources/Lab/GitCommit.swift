import LyceumKit

/// Reads which commit a working folder stands on, without running git.
///
/// Source: gitrepository-layout(5): HEAD, refs, packed-refs, and the `.git` file of a linked worktree.
enum GitCommit {
    /// The commit of the repository that holds `folder`; nil outside a repository or before its first commit.
    static func current(in folder: String) -> String? {
        guard let git = repository(holding: folder), let head = line(Files.join(git, "HEAD")) else {
            return nil
        }
        guard head.hasPrefix("ref: ") else { return commit(head) }
        let reference = String(head.dropFirst(5))
        // A linked worktree keeps HEAD for itself and shares the refs.
        let shared = line(Files.join(git, "commondir")).map { Files.join(git, $0) }
        for place in [git, shared].compactMap({ $0 }) {
            if let found = line(Files.join(place, reference)).flatMap(commit) { return found }
            if let found = packed(reference, in: Files.join(place, "packed-refs")) { return found }
        }
        return nil
    }

    private static func repository(holding folder: String) -> String? {
        var place = folder
        while true {
            let git = Files.join(place, ".git")
            if Files.isFolder(git) { return git }
            if let link = line(git), link.hasPrefix("gitdir: ") {
                return Files.join(place, String(link.dropFirst(8)))
            }
            let parent = Files.parent(of: place)
            if parent == place || parent == "." { return nil }
            place = parent
        }
    }

    private static func packed(_ reference: String, in path: String) -> String? {
        guard let bytes = try? Files.read(path) else { return nil }
        for entry in String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        where entry.hasSuffix(" " + reference) {
            return commit(String(entry.prefix { $0 != " " }))
        }
        return nil
    }

    private static func line(_ path: String) -> String? {
        guard !Files.isFolder(path), Files.exists(path), let bytes = try? Files.read(path) else { return nil }
        return String(decoding: bytes.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
    }

    /// The text if it is a SHA-1 or SHA-256 object name.
    private static func commit(_ text: String) -> String? {
        [40, 64].contains(text.utf8.count) && text.allSatisfy(\.isHexDigit) ? text : nil
    }
}
