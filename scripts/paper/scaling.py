"""Writes the tables of scaling.md: what several ranks cost, by arithmetic, next to what scripts/bench/parallel measured.

    python3 scripts/paper/scaling.py            writes scaling.md
    python3 scripts/paper/scaling.py --check    fails if it is not what this would write

The arithmetic is the functions below; every number that is not computed is in a table of constants with its source.
Standard library only.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
PAGE, RESULTS = HERE / "scaling.md", HERE.parent / "bench/results/parallel.json"

# Parameters, and the share of their bytes whose gradients come in several parts and leave after the backward pass:
# embeddings that encoder, decoder and output share.
T5_SMALL = {"name": "T5-small", "parameters": 60_506_624, "late": 32_128 * 512 / 60_506_624}
BILLION = {"name": "1 billion parameters", "parameters": 1_000_000_000, "late": 0.05}
# Bytes a second that an all-reduce sees on each rank ("bus bandwidth" of nccl-tests; TCP over 25 Gb/s at 85 %).
NVLINK, ETHERNET = 370e9, 25e9 / 8 * 0.85
# The share of a step that is backward pass: two of three matrix products.
BACKWARD = 2 / 3
# Sequences of 512 → 114 tokens that one GPU trains a second: the best published (T5X on A100, bf16, 256 a batch), and
# PyTorch's in fp32 (FlagPerf); see the page.
FAST, SLOW = 714, 109
BATCH = 64
# A teacher: tokens in and out of a request, dollars a million of each, seconds to an answer.
PROMPT, REPLY, PROMPT_PRICE, REPLY_PRICE, ANSWER = 100, 600, 0.15, 0.60, 6.0


def traffic(model, ranks):
    """Bytes that each rank sends in a step: a ring all-reduce of fp32 gradients."""
    return 2 * (ranks - 1) / ranks * 4 * model["parameters"]


def step(model, ranks, compute, bandwidth, accumulation=1):
    """Seconds of a step: computing, and the part of the sum that nothing hides. Only the last of several backward passes
    hides anything."""
    late = traffic(model, ranks) * model["late"] / bandwidth
    early = traffic(model, ranks) * (1 - model["late"]) / bandwidth
    return accumulation * compute + late + max(0.0, early - BACKWARD * compute)


def seconds(value):
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def measured():
    """What the bench found, by words of its rows."""
    rows = {row["what"]: row for row in json.loads(RESULTS.read_text(encoding="utf-8"))["rows"]}

    def row(*words):
        return next(value for what, value in rows.items() if all(word in what for word in words))

    return row


def checked():
    if not RESULTS.exists():
        return "No measurement is kept here yet: run `scripts/bench/parallel`, then `scripts/paper/scaling.py`."
    row = measured()
    lines = []
    alone = row("step of", "1 rank")
    lines.append(["1", "0", seconds(alone["ours"]), "", "", seconds(alone["ours"]), "", seconds(alone["theirs"])])
    for ranks in (2, 4):
        own, compute = row("step of", f"{ranks} ranks"), row("same shares", f"{ranks} processes")["ours"]
        summed = row("sum of", f"{ranks} ranks")["ours"]
        # The bandwidth that the sum alone had.
        bandwidth = traffic(T5_SMALL, ranks) / summed
        expected = step(T5_SMALL, ranks, compute, bandwidth)
        shown = own["ours"] - compute
        hidden = 1 - shown / summed
        lines.append([
            str(ranks), f"{traffic(T5_SMALL, ranks) / 1e6:.0f} MB", seconds(compute), seconds(summed),
            seconds(expected), seconds(own["ours"]), f"{100 * max(0.0, min(1.0, hidden)):.0f} %", seconds(own["theirs"]),
        ])
    head = ["Ranks", "Each sends", "Shares alone", "Sum alone", "Step, expected", "Step, measured", "Of the sum hidden",
            "DistributedDataParallel"]
    run = alone
    return table(head, lines) + (
        f"\n\nMeasured on {run['date']} at {run['commit']}, {run['machine']}; load before the run {run['load']}.")


def expected():
    # 6 floating-point operations for each parameter and token, at 300 TFLOP/s.
    large = 6 * BILLION["parameters"] * 16 * 576 / 300e12
    students = [(T5_SMALL, f"{rate} sequences/s", BATCH, BATCH / rate) for rate in (FAST, SLOW)]
    students.append((BILLION, "300 TFLOP/s", 16, large))
    rows = []
    for name, ranks, bandwidth in (("8 GPUs, NVLink", 8, NVLINK), ("16 nodes of one GPU, 25 Gb/s", 16, ETHERNET)):
        for model, rate, batch, compute in students:
            for accumulation in (1, 8):
                computing = accumulation * compute
                whole = step(model, ranks, compute, bandwidth, accumulation)
                rows.append([
                    name, f"{model['name']} at {rate}", f"{batch} × {accumulation}",
                    f"{traffic(model, ranks) / 1e6:,.0f} MB", seconds(computing),
                    seconds(traffic(model, ranks) / bandwidth), f"{100 * computing / whole:.0f} %"])
    head = ["Machine", "Student", "Batch of a rank × accumulation", "Each sends", "Computing", "Sum alone", "Efficiency"]
    return table(head, rows)


def duration(value):
    for name, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if value >= 2 * length:
            return f"{value / length:.1f} {name}"
    return f"{value:.0f} s"


def requests():
    rows = []
    for count in (40_000, 10_000_000):
        tokens = count * (PROMPT + REPLY)
        dollars = count * (PROMPT * PROMPT_PRICE + REPLY * REPLY_PRICE) / 1e6
        for ranks, concurrency in ((1, 32), (8, 64)):
            rate = ranks * concurrency / ANSWER
            rows.append([
                f"{count:,}", f"{ranks} × {concurrency}", f"{rate:,.0f}", duration(count / rate),
                f"{rate * 60 * (PROMPT + REPLY) / 1e6:.2f} million", f"{tokens / 1e6:,.0f} million", f"{dollars:,.0f} USD",
                f"{count * 4096 / 1e9:,.1f} GB"])
    return table(["Requests", "Ranks × concurrency", "Requests/s", "Time", "Tokens a minute", "Tokens", "Price", "In the lab"], rows)


def main():
    text = PAGE.read_text(encoding="utf-8")
    for name, content in (("checked", checked), ("expected", expected), ("requests", requests)):
        start, end = f"<!-- {name}: begin (written by scaling.py) -->\n", f"\n<!-- {name}: end -->"
        before, rest = text.split(start)
        after = rest.split(end)[1]
        text = before + start + content() + end + after
    if "--check" in sys.argv:
        sys.exit(0 if text == PAGE.read_text(encoding="utf-8") else "scaling.md is not what scripts/paper/scaling.py writes")
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
