"""What Hugging Face datasets takes to load a JSON Lines file that it has not seen: name, seconds, peak MB.

    python data_peer.py FILE FOLDER      (FOLDER takes its cache, which is removed afterwards)
"""

import resource
import sys
import tempfile
import time

import datasets

datasets.disable_progress_bars()
with tempfile.TemporaryDirectory(dir=sys.argv[2]) as cache:
    start = time.perf_counter()
    rows = datasets.load_dataset("json", data_files=sys.argv[1], split="train", cache_dir=cache)
    seconds = time.perf_counter() - start
    assert len(rows) == 312_085
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1.024 / 1000
    print(f"datasets load\t{seconds:.4f}\t{peak:.0f}")
