"""The other side of scripts/bench/rouge.

    python rouge_peer.py pairs CORPUS COUNT OUTPUT    writes COUNT pairs of real texts: "target", "prediction"
    python rouge_peer.py compare FOLDER               scores them with rouge_score and prints what differs, and times
"""

import json
import multiprocessing
import pathlib
import random
import sys
import time

from results import Results

MEASURES = ["rougeL", "rougeLsum"] + [f"rouge{n}" for n in range(1, 10)]


def pairs(corpus, count, output):
    rng = random.Random(11)
    with open(corpus, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    with open(output, "w", encoding="utf-8") as out:
        for i in range(count):
            row, other = rng.choice(rows), rng.choice(rows)
            document, lines = row["document"], row["document"].split("\n")
            target, prediction = [
                (row["summary"], document[:300]),
                (document[:500], "\n".join(rng.sample(lines, len(lines)))[:600]),
                (document[:400], other["document"][:400]),
                (document[:350] + "\n" + row["summary"], row["summary"] + "\n" + document[100:450]),
            ][i % 4]
            out.write(json.dumps({"target": target, "prediction": prediction}, ensure_ascii=False) + "\n")


def score(job):
    from rouge_score import rouge_scorer

    rows, stemmer, measures = job
    scorer = rouge_scorer.RougeScorer(measures, use_stemmer=stemmer)
    scorer.score("warm up", "warm up")
    start = time.process_time()
    scores = [scorer.score(row["target"], row["prediction"]) for row in rows]
    return [{m: tuple(s[m]) for m in measures} for s in scores], time.process_time() - start


def compare(folder):
    folder = pathlib.Path(folder)
    read = lambda name: [json.loads(line) for line in open(folder / name, encoding="utf-8")]
    rows = read("pairs.jsonl")
    part = rows[: max(1, len(rows) // 10)]
    theirs = max(
        len(part) / score((part, True, ["rouge1", "rouge2", "rougeL", "rougeLsum"]))[1] for _ in range(2)
    )
    ours = {name: json.load(open(folder / f"{name}.json"))["pairs_per_second"] for name in ["one", "all"]}

    worst, figures = 0.0, 0
    with multiprocessing.Pool() as pool:
        for name, stemmer in [("plain", False), ("stemmed", True)]:
            pieces = [(rows[i : i + 500], stemmer, MEASURES) for i in range(0, len(rows), 500)]
            expected = [scores for piece, _ in pool.imap(score, pieces) for scores in piece]
            for mine, reference in zip(read(f"{name}.jsonl"), expected, strict=True):
                for measure in MEASURES:
                    for part_name, value in zip(["precision", "recall", "fmeasure"], reference[measure]):
                        worst = max(worst, abs(mine[f"{measure}_{part_name}"] - value))
                        figures += 1
    print(f"parity: {len(rows)} pairs, {figures} figures, largest difference {worst:.1e}")
    if worst > 1e-9:
        sys.exit("the scores differ")
    table = Results("rouge", note=f"{figures:,} figures compared, largest difference {worst:.1g}")
    for name, how in [("one", "one core, processor time"), ("all", "all cores, by the clock; the peer uses one")]:
        table.add(f"ROUGE-1/2/L/Lsum with stemmer, {len(rows):,} real pairs, {how}", ours=ours[name], unit="pairs/s",
                  peer="rouge_score 0.1.2", theirs=theirs)
    table.write()


if __name__ == "__main__":
    if sys.argv[1] == "pairs":
        pairs(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        compare(sys.argv[2])
