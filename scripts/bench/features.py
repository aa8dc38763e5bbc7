"""Times scikit-learn's TfidfVectorizer and ours on the same texts, alternately, and keeps what it found.

    python features.py TEXTS.jsonl FEATURES-BENCH

Run by scripts/bench/features. Each side fits and transforms texts that are in memory; of several runs the best
counts, since whatever else the machine does only ever adds. Processor time is what remains comparable on a machine
that is busy with other things.
"""
import json
import os
import subprocess
import sys
import time

import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer

from results import Results

CASES = [("word", 1, 1), ("word", 1, 2), ("char_wb", 3, 5)]
RUNS = 4


def theirs(texts, analyzer, low, high):
    """Seconds, seconds of processor time, and the matrix."""
    wall, processor = time.perf_counter(), time.process_time()
    matrix = TfidfVectorizer(analyzer=analyzer, ngram_range=(low, high)).fit_transform(texts)
    return time.perf_counter() - wall, time.process_time() - processor, matrix


def ours(program, path, analyzer, low, high, threads, matrix):
    """Seconds and seconds of processor time; fails unless the features are those of `matrix`."""
    arguments = [program, path, analyzer, str(low), str(high), str(threads)]
    output = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout
    wall, processor, columns, count, total = output.split()
    assert (int(columns), int(count)) == (matrix.shape[1], matrix.nnz), "the features differ"
    assert abs(float(total) - matrix.sum()) < 1e-6 * float(total), "the values differ"
    return float(wall), float(processor)


def main():
    path, program = sys.argv[1:]
    texts = [json.loads(line)["document"] for line in open(path, encoding="utf-8")]
    cores = os.cpu_count()
    peer_name = f"scikit-learn {sklearn.__version__}"
    size = sum(len(text.encode()) for text in texts) / 1e6
    print(f"{len(texts)} texts, {size:.1f} MB, {cores} cores; seconds to fit and transform, best of {RUNS}")
    table = Results("features", note="scikit-learn computes on one core")
    for case in CASES:
        best = [float("inf")] * 5
        for _ in range(RUNS):
            wall, processor, matrix = theirs(texts, *case)
            one, all_cores = (ours(program, path, *case, threads, matrix) for threads in (1, cores))
            best = list(map(min, best, [wall, one[0], all_cores[0], processor, one[1]]))
        wall, one, all_cores, processor, own = best
        name = f"{case[0]} {case[1]}-{case[2]}"
        for how, mine, peer in [("one core, processor time", own, processor), ("one core, by the clock", one, wall),
                                (f"{cores} cores, by the clock", all_cores, wall)]:
            table.add(f"TF-IDF of {len(texts):,} texts, {name}-grams, {how}", ours=mine, unit="s", peer=peer_name, theirs=peer)
    table.write()


if __name__ == "__main__":
    main()
