"""Presses Tab at the prompts of Lyceum and of Python and measures until the completion is on the screen."""

import os
import pty
import re
import select
import signal
import statistics
import sys
import tempfile
import time

from results import Results

ROUNDS = 15


class Terminal:
    def __init__(self, command, prompt, home):
        self.prompt = prompt
        self.process, self.screen = pty.fork()
        if self.process == 0:
            os.environ.update(
                TERM="xterm", HOME=home, XDG_STATE_HOME=home, XDG_CONFIG_HOME=home, PYTHON_BASIC_REPL="1", NO_COLOR="1"
            )
            os.chdir(home)
            os.execvp(command[0], command)
        self.wait_for(prompt)

    def wait_for(self, text, seconds=20):
        seen = ""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.screen], [], [], 0.5)[0]:
                seen += os.read(self.screen, 65536).decode(errors="replace")
                if text in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen):
                    return
        sys.exit(f"no {text!r} on the screen within {seconds} s; seen: {seen!r}")

    def run(self, line):
        os.write(self.screen, line.encode() + b"\n")
        self.wait_for("\n")
        self.wait_for(self.prompt)

    def complete(self, line, expected):
        """Milliseconds from Tab to the expected text; the line is erased afterwards."""
        os.write(self.screen, line.encode())
        self.wait_for(line[-3:])
        time.sleep(0.05)
        start = time.monotonic()
        os.write(self.screen, b"\t")
        self.wait_for(expected)
        took = (time.monotonic() - start) * 1000
        os.write(self.screen, b"\x15")
        time.sleep(0.05)
        while select.select([self.screen], [], [], 0.02)[0]:
            os.read(self.screen, 65536)
        return took

    def close(self):
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)


def median(times):
    return statistics.median(times)


with tempfile.TemporaryDirectory() as home:
    # The first Tab in a fresh program: nothing has been opened yet.
    first = []
    for _ in range(5):
        lyceum = Terminal([sys.argv[1]], "> ", home)
        first.append(lyceum.complete('student.new("t5", { d_mo', "del"))
        lyceum.close()
    lyceum = Terminal([sys.argv[1]], "> ", home)
    lyceum.run('d = data.from { { article = "a", highlights = "b" } }')
    ours = {}
    for line, expected in [
        ("metrics.rou", "ge"),
        ("d:shuf", "fle"),
        ('d:column("hi', "ghlights"),
        ('student.new("t5", { d_mo', "del"),
        ('metrics.rouge(d, { stem', "mer"),
        ('teacher.open { "openai", temp', "erature"),
    ]:
        ours[line] = median([lyceum.complete(line, expected) for _ in range(ROUNDS)])
    lyceum.close()
    python = Terminal([sys.executable, "-q"], ">>> ", home)
    python.run("import os, readline, rlcompleter; readline.parse_and_bind('tab: complete')")
    theirs = median([python.complete("os.getlog", "in") for _ in range(ROUNDS)])
    python.close()
table = Results("completion")
for line, took in ours.items():
    table.add(f"Tab to text on a terminal, `{line}⇥`", ours=took, unit="ms", peer="python3, `os.getlog⇥`", theirs=theirs)
table.add('`student.new("t5", { d_mo⇥`, the first Tab of a fresh program', ours=median(first), unit="ms")
table.write()
