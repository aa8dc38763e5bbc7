import LuaBridge

extension Scripting {
    /// Several processes that run one script.
    static var ranksTopic: HelpTopic {
        HelpTopic(
            name: "several machines", summary: "one script on many processes: torchrun, srun, --processes"
        ) {
            """
            The same script runs on several processes (ranks), on one machine or many:

              lyceum run --processes 4 train.lua                              -- four ranks on this machine
              torchrun --no-python --nproc-per-node 2 lyceum run train.lua    -- PyTorch's launcher
              srun lyceum run train.lua                                       -- Slurm
              mpirun lyceum run train.lua                                     -- Open MPI

            student:train divides every batch by rank and sums the gradients while the backward pass goes on. The
            loss is normalised by the tokens of all ranks, so a run is the same whatever their number: batch_size is
            the batch of all ranks together. student:generate, student:classify, teacher:generate and the metrics
            work on shares of the rows; every rank gets all results, in order. Replies are kept in rank 0's lab,
            nothing is bought twice, and budget_usd and budget_calls hold for all ranks together.

            Only rank 0 prints, shows progress and keeps a lab. save, report and plot files are written by rank 0
            while the others wait: all ranks must make these calls, in the same order, or they end with an error
            that names both. For io.open and the like ask ranks.rank yourself:

              if ranks.rank == 0 then io.open("notes.txt", "w"):write("done"):close() end
              for rank, value in ipairs(ranks.gather(my_value)) do … end
              ranks.barrier()

            An error on one rank ends all of them with it, within ten seconds; so does a rank whose machine falls
            silent. Ctrl-C and SIGTERM stop all ranks at the same step and
            keep it; resume = true goes on, with another number of ranks if you like. torchrun's --max-restarts
            starts the script again: with output_dir it then goes on from the newest checkpoint by itself. All ranks
            must be able to read that folder.

            MASTER_ADDR and MASTER_PORT name rank 0's machine; torchrun and srun need none, mpirun on several
            machines both (-x MASTER_ADDR -x MASTER_PORT). GLOO_SOCKET_IFNAME names the network interface, if the
            right one is not found; LYCEUM_RANKS_TIMEOUT how many seconds to wait for ranks that start late (300).
            With device = "cuda" each rank of a machine takes a GPU of its own, and gradients are summed by NCCL
            where libtorch brings it, else through main memory, with a note that says why.
            """
        }
    }
}
