"""Loads a Parquet file that datasets has not seen, reads every row, prints rows and letters.

    python parquet_peer.py FILE FOLDER      (FOLDER takes its cache, which is removed afterwards)
"""

import sys
import tempfile

import datasets

datasets.disable_progress_bars()
with tempfile.TemporaryDirectory(dir=sys.argv[2]) as cache:
    rows = datasets.load_dataset("parquet", data_files=sys.argv[1], split="train", cache_dir=cache)
    letters = 0
    for row in rows:
        letters += len(row["article"].encode())
    print(f"{len(rows)} rows, {letters} bytes of articles")
    print(f"datasets {datasets.__version__}", file=sys.stderr)
