"""The other side of scripts/bench/metrics.

    python metrics_peer.py pairs CORPUS COUNT OUTPUT    writes COUNT pairs of real texts: "target", "prediction"
    python metrics_peer.py compare FOLDER               scores them with sacrebleu and prints what differs, and times
"""

import json
import pathlib
import random
import sys
import time

from results import Results


def pairs(corpus, count, output):
    rng = random.Random(12)
    with open(corpus, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    with open(output, "w", encoding="utf-8") as out:
        for i in range(count):
            row, other = rng.choice(rows), rng.choice(rows)
            words = row["document"][: rng.randint(60, 300)].split()
            for _ in range(rng.randint(0, 8)):
                words.insert(rng.randrange(len(words) + 1), rng.choice(other["document"][:400].split() or ["x"]))
                del words[rng.randrange(len(words))]
            target = row["document"][: rng.randint(60, 300)]
            out.write(json.dumps({"target": target, "prediction": " ".join(words)}, ensure_ascii=False) + "\n")


def compare(folder):
    from sacrebleu.metrics import BLEU, CHRF, TER

    folder = pathlib.Path(folder)
    rows = [json.loads(line) for line in open(folder / "pairs.jsonl", encoding="utf-8")]
    ours = json.load(open(folder / "ours.json"))
    wrong = False
    table = Results("metrics", note="scores equal to the last digit")
    for name, make, share in [
        ("BLEU", BLEU, 10), ("chrF", CHRF, 10), ("chrF++", lambda: CHRF(word_order=2), 10), ("TER", TER, 100)]:
        part = rows[: max(1, len(rows) // share)]
        # Once: sacrebleu remembers the tokens of texts that it has seen, so a second time would measure that.
        start = time.process_time()
        make().corpus_score([r["prediction"] for r in part], [[r["target"] for r in part]])
        best = time.process_time() - start
        whole = rows[: ours[name]["count"]]
        score = make().corpus_score([r["prediction"] for r in whole], [[r["target"] for r in whole]]).score
        same = score == ours[name]["score"]
        wrong |= not same
        theirs, mine = len(part) / best, ours[name]["pairs_per_second"]
        table.add(f"{name} of {len(rows):,} pairs, one core, processor time", ours=mine, unit="pairs/s", peer="sacrebleu 2.6.0",
                  theirs=theirs)
        print(f"{name:7} {score!r} {'equal' if same else 'NOT EQUAL: ' + repr(ours[name]['score'])}")
    if wrong:
        sys.exit("the scores differ")
    table.write()


if __name__ == "__main__":
    if sys.argv[1] == "pairs":
        pairs(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        compare(sys.argv[2])
