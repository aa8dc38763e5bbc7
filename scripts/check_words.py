"""Refuses words that a native-speaking researcher would not write, in docs, help, errors and comments.

Usage: check_words.py FILE … prints each place as FILE:LINE: text, with what to write instead, and exits with 1 if there
is one. The list is CONTRIBUTING's. A line that must keep such a word says `words: ok` in a comment.
"""
import re
import sys

WORDS = [
    (r"(?<!there )\b(?:is|was) no (?!longer\b|more\b|less\b|one\b)[a-z]", "is not a"),
    (r"(?<!there )\b(?:are|were) no (?!longer\b|more\b|less\b)[a-z]", "are not"),
    (r"\banew\b", "again"),
    (r"\bmend(?:s|ed|ing)?\b", "fix"),
    (r"\btells? classes\b", "classify"),
    (r"\blearnt\b", "learned"),
    (r"\bbeside\b", "next to"),
]
PATTERNS = [(re.compile(pattern, re.IGNORECASE), better) for pattern, better in WORDS]
# CONTRIBUTING's own list of such words.
TABLE_ROW = re.compile(r"^\| ?[a-z].* \| .* \|$")


def main(paths):
    found = 0
    for path in paths:
        try:
            with open(path, encoding="utf-8") as lines:
                for number, line in enumerate(lines, 1):
                    if "words: ok" in line or (path == "CONTRIBUTING.md" and TABLE_ROW.match(line)):
                        continue
                    for pattern, better in PATTERNS:
                        match = pattern.search(line)
                        if match:
                            found += 1
                            print(f"{path}:{number}: '{match.group()}': write '{better}': {line.strip()[:120]}")
        except (OSError, UnicodeDecodeError):
            continue
    return 1 if found else 0


sys.exit(main(sys.argv[1:]))
