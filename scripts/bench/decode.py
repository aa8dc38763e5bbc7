"""Drives the sides of scripts/bench/decode and latency by turns; prints a table, writes JSON. Standard library only."""

import json
import os
import random
import statistics
import subprocess
import sys
import time

from results import Results

TOKENS = 64
COLUMNS = [(1, 1), (8, 1), (1, 4), (8, 4)]


class Side:
    """A process that has the model loaded and answers one request after the other."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.read()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit("a side of the bench ended early")
        return json.loads(line)

    def ask(self, texts, beams, precision):
        request = {"texts": texts, "beams": beams, "tokens": TOKENS, "precision": precision}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self.read()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def text(generator, words):
    letters = "etaoinshrdlu"
    return " ".join("".join(generator.choice(letters) for _ in range(generator.randint(2, 7))) for _ in range(words))


def open_sides(kind, bench, here, python):
    folder = f"{bench}/{kind}"
    if not os.path.exists(f"{folder}/int8/model.bin"):
        os.makedirs(folder, exist_ok=True)
        subprocess.run([python, f"{here}/decode_peer.py", "make", folder, kind], check=True)
    program = [os.environ["LYCEUM_BENCH_PROGRAM"], "--no-lab", "--quiet", "run", f"{here}/decode.lua", folder]
    lyceum = Side(program)

    def peer(name):
        return Side([python, f"{here}/decode_peer.py", name, folder])

    ct2, ct2_int8, hf = peer("float32"), peer("int8"), peer("transformers")
    return {
        "CTranslate2 fp32": (ct2, "fp32"), "Lyceum fp32": (lyceum, "fp32"), "Lyceum bf16": (lyceum, "bf16"),
        "CTranslate2 int8": (ct2_int8, "int8"), "Lyceum int8": (lyceum, "int8"), "transformers fp32": (hf, "fp32"),
    }


def decode(kind, sides, rounds):
    generator = random.Random(5)
    texts = [text(generator, 600) for _ in range(8)]
    measured = {name: {} for name in sides}
    for batch, beams in COLUMNS:
        for turn in range(rounds + 1):
            for name, (side, precision) in sides.items():
                # The first turn warms up; transformers is slow, and one measurement of it says enough.
                if name.startswith("transformers") and (turn > 1 or (turn == 0 and (batch, beams) != COLUMNS[0])):
                    continue
                one = side.ask(texts[:batch], beams, precision)
                if turn > 0:
                    for key, seconds in (("", one["seconds"]), (" cpu", one["cpu"])):
                        measured[name].setdefault(f"b{batch} beams{beams}{key}", []).append(batch * TOKENS / seconds)
    return {name: {key: statistics.median(all) for key, all in table.items()} for name, table in measured.items()}


def latency(kind, sides, requests):
    generator = random.Random(6)
    texts = [text(generator, generator.randint(8, 150)) for _ in range(requests)]
    measured = {name: [] for name in sides}
    for turn, one in enumerate([texts[0]] + texts):
        for name, (side, precision) in sides.items():
            answer = side.ask([one], 1, precision)
            if turn > 0:
                measured[name].append(1000 * answer["seconds"])
    table = {}
    for name, all in measured.items():
        all.sort()
        table[name] = {"p50 ms": statistics.median(all), "p95 ms": all[min(len(all) - 1, int(0.95 * len(all)))]}
    return table


def copying(bench, here):
    """What drafts from the source gain on a trained student, and what int8 costs: see decode_copy.lua."""
    program = [os.environ["LYCEUM_BENCH_PROGRAM"], "--no-lab", "--quiet", "run", f"{here}/decode_copy.lua", bench,
               os.environ["LYCEUM_BENCH_CORPUS"]]
    if not os.path.exists(f"{bench}/copier/config.json"):
        subprocess.run(program + ["make"], check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run(program + ["measure"], check=True, stdout=subprocess.PIPE, text=True)
    result = json.loads(done.stdout.strip().splitlines()[-1])
    rouge = result.pop("rougeL")
    print(f"\ntrained student, ROUGE-L: fp32 {rouge['fp32']:.2f}, bf16 {rouge['bf16']:.2f}, int8 {rouge['int8']:.2f} "
          f"(int8 - fp32: {rouge['int8'] - rouge['fp32']:+.2f})")
    for name, one in sorted(result.items()):
        print(f"drafts from the source, {name}: {one['plain']:.0f} -> {one['drafted']:.0f} tokens/s, {one['ratio']:.2f} ×")
    result["rougeL"] = rouge
    return result


def first_answer(bench, here):
    """Seconds from the program's start to the first answer of a student that it loads: the least of five."""
    script = 'local s = student.load(...); print((s("a short text", { max_new_tokens = 8 })))'
    program = os.environ["LYCEUM_BENCH_PROGRAM"]
    best = float("inf")
    path = f"{bench}/first.lua"
    with open(path, "w", encoding="utf-8") as file:
        file.write(script)
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([program, "--no-lab", "--quiet", "run", path, f"{bench}/t5"], check=True,
                       stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - start)
    return best


