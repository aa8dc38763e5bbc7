"""The client of scripts/bench/serve: starts each server in turn, loads it, and prints a table."""

import http.client
import json
import os
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
WORDS = "the a of and to in storm market police river minister team record price school water year city player law".split()
here = os.path.dirname(os.path.abspath(__file__))


def text(number):
    """About 80 tokens, another for each request."""
    state = number * 2654435761 % 2**32
    words = []
    for _ in range(60):
        state = (state * 1664525 + 1013904223) % 2**32
        words.append(WORDS[(state >> 16) % len(WORDS)])
    return " ".join(words)


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


def load(port, clients, count, offset):
    """Seconds of each request, and of all."""
    times, lock, numbers = [], threading.Lock(), iter(range(count))

    def client():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            body = json.dumps({
                "model": "m", "prompt": text(offset + number), "max_tokens": NEW, "min_tokens": NEW, "temperature": 0})
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


def share(times, part):
    return times[min(len(times) - 1, int(part * len(times)))]


folder = f"{bench}/{size}/m"
if not os.path.exists(f"{folder}/config.json"):
    subprocess.run([python, f"{here}/serve_peer.py", "make", folder, size, root], check=True)

def ours(precision):
    return lambda port: [program, "serve", f"m={folder}", "--port", str(port), "--batch", "64", "--precision", precision]


servers = {
    "lyceum": ours("fp32"),
    "lyceum, auto": ours("auto"),
    "transformers": lambda port: [python, f"{here}/serve_peer.py", "transformers", folder, str(port)],
    "ctranslate2": lambda port: [python, f"{here}/serve_peer.py", "ctranslate2", folder, str(port)],
}
results = {}
for name, command in servers.items():
    if not name.startswith("lyceum") and wanted and name not in wanted:
        continue
    port = free_port()
    process = subprocess.Popen(command(port), stderr=subprocess.DEVNULL)
    try:
        wait(port, process)
        load(port, 2, 4, 100000)  # warm
        for clients, count in LEVELS if name != "lyceum, auto" else LEVELS[2:3]:
            before = processor_time(process)
            times, whole = load(port, clients, count, clients * 1000)
            computed = (processor_time(process) - before) / count
            results[name, clients] = (times, whole, count, computed)
            print(f"{name:13} {clients:3} clients: {count / whole:7.2f} requests/s {count * NEW / whole:8.1f} tokens/s   "
                  f"p50 {share(times, 0.5) * 1e3:7.0f} ms  p95 {share(times, 0.95) * 1e3:7.0f}  p99 {share(times, 0.99) * 1e3:7.0f}"
                  f"   {computed * 1e3:6.0f} ms of processor time each",
                  flush=True)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()

code = f"""
local s = student.load({json.dumps(folder)})
local texts = {{ {", ".join(json.dumps(text(5000 + n)) for n in range(40))} }}
s:generate({{ texts[1] }}, {{ max_new_tokens = {NEW}, min_new_tokens = {NEW}, num_beams = 1, do_sample = false, precision = "fp32" }})
for _, t in ipairs(texts) do
  local start = metrics.clock()
  s:generate({{ t }}, {{ max_new_tokens = {NEW}, min_new_tokens = {NEW}, num_beams = 1, do_sample = false, precision = "fp32" }})
  print((metrics.clock() - start) * 1000)
end
"""
alone = subprocess.run([program, "--no-lab", "-q", "-e", code], capture_output=True, text=True)
milliseconds = sorted(float(line) for line in alone.stdout.split() if line.replace(".", "").isdigit())
if milliseconds:
    print(f"alone: p50 {statistics.median(milliseconds):.0f} ms, p95 {share(milliseconds, 0.95):.0f} ms; served at one "
          f"client p95 is {share(results['lyceum', 1][0], 0.95) * 1e3 / share(milliseconds, 0.95):.2f} × that")
else:
    print(f"alone: not measured: {alone.stderr.strip()[-300:]}")


def figures(name, clients):
    times, whole, count, computed = results[name, clients]
    latency = " / ".join(f"{share(times, part) * 1e3:.0f}" for part in (0.5, 0.95, 0.99))
    return f"{latency} ms, {count * NEW / whole:.0f} tokens/s, {computed * 1e3:.0f} ms of processor time each"


table = Results("serve")
for peer in servers:
    for clients, count in LEVELS:
        if peer.startswith("lyceum") or (peer, clients) not in results:
            continue
        table.add(f"{size} T5, {clients} client{'s' if clients > 1 else ''}, next to {peer}", ours=count / results["lyceum", clients][1],
                  unit="requests/s", peer=f"{peer}, same HTTP front" if peer == "ctranslate2" else peer,
                  theirs=count / results[peer, clients][1],
                  note=f"p50 / p95 / p99 {figures('lyceum', clients)}; the peer's {figures(peer, clients)}")
for peer in servers:
    clients, count = LEVELS[2]
    if not peer.startswith("lyceum") and (peer, clients) in results:
        table.add(f"{size} T5 with --precision auto (bf16 where the processor has it), {clients} clients, next to {peer} in fp32",
                  ours=count / results["lyceum, auto", clients][1], unit="requests/s", peer=peer, theirs=count / results[peer, clients][1])
if milliseconds:
    table.add("one client, p95", ours=share(results["lyceum", 1][0], 0.95) * 1e3, unit="ms", peer="the student alone",
              theirs=share(milliseconds, 0.95))
table.write()
