import LyceumKit
import Testing

/// What launchers say in the environment, and how work is divided.
@Suite struct RankPlaceTests {
    private func read(_ variables: [String: String]) throws -> RankPlace? {
        try RankPlace.read { variables[$0] }
    }

    @Test("torchrun")
    func torchrun() throws {
        var variables = [
            "RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "MASTER_ADDR": "head", "MASTER_PORT": "29500",
            "TORCHELASTIC_USE_AGENT_STORE": "True", "TORCHELASTIC_RESTART_COUNT": "2",
        ]
        #expect(
            try read(variables)
                == RankPlace(
                    rank: 3, count: 4, localRank: 1, address: "head", port: 29500, storeIsHosted: true,
                    restart: 2,
                    launcher: "torchrun"))
        variables["WORLD_SIZE"] = "1"
        variables["RANK"] = "0"
        #expect(try read(variables) == nil)
        #expect(try read([:]) == nil)
    }

    @Test("Slurm: steps of srun, the first host of the list, a port of the job's own")
    func slurm() throws {
        func place(_ nodes: String) throws -> RankPlace? {
            try read([
                "SLURM_STEP_NUM_TASKS": "8", "SLURM_NTASKS": "8", "SLURM_PROCID": "5", "SLURM_LOCALID": "1",
                "SLURM_JOB_ID": "123456", "SLURM_STEP_ID": "0", "SLURM_JOB_NODELIST": nodes,
            ])
        }
        let place = try #require(try place("node[05-09,12]"))
        #expect(place.rank == 5 && place.count == 8 && place.localRank == 1 && place.launcher == "Slurm")
        #expect(place.address == "node05")
        #expect((10_000..<30_000).contains(Int(place.port)))
        for (nodes, host) in [
            ("a1,b2", "a1"), ("n[1,3]-gpu,x", "n1-gpu"), ("single", "single"), ("n[007]", "n007"),
        ] {
            #expect(
                try self.read(["SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "0", "SLURM_NODELIST": nodes])?
                    .address == host)
        }
        #expect(try read(["SLURM_PROCID": "0", "SLURM_NTASKS": "8"]) == nil, "the batch script itself")
    }

    @Test("MPI: on one machine an address is not needed; over several it is asked for")
    func mpi() throws {
        let variables = [
            "OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_LOCAL_RANK": "1",
            "OMPI_COMM_WORLD_LOCAL_SIZE": "2", "MASTER_PORT": "4000",
        ]
        #expect(try read(variables)?.address == "127.0.0.1")
        // Without a port, all ranks of a job find the same, and another job another.
        func port(_ job: String, rank: String) throws -> UInt16? {
            var own = variables.merging(["PMIX_NAMESPACE": job, "OMPI_COMM_WORLD_RANK": rank]) { $1 }
            own["MASTER_PORT"] = nil
            return try RankPlace.read { own[$0] }?.port
        }
        #expect(try port("1734868993", rank: "0") == port("1734868993", rank: "1"))
        #expect(try port("1734868993", rank: "0") != port("1734868994", rank: "0"))
        let several = variables.merging(["OMPI_COMM_WORLD_LOCAL_SIZE": "1"]) { $1 }
        let error = try #require(throws: LyceumError.self) { try read(several) }
        #expect("\(error)".contains("MASTER_ADDR"))
    }

    @Test(
        "a variable that cannot be right is named",
        arguments: [
            ("RANK", "2"), ("RANK", "x"), ("WORLD_SIZE", "0"), ("MASTER_PORT", "70000"), ("MASTER_PORT", ""),
        ])
    func mistakes(name: String, text: String) throws {
        var variables = ["RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "x", "MASTER_PORT": "1"]
        variables[name] = text
        let error = try #require(throws: LyceumError.self) { try read(variables) }
        #expect("\(error)".contains(name))
    }

    @Test("shares are contiguous, whole and as equal as can be")
    func shares() {
        for total in [0, 1, 2, 7, 100] {
            for count in [1, 2, 3, 8] {
                let shares = (0..<count).map { Ranks.share(of: total, rank: $0, count: count) }
                #expect(shares.flatMap { Array($0) } == Array(0..<total))
                let sizes = shares.map(\.count)
                #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
            }
        }
    }
}
