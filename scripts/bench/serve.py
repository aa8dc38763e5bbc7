"""The client of scripts/bench/serve: starts each server in turn, loads it, and prints a table."""

import http.client
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

from results import Results

bench, size, python, program, root, *wanted = sys.argv[1:]
LEVELS = [(1, 40), (8, 48), (32, 128), (64, 128)]
NEW = 32
# Words of a text, and tokens of its answer: requests that are all alike, short or long, and requests as they come.
SHORT, LONG, MIXED = ((18, 18), (NEW, NEW)), ((60, 60), (NEW, NEW)), ((8, 60), (8, 64))
WORDS = "the a of and to in storm market police river minister team record price school water year city player law".split()
here = os.path.dirname(os.path.abspath(__file__))


def wish(number, kind):
    """How many words a request has, and how many tokens its answer: another for each request."""
    draw = random.Random(number)
    return [draw.randint(*bounds) for bounds in kind]


def text(number, length=SHORT[0][0]):
    """So many words, others for each request."""
    draw = random.Random(number)
    return " ".join(draw.choice(WORDS) for _ in range(length))


KINDS = {SHORT: "short", LONG: "long", MIXED: "mixed"}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait(port, process):
    for _ in range(1200):
        if process.poll() is not None:
            sys.exit("the server ended")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit("the server does not become ready")


def load(port, clients, count, offset, kind=SHORT):
    """Seconds of each request, and of all."""
    times, lock, numbers = [], threading.Lock(), iter(range(count))

    def client():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            words, new = wish(number, kind)
            body = json.dumps({
                "model": "m", "prompt": text(offset + number, words), "max_tokens": new, "min_tokens": new, "temperature": 0})
            start = time.perf_counter()
            connection.request("POST", "/v1/completions", body, {"content-type": "application/json"})
            reply = connection.getresponse()
            answer = json.loads(reply.read())
            took = time.perf_counter() - start
            if reply.status != 200:
                sys.exit(f"status {reply.status}: {answer}")
            with lock:
                times.append(took)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(times), time.perf_counter() - start


def processor_time(process):
    """Seconds that a server has computed; other programs on the machine change it less than they change its latency."""
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def lengths(port, kind):
    """The tokens of a kind's texts, as the server counts them, and of their answers."""
    def tokens(words):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        connection.request("POST", "/v1/completions", json.dumps({"model": "m", "prompt": text(1, words), "max_tokens": 1}))
        return json.loads(connection.getresponse().read())["usage"]["prompt_tokens"]

    def spread(least, most):
        return str(least) if least == most else f"{least}–{most}"
    return f"{spread(*map(tokens, kind[0]))} → {spread(*kind[1])} tokens"


def share(times, part):
    return times[min(len(times) - 1, int(part * len(times)))]


folder = f"{bench}/{size}/m"
if not os.path.exists(f"{folder}/config.json"):
    subprocess.run([python, f"{here}/serve_peer.py", "make", folder, size, root], check=True)

def ours(precision):
    return lambda port: [program, "serve", f"m={folder}", "--port", str(port), "--batch", "64", "--precision", precision]


def peer(kind, dtype):
    return lambda port: [python, f"{here}/serve_peer.py", kind, folder, str(port), dtype]


# Each in fp32 at all levels; at 32 clients also in bf16, which CTranslate2 does not have on processors.
servers = {
    ("lyceum", "fp32"): ours("fp32"),
    ("lyceum", "bf16"): ours("bf16"),
    ("transformers", "fp32"): peer("transformers", "float32"),
    ("transformers", "bf16"): peer("transformers", "bfloat16"),
    ("ctranslate2", "fp32"): peer("ctranslate2", "float32"),
}


