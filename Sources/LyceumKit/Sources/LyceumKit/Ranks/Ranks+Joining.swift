import Glibc

extension Ranks {
    private typealias JoinFunction = @convention(c) (Int32) -> UnsafeMutablePointer<CChar>?

    /// Joins the ranks that a launcher's variables name; a process that runs alone does nothing and loads nothing.
    ///
    /// The ranks talk through c10d, which is part of libtorch. The application does not link that: the library is
    /// opened here, when there are several ranks.
    ///
    /// - Parameter seconds: how long to wait for ranks that start late; LYCEUM_RANKS_TIMEOUT sets another time.
    /// - Returns: this process's place; nil alone.
    /// - Throws: `LyceumError` when a variable is wrong or the ranks do not meet.
    public static func joinFromEnvironment(waiting seconds: Int = 300) throws -> RankPlace? {
        guard let place = try RankPlace.read(Environment.value) else {
            return nil
        }
        LibtorchVariables.set()
        guard let library = dlopen("libLyceumTorch.so", RTLD_NOW | RTLD_LOCAL),
            let symbol = dlsym(library, "lyceum_join_ranks")
        else {
            throw LyceumError.failed(
                "this program cannot join other ranks: \(dlerror().map { String(cString: $0) } ?? "")",
                remedy: "the library libLyceumTorch.so belongs next to the program; install Lyceum again")
        }
        let patience =
            Environment.value("LYCEUM_RANKS_TIMEOUT").flatMap { Int32($0) } ?? Int32(clamping: seconds)
        if let message = unsafeBitCast(symbol, to: JoinFunction.self)(max(1, patience)) {
            defer { free(message) }
            throw LyceumError.failed(String(cString: message), remedy: nil)
        }
        return place
    }
}
