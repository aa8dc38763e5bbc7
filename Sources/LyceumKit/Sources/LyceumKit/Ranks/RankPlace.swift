/// Where this process stands among those that run the same script at once, as a launcher's environment says.
///
/// Sources: torch/distributed/run.py and torch/distributed/elastic/agent (torchrun), Slurm's srun(1), Open MPI's and
/// MPICH's (PMI) environments.
public struct RankPlace: Sendable, Equatable {
    /// The number of this process, from 0.
    public var rank: Int
    /// How many processes there are.
    public var count: Int
    /// The number of this process on its machine, from 0.
    public var localRank: Int
    /// The machine where rank 0 runs, as all ranks reach it.
    public var address: String
    /// The port of the store on that machine.
    public var port: UInt16
    /// Whether the launcher itself hosts the store (torchrun's agent does), so that even rank 0 is a client of it.
    public var storeIsHosted: Bool
    /// How often the launcher has started the ranks again after a failure.
    public var restart: Int
    /// Who started the ranks: "torchrun", "Slurm", "Open MPI", "MPI (PMI)", "lyceum run --processes".
    public var launcher: String

    /// Describes a place.
    public init(
        rank: Int, count: Int, localRank: Int = 0, address: String, port: UInt16, storeIsHosted: Bool = false,
        restart: Int = 0, launcher: String
    ) {
        self.rank = rank
        self.count = count
        self.localRank = localRank
        self.address = address
        self.port = port
        self.storeIsHosted = storeIsHosted
        self.restart = restart
        self.launcher = launcher
    }

    /// The variable by which `lyceum run --processes` marks its ranks.
    public static let launcherVariable = "LYCEUM_RANKS_LAUNCHER"

    /// Reads the place from the environment; nil for a process that runs alone.
    ///
    /// - Throws: `LyceumError.invalid` for a variable that cannot be what it says.
    public static func read(_ environment: @escaping (String) -> String?) throws -> RankPlace? {
        let variables = RankVariables(environment)
        if environment("WORLD_SIZE") != nil, environment("RANK") != nil { return try variables.torchrun() }
        // The batch script itself has SLURM_PROCID and SLURM_NTASKS, too; only srun's steps have this one.
        if environment("SLURM_STEP_NUM_TASKS") != nil { return try variables.slurm() }
        if environment("OMPI_COMM_WORLD_SIZE") != nil {
            return try variables.mpi(
                "Open MPI", rank: "OMPI_COMM_WORLD_RANK", size: "OMPI_COMM_WORLD_SIZE",
                localRank: "OMPI_COMM_WORLD_LOCAL_RANK", localSize: "OMPI_COMM_WORLD_LOCAL_SIZE",
                job: "PMIX_NAMESPACE")
        }
        if environment("PMI_SIZE") != nil, environment("PMI_RANK") != nil {
            return try variables.mpi(
                "MPI (PMI)", rank: "PMI_RANK", size: "PMI_SIZE", localRank: "MPI_LOCALRANKID",
                localSize: "MPI_LOCALNRANKS", job: "PMI_JOBID")
        }
        return nil
    }
}

/// Reads launchers' variables, with errors that name them.
struct RankVariables {
    let environment: (String) -> String?

    init(_ environment: @escaping (String) -> String?) { self.environment = environment }

    func torchrun() throws -> RankPlace? {
        let count = try number("WORLD_SIZE", in: 1...1_000_000)
        if count == 1 { return nil }
        let rank = try number("RANK", in: 0...(count - 1))
        let isOurs = environment(RankPlace.launcherVariable) != nil
        return RankPlace(
            rank: rank, count: count,
            localRank: try number("LOCAL_RANK", in: 0...(count - 1), or: rank),
            address: try text("MASTER_ADDR", launcher: "torchrun"),
            port: UInt16(try number("MASTER_PORT", in: 1...65535)),
            storeIsHosted: environment("TORCHELASTIC_USE_AGENT_STORE") == "True",
            restart: try number("TORCHELASTIC_RESTART_COUNT", in: 0...1_000_000, or: 0),
            launcher: isOurs ? "lyceum run --processes" : "torchrun")
    }

