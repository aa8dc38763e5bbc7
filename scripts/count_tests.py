"""Prints how many tests passed and failed, and on standard error what failed and why.

Usage: count_tests.py EVENTS STATUS, where EVENTS is what `swift test --event-stream-output-path` wrote (one JSON
record a line) and STATUS is the exit status of `swift test`. A test that began and never ended counts as failed: the
process died in it.
"""
import json
import os
import sys


def main(path, status):
    functions, started, ended, issues = {}, set(), set(), {}
    if os.path.exists(path):
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    record = json.loads(line)
                except ValueError:
                    continue  # the last line of a process that died
                payload = record.get("payload", {})
                if record.get("kind") == "test":
                    if payload.get("kind") == "function":
                        functions[payload["id"]] = payload.get("displayName") or payload["name"]
                    continue
                kind, test = payload.get("kind"), payload.get("testID")
                if kind == "testStarted":
                    started.add(test)
                elif kind == "testEnded":
                    ended.add(test)
                elif kind == "issueRecorded" and not payload.get("issue", {}).get("isKnown"):
                    texts = [message.get("text", "") for message in payload.get("messages", [])]
                    issues.setdefault(test, []).append(": ".join(texts))
    failed = {test for test in started & set(functions) if test not in ended or test in issues}
    for test in sorted(failed):
        print(f"FAILED {test}: {functions[test]}", file=sys.stderr)
        for issue in issues.get(test, ["it began and never ended"])[:5]:
            print("  " + issue[:600], file=sys.stderr)
    # An issue outside every test, a build that broke, a process that died after its last test.
    bad = len(failed) + len([test for test in issues if test not in functions])
    if status != 0 and bad == 0:
        bad = 1
    print(len(started & set(functions)) - len(failed), bad)


main(sys.argv[1], int(sys.argv[2]))
