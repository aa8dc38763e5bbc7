"""Runs both sides by turns and prints the best of each: processor time, seconds, peak memory of all processes.

    python parquet_runs.py RUNS FILE FOLDER LYCEUM
"""

import os
import pathlib
import subprocess
import sys
import time

from results import Results

ROOT = pathlib.Path(__file__).parent


def processes(root):
    """A process and all that it started."""
    found, waiting = [], [root]
    while waiting:
        process = waiting.pop()
        found.append(process)
        try:
            waiting += map(int, pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split())
        except OSError:
            pass
    return found


def memory(root):
    """Bytes that a process and its children hold, shared pages counted once."""
    total = 0
    for process in processes(root):
        try:
            for line in pathlib.Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        except OSError:
            pass
    return total


def measure(command):
    before = os.times()
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    peak = 0
    while child.poll() is None:
        peak = max(peak, memory(child.pid))
        time.sleep(0.03)
    seconds = time.perf_counter() - start
    after = os.times()
    if child.returncode != 0:
        sys.exit(f"{command[0]} failed")
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return processor, seconds, peak / 1e6, child.stdout.read().strip(), child.stderr.read().strip()


def main():
    runs, file, folder, lyceum = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
    sides = {
        "lyceum": [lyceum, "--no-lab", "--quiet", "run", str(ROOT / "parquet.lua"), file],
        "datasets": [sys.executable, str(ROOT / "parquet_peer.py"), file, folder],
    }
    best, said, version = {}, {}, ""
    for _ in range(runs):
        for name, command in sides.items():
            *figures, text, remarks = measure(command)
            version = (remarks.splitlines() or [version])[-1] if name == "datasets" else version
            best[name] = min(best.get(name, [9e9]), figures)
            said[name] = text
            print(f"{name:9} {figures[0]:6.2f} s of processor time, {figures[1]:6.2f} s, {figures[2]:6.0f} MB at most", file=sys.stderr)
    assert said["lyceum"] == said["datasets"], said
    size = os.path.getsize(file) / 1e6
    table = Results("parquet")
    ours, theirs = best["lyceum"], best["datasets"]
    read = f"start and reading of {size:.0f} MB of Parquet"
    for i, (what, unit) in enumerate([(f"{read}, processor time", "s"), (read, "s"), ("peak memory of that", "MB")]):
        table.add(what, ours=ours[i], unit=unit, peer=version, theirs=theirs[i])
    table.write()


main()
