import Glibc
import LyceumKit
import Synchronization

/// The program `lyceum-parquet`: fetched and built in the user's cache when it is first needed.
///
/// It stands on libarrow and libparquet out of PyPI's pyarrow wheel, pinned by hash as libtorch is; see
/// Helper/setup. Building it takes some seconds and happens once for a version of Lyceum.
enum ParquetHelper {
    private static let found = Mutex<String?>(nil)

    /// The path of the program.
    ///
    /// - Throws: `LyceumError` that says what is missing to build it.
    static func path(job: Job) throws -> String {
        if let path = found.withLock({ $0 }), access(path, X_OK) == 0 { return path }
        let folder = try folder()
        let path = Files.join(folder, "lyceum-parquet-\(sourceName)")
        if access(path, X_OK) != 0 { try build(path, in: folder, job: job) }
        found.withLock { $0 = path }
        return path
    }

    private static func folder() throws -> String {
        guard let cache = Environment.folder("XDG_CACHE_HOME", fallback: ".cache") else {
            throw LyceumError.failed(
                "there is no folder for what reads Parquet", remedy: "set HOME or XDG_CACHE_HOME")
        }
        return Files.join(cache, "arrow-26.0.1")
    }

    /// Names the source by its content: FNV-1a, 64 bits. A newer one is built next to the older.
    private static var sourceName: String {
        String(FNV1a.hash(PackageResources.lyceum_parquet_cpp + PackageResources.setup), radix: 16)
    }

    private static func build(_ path: String, in folder: String, job: Job) throws {
        try Files.makeFolder(folder)
        let source = path + ".cpp"
        let script = path + ".setup"
        try Files.write(PackageResources.lyceum_parquet_cpp, to: source)
        try Files.write(PackageResources.setup, to: script)
        defer {
            unlink(source)
            unlink(script)
        }
        job.note("preparing to read Parquet and Arrow files: Apache Arrow (55 MB) is fetched, once")
        let process = try HelperProcess(["/bin/bash", script, folder, source, path], job: job)
        do {
            try process.finish { _ in }
        } catch {
            _ = process.end(killing: true)
            throw error
        }
        let ending = process.end()
        try job.checkCancelled()
        guard ending.status == 0, access(path, X_OK) == 0 else {
            let lines = ending.errors.split(separator: "\n")
            throw LyceumError.failed(
                "what reads Parquet and Arrow files could not be made: \(lines.last ?? "no reason")",
                remedy:
                    "it needs a network the first time, python3 with pip, and g++; or convert the file to .jsonl"
            )
        }
    }
}
