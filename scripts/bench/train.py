"""Runs both sides of scripts/bench/train by turns and prints medians and ratios. Standard library only."""

import json
import os
import statistics
import subprocess
import sys

from results import Results

CASES = {
    "t5-bf16": ("t5", "bf16", "fixed"),
    "t5-fp32": ("t5", "fp32", "fixed"),
    "bart-bf16": ("bart", "bf16", "fixed"),
    "bart-fp32": ("bart", "fp32", "fixed"),
    "natural-bf16": ("t5", "bf16", "natural"),
    "natural-fp32": ("t5", "fp32", "natural"),
    "small": ("small", "fp32", "fixed"),
    "lstm": ("lstm", "fp32", "fixed"),
    "lstm-bf16": ("lstm", "bf16", "fixed"),
}


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed")
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    bench, rounds, here = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    rest = sys.argv[4:]
    pythons, chosen = rest[: rest.index("--")], rest[rest.index("--") + 1 :] or list(CASES)
    program, corpus = os.environ["LYCEUM_BENCH_PROGRAM"], os.environ["LYCEUM_BENCH_CORPUS"]
    steps = os.environ.get("LYCEUM_BENCH_STEPS", "4")

    def ours(*arguments):
        return [program, "--no-lab", "--quiet", "run", f"{here}/train.lua", bench, corpus, *arguments]

    def theirs(python, *arguments):
        return [python, f"{here}/train_peer.py", bench, *arguments]

    architectures = {CASES[case][0] for case in chosen}
    for architecture in sorted(architectures):
        if not os.path.exists(f"{bench}/{architecture}/lengths.json"):
            subprocess.run(ours("make", architecture), check=True)
            subprocess.run(theirs(pythons[0], "make", architecture), check=True)
    peak = run(theirs(pythons[0], "peak"))
    results = {"peak_gflops": peak, "cases": {}}
    print(f"matrix peak: {peak['fp32']:.0f} GFLOP/s in fp32, {peak['bf16']:.0f} in bf16")
    for case in chosen:
        architecture, precision, lengths = CASES[case]
        sides = {"lyceum": ours("time", architecture, precision, lengths, steps)}
        orders = ["random", "grouped"] if lengths == "natural" else ["random"]
        for python in pythons:
            for attention in ["eager"] if architecture == "lstm" else ["eager", "sdpa"]:
                for order in orders:
                    name = f"{os.path.basename(os.path.dirname(os.path.dirname(python)))} {attention} {order}"
                    sides[name] = theirs(python, "time", architecture, precision, lengths, steps, attention, order)
        measured = {name: [] for name in sides}
        for _ in range(rounds):
            for name, command in sides.items():
                measured[name].append(run(command))
        table = {}
        for name, runs in measured.items():
            if any("failed" in one for one in runs):
                continue
            table[name] = {key: statistics.median(one[key] for one in runs) for key in runs[0] if key != "version"}
            table[name]["version"] = runs[0].get("version", "")
        results["cases"][case] = table
        report(case, table, peak[precision])
    with open(f"{bench}/last.json", "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
    keep(results["cases"])


def keep(cases):
    """The rows of README's table: against each way of the peer's attention, by the clock and by processor time."""
    kept = Results("train")
    for case, table in cases.items():
        mine = table["lyceum"]
        for name, one in table.items():
            if name == "lyceum":
                continue
            peer = one["version"]
            for key, how in [("wall", "by the clock"), ("cpu", "a processor second")]:
                kept.add(f"{case}, training tokens, {name}, {how}", ours=mine["tokens"] / mine[key], unit="tokens/s", peer=peer,
                         theirs=one["tokens"] / one[key])
        best = min(one["memory"] for name, one in table.items() if name != "lyceum") if len(table) > 1 else None
        kept.add(f"{case}, peak memory", ours=mine["memory"] / 1024, unit="MB", peer="the least of theirs",
                 theirs=best and best / 1024)
    kept.write()


def report(case, table, peak):
    mine = table["lyceum"]
    share = f", {100 * mine['flops'] / mine['wall'] / 1e9 / peak:.0f} % of the matrix peak" if mine["flops"] else ""
    print(f"\n{case}: lyceum {mine['tokens'] / mine['wall']:.0f} tokens/s ({mine['tokens'] / mine['cpu']:.0f} a processor "
          f"second), {mine['memory'] / 1024:.0f} MB at most{share}")
    for order in sorted({name.split()[-1] for name in table if name != "lyceum"}):
        peers = {name: one for name, one in table.items() if name.endswith(order)}
        best = min(peers, key=lambda name: peers[name]["cpu"] / peers[name]["tokens"])
        for name, one in peers.items():
            wall = (one["wall"] / one["tokens"]) / (mine["wall"] / mine["tokens"])
            cpu = (one["cpu"] / one["tokens"]) / (mine["cpu"] / mine["tokens"])
            mark = "  <- the best" if name == best else ""
            print(f"  {name} ({one['version']}): {one['tokens'] / one['wall']:.0f} tokens/s, {one['memory'] / 1024:.0f} MB; "
                  f"lyceum is {wall:.2f} × by the clock, {cpu:.2f} × by processor time, "
                  f"{mine['memory'] / one['memory']:.2f} × its memory{mark}")


main()
