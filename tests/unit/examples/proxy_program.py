#!/usr/bin/env python3
"""The proxy as a program, on real sockets: command line, exit codes, database over a kill, trace, clean end.

usage: proxy_program.py PROXY
"""
import atexit
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile

proxy = sys.argv[1]
failures = []


def check(condition, what):
    print(("ok      " if condition else "FAILED  ") + what)
    if not condition:
        failures.append(what)


def free_port():
    """A port that is free for UDP and TCP, from the range of these tests."""
    for port in range(43100, 43999):
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port))
                return port
        except OSError:
            pass
    raise SystemExit("no free port")


class Proxy:
    """A running proxy; waits until it listens."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([proxy, *arguments], stderr=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)  # whatever happens to this script
        self.listening = [self.process.stderr.readline().strip() for _ in range(2)]

    def end(self, how):
        self.process.send_signal(how)
        code = self.process.wait(timeout=10)
        self.process.stderr.close()
        return code


class Phone:
    def __init__(self, server, transport):
        kind = socket.SOCK_DGRAM if transport == "UDP" else socket.SOCK_STREAM
        self.transport, self.server = transport, server
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.settimeout(5)
        self.socket.connect(("127.0.0.1", server))
        self.address = "%s:%d" % self.socket.getsockname()
        self.cseq = 0

    def request(self, method, user, headers=""):
        self.cseq += 1
        text = (
            f"{method} sip:127.0.0.1:{self.server} SIP/2.0\r\n"
            f"Via: SIP/2.0/{self.transport} {self.address};branch=z9hG4bK{self.address}{self.cseq};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:{user}@127.0.0.1:{self.server}>;tag=t\r\n"
            f"To: <sip:{user}@127.0.0.1:{self.server}>\r\nCall-ID: {self.address}\r\n"
            f"CSeq: {self.cseq} {method}\r\n{headers}Content-Length: 0\r\n\r\n"
        )
        self.socket.send(text.encode())
        return self.socket.recv(65536).decode()

    def register(self, user, password, algorithm, headers):
        """Registers with the answer to the challenge of this algorithm; returns both responses."""
        challenged = self.request("REGISTER", user, headers)
        name = {"MD5": "md5", "SHA-256": "sha256"}[algorithm]
        challenge = next((l for l in challenged.split("\r\n") if f"algorithm={algorithm}," in l), "")
        if not challenge:
            return challenged, ""
        value = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        digest = lambda text: hashlib.new(name, text.encode()).hexdigest()
        uri = f"sip:127.0.0.1:{self.server}"
        first, second = digest(f"{user}:{value['realm']}:{password}"), digest(f"REGISTER:{uri}")
        response = digest(f"{first}:{value['nonce']}:00000001:c:auth:{second}")
        credentials = (
            f'Authorization: Digest username="{user}", realm="{value["realm"]}", nonce="{value["nonce"]}", uri="{uri}", '
            f'response="{response}", algorithm={algorithm}, qop=auth, nc=00000001, cnonce="c"\r\n'
        )
        return challenged, self.request("REGISTER", user, headers + credentials)


def status(message):
    return message.split(" ")[1] if message.startswith("SIP/2.0") else "none"


def run(*arguments):
    done = subprocess.run([proxy, *arguments], capture_output=True, text=True, timeout=10)
    return done.returncode, done.stdout, done.stderr


# ---- the command line
code, out, _ = run("--help")
check(code == 0 and "--database" in out, "--help explains the options and ends with 0")
for wrong in (["--listen", "here"], ["--listen", "127.0.0.1:99999"], ["--user", "nobody"], ["--extension", "9=tel:1"],
              ["--algorithm", "ROT13"], ["--min-expires", "100", "--max-expires", "50"], ["--frob"]):
    code, _, err = run(*wrong)
    check(code == 2 and err != "", f"{' '.join(wrong)} is refused with 2 and a reason")
with tempfile.TemporaryDirectory() as folder:
    users = os.path.join(folder, "users")
    with open(users, "w") as file:
        file.write("# users\n1001 secret1001\n1002\n")
    code, _, err = run("--users", users)
    check(code == 2 and f"{users}:3" in err, "a bad line of the user file is named by its number")
    code, _, err = run("--database", os.path.join(folder, "none", "db"))
    check(code == 1 and "unable to open" in err, "a database that cannot be opened ends it with 1 and the reason")

    # ---- a life with a kill in the middle
    port = free_port()
    database, trace = os.path.join(folder, "location.db"), os.path.join(folder, "trace")
    arguments = ["--listen", f"127.0.0.1:{port}", "--database", database, "--trace", trace]
    running = Proxy(*arguments)
    check(running.listening == [f"listening on udp 127.0.0.1:{port}", f"listening on tcp 127.0.0.1:{port}"],
          "it says where it listens")
    code, _, err = run(*arguments)
    check(code == 1 and "cannot listen on udp" in err, "a port in use ends it with 1 and the reason")

    phone = Phone(port, "UDP")
    contact = f"Contact: <sip:1001@{phone.address}>\r\n"
    challenged, accepted = phone.register("1001", "secret1001", "SHA-256", contact)
    check(status(challenged) == "401" and status(accepted) == "200", "a phone registers over UDP with SHA-256")
    stream = Phone(port, "TCP")
    challenged, accepted = stream.register("1002", "secret1002", "MD5",
                                           f"Contact: <sip:1002@{stream.address};transport=tcp>\r\n")
    check(status(accepted) == "200", "a phone registers over TCP with MD5")
    _, refused = Phone(port, "UDP").register("1001", "wrong", "MD5", contact)
    check(status(refused) == "401", "a wrong password is challenged again")

    running.end(signal.SIGKILL)
    running = Proxy(*arguments)
    _, found = Phone(port, "UDP").register("1001", "secret1001", "SHA-256", "")
    check(status(found) == "200" and f"<sip:1001@{phone.address}>" in found, "a killed proxy comes back with the registration")
    check(running.end(signal.SIGTERM) == 0, "SIGTERM ends it with 0")

    with open(trace) as file:
        lines = [json.loads(line) for line in file]
    check({"time", "direction", "transport", "local", "remote", "text"} == set(lines[0]), "each trace line has its fields")
    check(lines[0]["direction"] == "in" and lines[0]["remote"] == phone.address
          and lines[0]["text"].startswith("REGISTER sip:127.0.0.1"), "the trace begins with the first message, whole")
    check({line["transport"] for line in lines} == {"UDP", "TCP"} and {line["direction"] for line in lines} == {"in", "out"},
          "the trace has both transports and both directions")

sys.exit(1 if failures else 0)
