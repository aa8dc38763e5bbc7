import Glibc

// Writing a folder: whatever is in it that we did not write stays as it is.
extension Files {
    /// Fills a folder: `body` writes into a temporary folder, whose files then take their places.
    ///
    /// Files that an earlier call wrote there are replaced, those that are no longer written are removed, and
    /// nothing else is touched: the folder keeps a list of what was written (`.lyceum-files`). A folder that holds
    /// nothing else is replaced in one step, so that there is no moment at which a kill would leave half of it;
    /// next to other files, each of ours is replaced in one step. Symbolic links are followed; files and folders
    /// that are replaced keep their modes.
    ///
    /// - Throws: `LyceumError.file`, also if a file that we did not write is in the way; or what `body` throws. The
    ///   old folder is then untouched.
    public static func writeFolderAtomically(_ path: String, _ body: (_ folder: String) throws -> Void) throws
    {
        let target = try followingLinks(withoutEndingSlash(path))
        try checkWritable(target)
        if exists(target), !isFolder(target) {
            throw LyceumError.file(path: path, line: nil, problem: "is a file", remedy: "name a folder")
        }
        try makeFolder(parent(of: target))
        let (temporary, isInside) = try temporaryFolder(for: target, named: path)
        do {
            try body(temporary)
            let written = WrittenFiles(WrittenFiles.all(in: temporary).filter { $0 != WrittenFiles.listName })
            let old = WrittenFiles(in: target)
            try checkUntaken(written, old, in: target, named: path)
            try written.write(into: temporary)
            if !exists(target) {
                guard rename(temporary, target) == 0 else { throw failure(path, "cannot be written") }
            } else {
                let isMixed = isInside || old.isMixed(target) || isCurrent(target)
                if try isMixed || !replace(target, by: temporary, written) {
                    try install(written, from: temporary, into: target, replacing: old)
                    try remove(temporary)
                }
            }
        } catch {
            removeTree(temporary)
            throw error
        }
    }

    /// Makes sure that a folder can be written later without touching what is not ours.
    ///
    /// - Parameters:
    ///   - path: the folder.
    ///   - names: files that will be written.
    /// - Throws: `LyceumError.file`, naming what is in the way.
    public static func checkFolder(_ path: String, canTake names: [String]) throws {
        let target = try followingLinks(withoutEndingSlash(path))
        try checkWritable(target)
        if exists(target), !isFolder(target) {
            throw LyceumError.file(path: path, line: nil, problem: "is a file", remedy: "name a folder")
        }
        try checkUntaken(WrittenFiles(names), WrittenFiles(in: target), in: target, named: path)
    }

    /// Writes one more file into a folder that `writeFolderAtomically` wrote: the next save replaces it with the others.
    ///
    /// - Throws: `LyceumError.file` if a file of that name is there that no save wrote.
    public static func write(_ text: String, named name: String, alsoInto folder: String) throws {
        try checkFolder(folder, canTake: [name])
        try write(text, to: join(folder, name))
        try WrittenFiles(WrittenFiles(in: folder).paths.union([name])).write(into: folder)
    }