    func slurm() throws -> RankPlace? {
        let count = try number("SLURM_STEP_NUM_TASKS", in: 1...1_000_000)
        if count == 1 { return nil }
        let nodes =
            environment("SLURM_STEP_NODELIST") ?? environment("SLURM_JOB_NODELIST")
            ?? environment("SLURM_NODELIST") ?? ""
        let job = try number("SLURM_JOB_ID", in: 0...Int(Int32.max), or: 0)
        let step = try number("SLURM_STEP_ID", in: 0...Int(Int32.max), or: 0)
        guard let host = environment("MASTER_ADDR") ?? Self.firstHost(of: nodes) else {
            throw invalid("SLURM_JOB_NODELIST", "a list of hosts", nodes, "set MASTER_ADDR")
        }
        return RankPlace(
            rank: try number("SLURM_PROCID", in: 0...(count - 1)), count: count,
            localRank: try number("SLURM_LOCALID", in: 0...(count - 1), or: 0), address: host,
            // Two steps of one job may run on one host at once.
            port: UInt16(try number("MASTER_PORT", in: 1...65535, or: 10_000 + (job * 7 + step) % 20_000)),
            launcher: "Slurm")
    }

    /// - Parameter job: the variable that names the job, of which the port is made if none is given.
    func mpi(
        _ launcher: String, rank: String, size: String, localRank: String, localSize: String, job: String
    ) throws -> RankPlace? {
        let count = try number(size, in: 1...1_000_000)
        if count == 1 { return nil }
        let isOneMachine = try number(localSize, in: 1...count, or: 0) == count
        guard let address = environment("MASTER_ADDR") ?? (isOneMachine ? "127.0.0.1" : nil),
            let port = try port(ofJob: job)
        else {
            throw LyceumError.failed(
                "\(launcher) started \(count) ranks and does not say where rank 0 is",
                remedy:
                    "set MASTER_ADDR (a host that all ranks reach) and MASTER_PORT (a free port there) for all ranks"
            )
        }
        return RankPlace(
            rank: try number(rank, in: 0...(count - 1)), count: count,
            localRank: try number(localRank, in: 0...(count - 1), or: 0), address: address,
            port: UInt16(port), launcher: launcher)
    }

    /// MASTER_PORT, or a port that follows from the name of the job; nil if there is neither.
    private func port(ofJob job: String) throws -> Int? {
        if environment("MASTER_PORT") != nil { return try number("MASTER_PORT", in: 1...65535) }
        guard let name = environment(job), !name.isEmpty else { return nil }
        // FNV-1a, so that all ranks find the same.
        let hash = name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        return 10_000 + Int(hash % 20_000)
    }

    /// The first host of a list as Slurm writes it: `node[5-9,12]` is node5, `a1,b2` is a1, `n[01-16]-gpu` is n01-gpu.
    static func firstHost(of list: String) -> String? {
        var prefix = "", range = "", suffix = ""
        var depth = 0
        var isPast = false
        for character in list {
            switch character {
            case "[":
                if isPast { return nil }
                depth += 1
            case "]":
                depth -= 1
                isPast = true
            case "," where depth == 0: return finish()
            default:
                if depth > 0 {
                    range.append(character)
                } else if isPast {
                    suffix.append(character)
                } else {
                    prefix.append(character)
                }
            }
        }
        func finish() -> String? {
            let first = range.prefix { $0 != "-" && $0 != "," }
            let host = prefix + first + suffix
            return host.isEmpty ? nil : host
        }
        return finish()
    }

    private func text(_ name: String, launcher: String) throws -> String {
        guard let value = environment(name), !value.isEmpty else {
            throw LyceumError.failed(
                "\(name) is not set, though RANK and WORLD_SIZE are",
                remedy: "start the ranks with torchrun, srun or lyceum run --processes N")
        }
        return value
    }

    private func number(_ name: String, in range: ClosedRange<Int>, or fallback: Int? = nil) throws -> Int {
        guard let text = environment(name), !text.isEmpty else {
            if let fallback { return fallback }
            throw LyceumError.failed(
                "\(name) is not set, though other variables of a launcher are",
                remedy: "start the ranks with torchrun, srun or lyceum run --processes N")
        }
        guard let number = Int(text), range.contains(number) else {
            throw invalid(name, "a whole number from \(range.lowerBound) to \(range.upperBound)", text, nil)
        }
        return number
    }

    private func invalid(_ name: String, _ expected: String, _ got: String, _ remedy: String?) -> LyceumError
    {
        .invalid("the environment variable \(name)", expected: expected, got: got, remedy: remedy)
    }
}
