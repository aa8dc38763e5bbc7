"""Runs both sides of scripts/bench/parallel by turns and keeps the best of each. Standard library only.

    parallel.py FOLDER CORPUS PROGRAM PYTHON ROUNDS [RANKS...]
"""

import os
import pathlib
import subprocess
import sys

from results import Results

HERE = pathlib.Path(__file__).resolve().parent
# Of all ranks together; T5-small's parameters, 4 bytes each.
PAIRS, STEPS, GRADIENTS = 8, 3, 4 * 60_506_624


def run(command, ranks, environment):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr[-2000:]}")
    return float(done.stdout.strip().splitlines()[-1])


def apart(command, ranks, environment):
    """The slowest of as many processes that do not talk to each other."""
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(ranks)]
    seconds = [float(process.communicate()[0].strip().splitlines()[-1]) for process in started]
    return max(seconds)


def main():
    folder, corpus, program, python, rounds = sys.argv[1:6]
    counts = [int(count) for count in sys.argv[6:]] or [1, 2, 4]
    torchrun = str(pathlib.Path(python).parent / "torchrun")
    best = {}
    for _ in range(int(rounds)):
        for ranks in counts:
            cores = max(1, (os.cpu_count() or 1) // ranks)
            environment = os.environ | {"OMP_NUM_THREADS": str(cores)}
            launch = [torchrun, "--standalone", "--no-python", "--nproc-per-node", str(ranks)]
            script = [program, "run", "--quiet", "--no-lab", f"{HERE}/parallel.lua", f"{folder}/t5", corpus]
            peer = [python, f"{HERE}/parallel_peer.py"]
            measures = {
                "lyceum": lambda: run([*launch, *script, str(PAIRS), str(STEPS)], ranks, environment),
                "ddp": lambda: run([*launch, *peer, "step", str(PAIRS), str(STEPS)], ranks, environment),
            }
            if ranks > 1:
                measures["apart"] = lambda: apart([*script, str(PAIRS // ranks), str(STEPS)], ranks, environment)
                measures["sum"] = lambda: run([*launch, *peer, "sum", str(GRADIENTS), "3"], ranks, environment)
            for name, measure in measures.items():
                seconds = measure()
                best[name, ranks] = min(best.get((name, ranks), seconds), seconds)
                print(f"{ranks} ranks, {name}: {seconds:.2f} s", file=sys.stderr)
    table = Results("parallel")
    for ranks in counts:
        named = "1 rank" if ranks == 1 else f"{ranks} ranks"
        table.add(f"step of T5-small, {PAIRS} × 128 → 32, fp32, {named}", ours=best["lyceum", ranks], unit="s",
                  peer="DistributedDataParallel, torch 2.11.0", theirs=best["ddp", ranks])
        if ranks > 1:
            table.add(f"the same shares by {ranks} processes that do not talk", ours=best["apart", ranks], unit="s")
            table.add(f"sum of {GRADIENTS / 1e6:.0f} MB over {named} alone (gloo)", ours=best["sum", ranks], unit="s")
    table.write()


main()
