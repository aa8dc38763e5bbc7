"""Writes a Parquet file with the shape of CNN/DailyMail's training split: 287,113 records, row groups of 1,000.

    python parquet_file.py CORPUS FILE      (CORPUS: the JSON Lines of scripts/corpus, whose texts are put together)
"""

import hashlib
import json
import random
import sys

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 287_113


def main():
    with open(sys.argv[1], encoding="utf-8") as lines:
        texts = [json.loads(line)["document"] for line in lines]
    chance = random.Random(1)
    schema = pa.schema([("article", pa.string()), ("highlights", pa.string()), ("id", pa.string())])
    with pq.ParquetWriter(sys.argv[2], schema, compression="zstd") as writer:
        for start in range(0, ROWS, 1000):
            rows = []
            for n in range(start, min(start + 1000, ROWS)):
                article = ""
                length = chance.lognormvariate(7.6, 0.55)
                while len(article) < length:
                    article += chance.choice(texts) + " "
                rows.append({"article": article, "highlights": chance.choice(texts)[:300], "id": hashlib.sha1(b"%d" % n).hexdigest()})
            writer.write_table(pa.Table.from_pylist(rows, schema))


main()
