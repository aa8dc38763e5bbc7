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
# The sides to measure, by the beginning of their names.
WANTED = tuple(os.environ.get("LYCEUM_BENCH_SIDES", "CTranslate2,Lyceum,transformers").split(","))


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


def make_models(kind, bench, here, python):
    folder = f"{bench}/{kind}"
    if not os.path.exists(f"{folder}/int8/model.bin"):
        os.makedirs(folder, exist_ok=True)
        subprocess.run([python, f"{here}/decode_peer.py", "make", folder, kind], check=True)
    return folder


def open_sides(kind, bench, here, python):
    """By name, a side and the precision to ask it for."""
    folder = make_models(kind, bench, here, python)
    opened, sides = {}, {}

    def add(name, precision, *command):
        if name.startswith(WANTED):
            if command not in opened:
                opened[command] = Side(command)
            sides[name] = (opened[command], precision)

    def peer(name):
        return (python, f"{here}/decode_peer.py", name, folder)

    lyceum = (os.environ["LYCEUM_BENCH_PROGRAM"], "--no-lab", "--quiet", "run", f"{here}/decode.lua", folder)
    add("CTranslate2 fp32", "fp32", *peer("float32"))
    add("Lyceum fp32", "fp32", *lyceum)
    add("Lyceum bf16", "bf16", *lyceum)
    add("CTranslate2 int8", "int8", *peer("int8"))
    add("Lyceum int8", "int8", *lyceum)
    add("transformers fp32", "fp32", *peer("transformers"))
    return sides


def decode(sides, rounds, columns):
    generator = random.Random(5)
    texts = [text(generator, 600) for _ in range(8)]
    measured = {name: {} for name in sides}
    for batch, beams in columns:
        for turn in range(rounds + 1):
            for name, (side, precision) in sides.items():
                # The first turn warms up; transformers is slow, and one measurement of it says enough.
                if name.startswith("transformers") and (turn > 1 or (turn == 0 and (batch, beams) != columns[0])):
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


def first_answer(bench, here, python):
    """Seconds from the program's start to the first answer of a T5-small with 32,000 pieces, and to the end of the program:
    medians and the least of nine."""
    make_models("t5", bench, here, python)
    folder = f"{bench}/t5-pieces"
    subprocess.run([python, f"{here}/decode_peer.py", "pieces", f"{bench}/t5", folder, os.environ["LYCEUM_BENCH_CORPUS"]],
                   check=True)
    program = os.environ["LYCEUM_BENCH_PROGRAM"]
    path = f"{bench}/first.lua"
    with open(path, "w", encoding="utf-8") as file:
        file.write('local s = student.load(...); print((s("a short text", { max_new_tokens = 8 }))); io.stdout:flush()')
    answers, ends = [], []
    for _ in range(9):
        start = time.perf_counter()
        process = subprocess.Popen([program, "--no-lab", "--quiet", "run", path, folder], stdout=subprocess.PIPE)
        process.stdout.readline()
        answers.append(time.perf_counter() - start)
        if process.wait() != 0:
            sys.exit("the program failed")
        ends.append(time.perf_counter() - start)
    result = {"median s": statistics.median(answers), "least s": min(answers), "median to the end s": statistics.median(ends)}
    print(f"\nfrom `lyceum` to the first answer of T5-small: {result['median s']:.2f} s (least {result['least s']:.2f} s; "
          f"to the end of the program {result['median to the end s']:.2f} s)")
    return result


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
        peer = table.get("CTranslate2 int8" if name.endswith("int8") else "CTranslate2 fp32")
        if not peer:
            continue
        is_time = columns[0].endswith(" ms")
        ratios = [peer[c] / table[name][c] if is_time else table[name][c] / peer[c] for c in columns]
        against = "int8" if name.endswith("int8") else "fp32"
        print(f"{name + ' / CT2 ' + against:22}" + "".join(f"{ratio:11.2f} ×" for ratio in ratios))


def selected(case):
    """"t5:b1,b8x4": a case and its columns; all of them if none is named."""
    kind, _, names = case.partition(":")
    by_name = {f"b{batch}" + (f"x{beams}" if beams > 1 else ""): (batch, beams) for batch, beams in COLUMNS}
    unknown = [name for name in names.split(",") if name and name not in by_name]
    if unknown or kind not in ("t5", "bart", "copy", "first"):
        sys.exit(f"'{case}': expected t5, bart, copy or first, and columns of {', '.join(by_name)}")
    return kind, [by_name[name] for name in names.split(",") if name] or COLUMNS


NAMES = {"t5": "T5-small", "bart": "BART-base"}


def keep(what, results):
    """The rows of README's table: each of our precisions against CTranslate2's fp32 or, int8, its int8."""
    table = Results(what)
    for kind, found in results.items():
        if kind == "first":
            for which, seconds in found.items():
                table.add(f"from `lyceum` to the first answer of T5-small, {which.removesuffix(' s')}", ours=seconds, unit="s")
        elif kind == "copy":
            for name, one in sorted(found.items()):
                if name == "rougeL":
                    for precision in ("bf16", "int8"):
                        table.add(f"ROUGE-L of a trained student, {precision}", ours=one[precision], unit="points", note=f"fp32: {one['fp32']:.2f}")
                else:
                    how = ", a processor second" if os.environ.get("OMP_NUM_THREADS") == "1" else ""
                    table.add(f"drafts from the source, {name}{how}", ours=one["drafted"], unit="tokens/s", peer="without drafts",
                              theirs=one["plain"])
        else:
            for name, row in found.items():
                if not name.startswith("Lyceum"):
                    continue
                precision = name.split()[1]
                peer = "CTranslate2 int8" if precision == "int8" else "CTranslate2 fp32"
                for column, value in row.items():
                    # One thread is for a machine that has other work: the clock then says nothing.
                    if what == "decode" and os.environ.get("OMP_NUM_THREADS") == "1" and not column.endswith("cpu"):
                        continue
                    unit = "ms" if column.endswith(" ms") else "tokens/s"
                    how = column.removesuffix(" ms").replace(" cpu", ", a processor second")
                    table.add(f"{NAMES[kind]}, {precision}, {how}", ours=value, unit=unit, peer=peer, theirs=found.get(peer, {}).get(column))
    table.write()


def main():
    what, bench, count, here, python = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5]
    results = {}
    for case in sys.argv[6:] or (["t5", "bart", "copy"] if what == "decode" else ["t5", "bart", "first"]):
        kind, columns = selected(case)
        if kind == "copy":
            results[kind] = copying(bench, here)
            continue
        if kind == "first":
            results[kind] = first_answer(bench, here, python)
            continue
        sides = open_sides(kind, bench, here, python)
        results[kind] = decode(sides, count, columns) if what == "decode" else latency(kind, sides, count)
        for side in {id(side): side for side, _ in sides.values()}.values():
            side.close()
        show(kind, results[kind])
    keep(what, results)


main()
