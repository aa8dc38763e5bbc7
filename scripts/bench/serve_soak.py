"""The clients of scripts/bench/serve_soak."""

import http.client
import json
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time

seconds, folder, program = float(sys.argv[1]), sys.argv[2], sys.argv[3:]
process = subprocess.Popen(
    program + ["serve", f"m={folder}", "--port", "0", "--queue", "24"], stderr=subprocess.PIPE, text=True)
port = None
for line in process.stderr:
    found = re.search(r":(\d+)/v1", line)
    if found:
        port = int(found.group(1))
        break
if port is None:
    sys.exit("the server does not start")
threading.Thread(target=process.stderr.read, daemon=True).start()


def connect():
    return http.client.HTTPConnection("127.0.0.1", port, timeout=120)


def ask(connection, body, path="/v1/completions"):
    connection.request("POST", path, body, {"content-type": "application/json"})
    reply = connection.getresponse()
    return reply.status, reply.read(), reply.headers


while True:
    connection = connect()
    connection.request("GET", "/health")
    if connection.getresponse().status == 200:
        break
    time.sleep(0.1)

OPTIONS = [{}, {"num_beams": 3}, {"temperature": 0.7, "seed": 5}, {"no_repeat_ngram_size": 2}]
wishes = [{"model": "m", "prompt": f"The {noun} of number {n} and the {noun} again.", "max_tokens": 4 + n % 20, **OPTIONS[n % 4]}
          for n, noun in enumerate(["cat", "storm", "market", "river"] * 20)]
# What each answers when nobody else asks.
expected = []
connection = connect()
for wish in wishes:
    status, body, _ = ask(connection, json.dumps(wish))
    assert status == 200, body
    expected.append(json.loads(body)["choices"][0]["text"])


def resident():
    words = open(f"/proc/{process.pid}/statm", encoding="ascii").read().split()
    return int(words[1]) * 4096 / 2**20


lock = threading.Lock()
counts = {"good": 0, "refused for the queue": 0, "bad, refused": 0, "left": 0}
faults, memory = [], []
end = time.time() + seconds
BAD = [("{", 400), ('{"model": "m"}', 400), ('{"model": "x", "prompt": "a"}', 404), ('{"model": "m", "prompt": "a", "max_tokens": -1}', 400),
       (json.dumps({"model": "m", "prompt": "word " * 5000}), 400), ('{"model": "m", "prompt": "' + "x" * 2_000_000 + '"}', 413)]

TOO_LONG = 4


def count(name):
    with lock:
        counts[name] += 1


def client(seed):
    draw = random.Random(seed)
    connection = connect()
    while time.time() < end:
        try:
            if draw.random() < 0.05:
                kind = draw.randrange(len(BAD) + 1)
                if kind == len(BAD):
                    # Leaves in the middle of a stream.
                    body = json.dumps({**wishes[0], "max_tokens": 60, "stream": True}).encode()
                    rude = socket.create_connection(("127.0.0.1", port))
                    rude.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                    time.sleep(draw.random() * 0.05)
                    rude.close()
                    count("left")
                    continue
                body, wanted = BAD[kind]
                try:
                    status, _, _ = ask(connection, body)
                except (BrokenPipeError, ConnectionResetError):
                    # A body beyond the limit may be refused before it was read.
                    if wanted != 413:
                        raise
                    status, connection = wanted, connect()
                if status == 429 and kind == TOO_LONG:
                    # How long it is shows only when its turn has come: a full queue refuses it first.
                    count("refused for the queue")
                    continue
                if status != wanted:
                    raise AssertionError(f"status {status} for a bad request, expected {wanted}")
                count("bad, refused")
                continue
            number = draw.randrange(len(wishes))
            streamed = draw.random() < 0.3
            status, body, headers = ask(connection, json.dumps({**wishes[number], "stream": streamed}))
            if status == 429:
                assert int(headers["retry-after"]) >= 1
                count("refused for the queue")
                time.sleep(0.05)
                continue
            if status != 200:
                raise AssertionError(f"status {status}: {body[:200]}")
            if streamed:
                events = [line[6:] for line in body.decode().split("\n\n") if line]
                assert events[-1] == "[DONE]", events[-1]
                text = "".join(json.loads(event)["choices"][0]["text"] for event in events[:-1])
            else:
                text = json.loads(body)["choices"][0]["text"]
            if text != expected[number]:
                raise AssertionError(f"another answer than alone: {text!r}, not {expected[number]!r} ({wishes[number]})")
            count("good")
        except Exception as error:  # noqa: BLE001
            with lock:
                faults.append(f"{type(error).__name__}: {error}")
            connection = connect()


threads = [threading.Thread(target=client, args=(seed,)) for seed in range(64)]
for thread in threads:
    thread.start()
while time.time() < end:
    memory.append(resident())
    time.sleep(1)
for thread in threads:
    thread.join()
process.send_signal(signal.SIGTERM)
status = process.wait()
print(", ".join(f"{name} {number}" for name, number in counts.items()))
third = max(1, len(memory) // 3)
print(f"memory: {memory[0]:.0f} MB at first, {max(memory[third:2 * third]):.0f} MB in the middle third, {max(memory[-third:]):.0f} MB in the last; exit status {status}")
for fault in faults[:10]:
    print("FAULT", fault)
flat = max(memory[-third:]) < max(memory[third:2 * third]) * 1.1 + 8
sys.exit(0 if not faults and flat and status == 0 and counts["good"] > 0 else 1)
