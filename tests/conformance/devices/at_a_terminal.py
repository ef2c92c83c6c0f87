#!/usr/bin/env python3
"""at_a_terminal.py BUILD: reads what the flow player asks of a device, and does it, as a tester would.

Behind the tester's hands is phoned-device. First two flows are played as asked; then one in which the tester says that a key is
not there; then one in which nobody is at the terminal any more.
"""
import os, re, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(sys.argv[1])
PORT = 24000 + os.getpid() % 7 * 200
PROMPT = re.compile(r"\[flow (\S+), your device as ([ABC])\] (.*); then press Enter: $")
REGISTER = re.compile(r"registered as user (\S+) with password (\S+) at (\S+):(\d+) over (\w+),")
# What the words of a prompt begin with, and which key that is.
KEYS = {"answer the call": "answers", "put the call on hold": "holds", "hang up": "hangs-up", "the flow is over": "ends"}


def press(verb, environment):
    subprocess.run([f"{HERE}/phoned-device", BUILD, verb], env=environment, check=True, stdout=subprocess.DEVNULL)


def play(flows, answer_to):
    """The exit status, and what was asked of the tester. `answer_to` gives the line for a prompt, or None to leave."""
    player = subprocess.Popen(
        [f"{BUILD}/tests/conformance/offhook-flows", "--build", BUILD, "--port", str(PORT), "--device", "B=prompt", *flows],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    asked, said = [], ""
    while byte := player.stdout.read(1):
        said += byte.decode(errors="replace")
        if not (prompt := PROMPT.search(said)):
            continue
        asked.append(prompt[3])
        line = answer_to(prompt[3])
        said = "" if line is not None else said
        if line is None:
            player.stdin.close()
            said = said + " "
        elif not player.stdin.closed:
            player.stdin.write(line.encode() + b"\n")
    return player.wait(), asked, said


def main():
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, OFFHOOK_FOLDER=folder)

        def obey(what):
            if account := REGISTER.search(what):
                names = ("USER", "PASSWORD", "PROXY_HOST", "PROXY_PORT", "TRANSPORT")
                environment.update((f"OFFHOOK_{name}", value) for name, value in zip(names, account.groups()))
                press("starts", environment)
                return ""
            press(next(verb for words, verb in KEYS.items() if what.startswith(words)), environment)
            return ""

        status, asked, said = play(["1.1", "1.4"], obey)
        keys = [next((words for words in KEYS if what.startswith(words)), "register") for what in asked]
        wanted = ["register", "answer the call", "hang up", "the flow is over", "register", "answer the call", "the flow is over"]
        assert status == 0, f"exit status {status}:\n{said}"
        assert keys == wanted, f"asked for {keys}"

        def refuse(what):
            return "the key is broken" if what.startswith("answer") else obey(what)

        status, asked, said = play(["1.1"], refuse)
        assert status == 1 and "your device cannot: the key is broken" in said, f"exit status {status}:\n{said}"

        def leave(what):
            return obey(what) if "registered" in what else None

        try:
            status, asked, said = play(["1.1"], leave)
            assert status == 1 and "nobody is at the terminal" in said, f"exit status {status}:\n{said}"
        finally:
            press("ends", environment)


main()
