#!/usr/bin/env python3
"""Makes a JSON Lines file of the size of CNN/DailyMail out of the demo's corpus: real sentences, new order.

    python data_file.py CORPUS OUTPUT

312,085 records of "article", "highlights" and "id", 1.3 GB; the same file for the same corpus.
"""

import hashlib
import json
import os
import random
import sys

RECORDS, BYTES = 312_085, 1_300_000_000


def main():
    corpus, output = sys.argv[1:]
    rng = random.Random(5)
    with open(corpus, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    documents = [json.dumps(row["document"], ensure_ascii=False)[1:-1] for row in rows]
    summaries = [json.dumps(row["summary"], ensure_ascii=False)[1:-1] for row in rows]
    rest = BYTES
    with open(output + ".part", "w", encoding="utf-8") as out:
        for i in range(RECORDS):
            target = rest / (RECORDS - i) - 330
            parts, length = [], 0
            while length < target:
                parts.append(documents[rng.randrange(len(documents))])
                length += len(parts[-1]) + 1
            article = " ".join(parts)
            highlights = "\\n".join(rng.choice(summaries) for _ in range(4))
            name = hashlib.sha1(str(i).encode()).hexdigest()
            line = f'{{"article": "{article}", "highlights": "{highlights}", "id": "{name}"}}\n'
            out.write(line)
            rest -= len(line.encode())
    os.replace(output + ".part", output)


if __name__ == "__main__":
    main()