    /// Removes from a folder what `writeFolderAtomically` wrote, and the folder if nothing else is in it.
    ///
    /// - Throws: `LyceumError.file`.
    public static func removeWritten(_ path: String) throws {
        let folder = withoutEndingSlash(path)
        var status = stat()
        guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return }
        try checkRemovable(folder)
        let written = WrittenFiles(in: folder)
        for path in written.paths { try remove(file: path, below: folder) }
        try remove(WrittenFiles.listName, below: folder)
        for place in written.folders { rmdir(join(folder, place)) }
        // Fails if something else is in it, which is then somebody's.
        rmdir(folder)
    }

    /// Removes something that we wrote below a folder of ours, on a way without symbolic links: a file, or what
    /// `writeFolderAtomically` wrote into a folder.
    ///
    /// - Throws: `LyceumError.file`.
    public static func removeWritten(_ relative: String, below root: String) throws {
        try withFolder(of: relative, below: root) { _, _ in
            var status = stat()
            let path = join(root, relative)
            guard lstat(path, &status) == 0 else { return }
            if status.st_mode & S_IFMT == S_IFDIR { try removeWritten(path) } else { try remove(path) }
        }
    }

    /// Removes one file of ours; a folder that took its name is not.
    private static func remove(file path: String, below folder: String) throws {
        var status = stat()
        let whole = join(folder, path)
        if lstat(whole, &status) == 0, status.st_mode & S_IFMT != S_IFDIR { try remove(path, below: folder) }
    }

    /// Refuses files that would replace some that we did not write.
    private static func checkUntaken(
        _ written: WrittenFiles, _ old: WrittenFiles, in target: String, named path: String
    ) throws {
        let taken = written.paths.sorted().filter { name in
            var status = stat()
            guard lstat(join(target, name), &status) == 0 else {
                // A file where a folder is needed.
                return errno == ENOTDIR
            }
            return !old.paths.contains(name) || status.st_mode & S_IFMT == S_IFDIR
        }
        guard let first = taken.first else { return }
        let more = taken.count > 1 ? " and \(taken.count - 1) more that would be replaced" : ""
        throw LyceumError.file(
            path: path, line: nil,
            problem: "holds '\(first)'\(more), which no save of Lyceum wrote; nothing was changed",
            remedy: "name another folder, or move that file away first")
    }

    /// An empty folder next to the target, from where it can take the target's place; where nothing can be made
    /// there, in the target.
    private static func temporaryFolder(
        for target: String, named path: String
    ) throws -> (path: String, isInside: Bool) {
        for (place, isInside) in [(target, false), (join(target, "x"), true)] {
            let name = temporaryName(nextTo: place)
            if isInside, !isFolder(target) { break }
            do {
                try checkWritable(name)
            } catch {
                if isInside || !isFolder(target) { throw error }
                continue
            }
            if mkdir(name, 0o777) == 0 { return (name, isInside) }
        }
        throw failure(path, "cannot be written")
    }

    /// Whether this process works in a folder: replaced as a whole, it would be gone from under it.
    private static func isCurrent(_ folder: String) -> Bool {
        guard let real = realpath(folder, nil), let here = getcwd(nil, 0) else { return true }
        defer {
            free(real)
            free(here)
        }
        let (path, current) = (String(cString: real), String(cString: here))
        return current == path || current.hasPrefix(path == "/" ? path : path + "/")
    }

    /// Puts a folder in the place of one that holds nothing but files of ours.
    ///
    /// - Returns: whether the system could.
    private static func replace(_ target: String, by new: String, _ written: WrittenFiles) throws -> Bool {
        keepModes(of: target, for: [""] + written.paths + [WrittenFiles.listName], in: new)
        guard exchange(new, target) else { return false }
        try removeWritten(new)
        // Something that came while we were at it goes back where it was.
        for name in list(new) where !exists(join(target, name)) {
            rename(join(new, name), join(target, name))
        }
        rmdir(new)
        return true
    }

    /// Moves files into a folder one by one.
    private static func install(
        _ written: WrittenFiles, from new: String, into target: String, replacing old: WrittenFiles
    ) throws {
        // At any moment the list names at least what is ours.
        try WrittenFiles(old.paths.union(written.paths)).write(into: target)
        keepModes(of: target, for: written.paths, in: new)
        for path in written.paths.sorted() {
            let (source, place) = (join(new, path), join(target, path))
            try makeFolder(parent(of: place))
            let end = try followingLinks(place)
            if rename(source, end) == 0 { continue }
            // A link may lead to another file system.
            guard errno == EXDEV else { throw failure(place, "cannot be written") }
            try copy(source, to: end)
        }
        for path in old.paths.subtracting(written.paths) { try remove(file: path, below: target) }
        for folder in old.folders { rmdir(join(target, folder)) }
        try written.write(into: target)
    }

    /// Copies a file, piece by piece.
    private static func copy(_ source: String, to path: String) throws {
        let descriptor = open(source, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(source, "cannot be opened") }
        defer { close(descriptor) }
        try writeAtomically(path) { write in
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while true {
                let count = Glibc.read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw failure(source, "cannot be read") }
                if count == 0 { return }
                try buffer[..<count].withUnsafeBytes { try write($0) }
            }
        }
    }

    /// Gives new files the modes and owners of those that they replace.
    private static func keepModes(of old: String, for paths: some Sequence<String>, in new: String) {
        for path in paths {
            var status = stat()
            guard stat(path.isEmpty ? old : join(old, path), &status) == 0 else { continue }
            let place = path.isEmpty ? new : join(new, path)
            _ = chown(place, status.st_uid, status.st_gid)
            chmod(place, status.st_mode & 0o7777)
        }
    }

    private typealias RenameAt2 =
        @convention(c) (CInt, UnsafePointer<CChar>, CInt, UnsafePointer<CChar>, CUnsignedInt) -> CInt

    /// glibc's renameat2, which its Swift module leaves out.
    private static let renameAt2 = dlsym(nil, "renameat2").map { unsafeBitCast($0, to: RenameAt2.self) }

    /// Swaps two folders in one step, so that there is no moment at which a kill would leave none.
    ///
    /// - Returns: false where the file system cannot; nothing has then changed.
    private static func exchange(_ new: String, _ target: String) -> Bool {
        let exchanging: CUnsignedInt = 2  // RENAME_EXCHANGE of <linux/fs.h>
        return renameAt2?(AT_FDCWD, new, AT_FDCWD, target, exchanging) == 0
    }
}