def show(kind, table):
    every = list(next(iter(table.values())))
    columns = [column for column in every if not column.endswith("cpu")]
    show_columns(kind, table, columns)
    if len(columns) < len(every):
        # The same columns, of tokens for each second of processor time.
        spent = {name: {c: row[f"{c} cpu"] for c in columns if f"{c} cpu" in row} for name, row in table.items()}
        show_columns(f"{kind}, processor time", spent, columns)


def show_columns(title, table, columns):
    print(f"\n{title:22}" + "".join(f"{column:>13}" for column in columns))
    for name, row in table.items():
        print(f"{name:22}" + "".join(f"{row[column]:13.1f}" for column in columns if column in row))
    for name in table:
        if not name.startswith("Lyceum"):
            continue
        peer = table["CTranslate2 int8" if name.endswith("int8") else "CTranslate2 fp32"]
        is_time = columns[0].endswith(" ms")
        ratios = [peer[c] / table[name][c] if is_time else table[name][c] / peer[c] for c in columns]
        against = "int8" if name.endswith("int8") else "fp32"
        print(f"{name + ' / CT2 ' + against:22}" + "".join(f"{ratio:11.2f} ×" for ratio in ratios))


def main():
    what, bench, count, here, python = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5]
    results = {}
    for kind in sys.argv[6:] or (["t5", "bart", "copy"] if what == "decode" else ["t5", "bart"]):
        if kind == "copy":
            results[kind] = copying(bench, here)
            continue
        sides = open_sides(kind, bench, here, python)
        results[kind] = decode(kind, sides, count) if what == "decode" else latency(kind, sides, count)
        for side in {id(side): side for side, _ in sides.values()}.values():
            side.close()
        show(kind, results[kind])
    if what == "latency":
        results["first answer"] = first_answer(bench, here)
        print(f"\nfrom `lyceum` to the first answer of T5-small: {results['first answer']:.2f} s")
    with open(f"{bench}/{what}.json", "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
    keep(what, results)


NAMES = {"t5": "T5-small", "bart": "BART-base"}


def keep(what, results):
    """The rows of README's table: each of our precisions against CTranslate2's fp32 or, int8, its int8."""
    table = Results(what)
    for kind, found in results.items():
        if kind == "first answer":
            table.add("from `lyceum` to the first answer of T5-small", ours=found, unit="s")
        elif kind == "copy":
            for name, one in sorted(found.items()):
                if name == "rougeL":
                    for precision in ("bf16", "int8"):
                        table.add(f"ROUGE-L of a trained student, {precision}", ours=one[precision], unit="points", note=f"fp32: {one['fp32']:.2f}")
                else:
                    table.add(f"drafts from the source, {name}", ours=one["drafted"], unit="tokens/s", peer="without drafts",
                              theirs=one["plain"])
        else:
            for name, row in found.items():
                if not name.startswith("Lyceum"):
                    continue
                precision = name.split()[1]
                peer = "CTranslate2 int8" if precision == "int8" else "CTranslate2 fp32"
                for column, value in row.items():
                    unit = "ms" if column.endswith(" ms") else "tokens/s"
                    how = column.removesuffix(" ms").replace(" cpu", ", a processor second")
                    table.add(f"{NAMES[kind]}, {precision}, {how}", ours=value, unit=unit, peer=peer, theirs=found[peer].get(column))
    table.write()


main()