def alone(count, offset):
    """Milliseconds that the student takes for one text after the other, without HTTP."""
    options = f"max_new_tokens = {NEW}, min_new_tokens = {NEW}, num_beams = 1, do_sample = false, precision = \"fp32\""
    code = f"""
        local s = student.load({json.dumps(folder)})
        local texts = {{ {", ".join(json.dumps(text(offset + n)) for n in range(count))} }}
        s:generate({{ texts[1] }}, {{ {options} }})
        for _, t in ipairs(texts) do
          local start = metrics.clock()
          s:generate({{ t }}, {{ {options} }})
          print((metrics.clock() - start) * 1000)
        end
        """
    done = subprocess.run([program, "--no-lab", "-q", "-e", code], capture_output=True, text=True, check=True)
    return [float(line) for line in done.stdout.split()]


def by_turns(port, rounds=4, count=20):
    """Milliseconds of single requests, served and alone: the machine is not as fast at one time as at another."""
    served, by_itself = [], []
    for number in range(rounds):
        served += [1e3 * seconds for seconds in load(port, 1, count, 5000 + number * count)[0]]
        by_itself += alone(count, 5000 + number * count)
    return sorted(served), sorted(by_itself)


results = {}
tokens = {}
for (name, precision), command in servers.items():
    if name != "lyceum" and wanted and name not in wanted:
        continue
    port = free_port()
    process = subprocess.Popen(command(port), stderr=subprocess.DEVNULL)
    try:
        wait(port, process)
        load(port, 2, 4, 100000)  # warm
        runs = [(clients, count, SHORT) for clients, count in (LEVELS if precision == "fp32" else LEVELS[2:3])]
        for clients, count, kind in runs + [(*LEVELS[2], LONG), (LEVELS[2][0], 256, MIXED)]:
            before = processor_time(process)
            times, whole = load(port, clients, count, clients * 1000, kind)
            computed = (processor_time(process) - before) / count
            written = sum(wish(number, kind)[1] for number in range(count))
            results[name, precision, clients, kind] = (times, whole, count, computed, written)
            print(f"{name + ' ' + precision:17} {clients:3} clients {KINDS[kind]:5}: {count / whole:7.2f} requests/s "
                  f"{written / whole:8.1f} tokens/s   p50 {share(times, 0.5) * 1e3:7.0f} ms  "
                  f"p95 {share(times, 0.95) * 1e3:7.0f}  p99 {share(times, 0.99) * 1e3:7.0f}"
                  f"   {computed * 1e3:6.0f} ms of processor time each",
                  flush=True)
        if name == "lyceum" and precision == "fp32":
            tokens = {kind: lengths(port, kind) for kind in KINDS}
            served, by_itself = by_turns(port)
            print(f"one client, by turns: served p50 {statistics.median(served):.0f} ms, p95 {share(served, 0.95):.0f} ms; "
                  f"the student alone {statistics.median(by_itself):.0f} ms, {share(by_itself, 0.95):.0f} ms", flush=True)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def figures(times, whole, count, computed, written):
    latency = " / ".join(f"{share(times, part) * 1e3:.0f}" for part in (0.5, 0.95, 0.99))
    return f"{latency} ms, {written / whole:.0f} tokens/s, {computed * 1e3:.0f} ms of processor time each"


table = Results("serve")
for (name, precision, clients, kind), theirs in results.items():
    if name == "lyceum":
        continue
    for mine in ("fp32", "bf16"):
        own = results.get(("lyceum", mine, clients, kind))
        # Never a narrower format of the peer's next to a wider one of ours; ours in bf16 next to both of theirs.
        if own is None or (mine, precision) == ("fp32", "bf16"):
            continue
        label = f"{name}, same HTTP front" if name == "ctranslate2" else name
        table.add(f"{size} T5, {tokens[kind]}, {mine}, {clients} client{'s' if clients > 1 else ''}, next to {name} in {precision}",
                  ours=own[2] / own[1], unit="requests/s", peer=label, theirs=theirs[2] / theirs[1],
                  note=f"p50 / p95 / p99 {figures(*own)}; the peer's {figures(*theirs)}")
for part, name in ((0.5, "p50"), (0.95, "p95")):
    table.add(f"one client, {tokens[SHORT]}, {name}, by turns", ours=share(served, part), unit="ms", peer="the student alone",
              theirs=share(by_itself, part))
table.write()
