"""What a bench found: rows of ours and a peer's, printed as a table and kept as results/NAME.json.

From Python:

    table = Results("rouge")
    table.add("20,000 pairs, one core", ours=64138, unit="pairs/s", peer="rouge_score 0.1.2", theirs=526)
    table.write()

From a shell, with lines of WHAT, OURS, UNIT, PEER and THEIRS between tabs (PEER and THEIRS may be missing):

    ... | python3 results.py NAME

scripts/bench/report writes the table of README.md from the files. The ratio says how many times better ours is: more
of what counts a second (a unit that ends in "/s"), less of anything else. Standard library only.
"""

import datetime
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


# Taken at the start, so that a short bench does not count its own work.
LOAD = os.getloadavg()[0]


class Results:
    def __init__(self, name, note=None):
        self.name, self.note, self.rows = name, note, []

    def add(self, what, ours, unit, peer=None, theirs=None, note=None):
        row = {"what": what, "ours": ours, "unit": unit}
        if theirs is not None:
            row |= {"peer": peer, "theirs": theirs}
        if note:
            row["note"] = note
        self.rows.append(row)

    def write(self):
        """Prints the table and writes results/NAME.json; a part of a bench replaces only its own rows."""
        if not self.rows:
            sys.exit(f"{self.name}: nothing was measured")
        print(table(self.rows), flush=True)
        path = HERE / "results" / f"{self.name}.json"
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"rows": []}
        here = {"date": datetime.date.today().isoformat(), "commit": commit(), "machine": machine(),
                "load": round(LOAD, 1)}
        measured = {row["what"]: {**row, **here} for row in self.rows}
        rows = [measured.pop(row["what"], row) for row in kept["rows"]] + list(measured.values())
        result = {"bench": self.name}
        if self.note or kept.get("note"):
            result["note"] = self.note or kept["note"]
        path.parent.mkdir(exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(result | {"rows": rows}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        part.replace(path)
        print(f"written to {path}; scripts/bench/report puts it into README.md", file=sys.stderr)


def ratio(row):
    """How many times better ours is, or None without a peer."""
    if row.get("theirs") is None or not row["ours"] or not row["theirs"]:
        return None
    return row["ours"] / row["theirs"] if row["unit"].endswith("/s") else row["theirs"] / row["ours"]


def number(value):
    """Three figures, or all of those before the point."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


def cells(row):
    """What a row of a table shows: what was measured, ours, the peer's, the ratio."""
    mine = f"{number(row['ours'])} {row['unit']}"
    if row.get("note"):
        mine += f" ({row['note']})"
    found = ratio(row)
    peer = "" if found is None else f"{row['peer']}: {number(row['theirs'])} {row['unit']}"
    return [row["what"], mine, peer, "" if found is None else f"{number(found)} ×"]


def table(rows):
    """The rows as text for a terminal."""
    lines = [cells(row) for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(4)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def commit():
    """The commit that was measured; a + after it says that something was changed since."""
    run = lambda *words: subprocess.run(["git", "-C", HERE, *words], capture_output=True, text=True).stdout.strip()
    changed = run("status", "--porcelain", "--untracked-files=no", "--", "../../Sources", "../../plugins", "../../Package.swift")
    return run("rev-parse", "--short", "HEAD") + ("+" if changed else "")


def machine():
    """The processor's name and how many cores there are."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return f"{os.cpu_count()} cores, {names[0] if names else os.uname().machine}"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: ... | results.py NAME")
    results = Results(sys.argv[1])
    for line in sys.stdin:
        parts = line.rstrip("\n").split("\t")
        if len(parts) not in (3, 5):
            print(line, end="")  # what a bench says besides
            continue
        results.add(parts[0], float(parts[1]), parts[2], *([parts[3], float(parts[4])] if len(parts) == 5 else []))
    results.write()
