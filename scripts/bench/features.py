"""Times scikit-learn's TfidfVectorizer and ours on the same texts, alternately, and prints the ratios.

    python features.py TEXTS.jsonl FEATURES-BENCH

Run by scripts/bench/features. Each side fits and transforms texts that are in memory; of several runs the best
counts, since whatever else the machine does only ever adds.
"""
import json
import os
import subprocess
import sys
import time

from sklearn.feature_extraction.text import TfidfVectorizer

CASES = [("word", 1, 1), ("word", 1, 2), ("char_wb", 3, 5)]


def theirs(texts, analyzer, low, high):
    start = time.perf_counter()
    matrix = TfidfVectorizer(analyzer=analyzer, ngram_range=(low, high)).fit_transform(texts)
    return time.perf_counter() - start, matrix


def ours(program, path, analyzer, low, high, threads):
    arguments = [program, path, analyzer, str(low), str(high), str(threads)]
    seconds, columns, count, total = subprocess.run(
        arguments, check=True, capture_output=True, text=True
    ).stdout.split()
    return float(seconds), int(columns), int(count), float(total)


def main():
    path, program = sys.argv[1:]
    texts = [json.loads(line)["document"] for line in open(path, encoding="utf-8")]
    cores = os.cpu_count()
    size = sum(len(text.encode()) for text in texts) / 1e6
    print(f"{len(texts)} texts, {size:.1f} MB, {cores} cores; seconds to fit and transform, best of 2")
    print(f"{'n-grams':<14}{'scikit-learn':>14}{'one core':>12}{'ratio':>8}{'all cores':>12}{'ratio':>8}")
    for analyzer, low, high in CASES:
        best = [float("inf")] * 3
        for _ in range(2):
            seconds, matrix = theirs(texts, analyzer, low, high)
            best[0] = min(best[0], seconds)
            for i, threads in ((1, 1), (2, cores)):
                seconds, columns, count, total = ours(program, path, analyzer, low, high, threads)
                best[i] = min(best[i], seconds)
                assert (columns, count) == (matrix.shape[1], matrix.nnz), "the features differ"
                assert abs(total - matrix.sum()) < 1e-6 * total, "the values differ"
        name = f"{analyzer} {low}-{high}"
        one, all_cores = best[0] / best[1], best[0] / best[2]
        print(f"{name:<14}{best[0]:>14.2f}{best[1]:>12.2f}{one:>7.1f}x{best[2]:>12.2f}{all_cores:>7.1f}x")


if __name__ == "__main__":
    main()
