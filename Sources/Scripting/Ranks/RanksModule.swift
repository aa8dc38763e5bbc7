import LuaBridge
import LyceumKit

extension Scripting {
    /// `ranks`: several processes that run one script.
    static var ranksModule: LuaModule {
        LuaModule(
            name: "ranks",
            summary:
                "Several processes (ranks) that run one script: under torchrun, srun, mpirun or --processes.",
            functions: [
                LuaFunction(
                    name: "barrier", summary: "Waits until all ranks have reached this point.",
                    returns: "nothing",
                    errors: ["a rank that has failed or is gone"],
                    example: "ranks.barrier()\nassert(ranks.rank < ranks.count)",
                    body: { _ in
                        try Ranks.group?.barrier()
                        return []
                    }),
                LuaFunction(
                    name: "gather", summary: "Gives every rank the values of all ranks.",
                    parameters: [
                        LuaParameter("value", .any, "text, number, boolean, list or table of these")
                    ],
                    returns: "a list: [1] is rank 0's value",
                    errors: [
                        "a function, an object or a cycle in the value", "a rank that has failed or is gone",
                    ],
                    example: "local all = ranks.gather({ rank = ranks.rank })\nassert(#all == ranks.count)",
                    body: { call in
                        let value = try call.data(1)
                        guard let group = Ranks.group else { return [.data(.list([value]))] }
                        try group.meet("ranks.gather")
                        let all = try group.gather(Array(JSON.encode(value).utf8))
                        return [.data(.list(try all.map { try JSON.decode($0, name: "ranks.gather") }))]
                    }),
            ],
            constants: [
                ("rank", .integer(Ranks.rank), "the number of this process, from 0; 0 alone"),
                ("count", .integer(Ranks.count), "how many processes run this script; 1 alone"),
            ])
    }
}
