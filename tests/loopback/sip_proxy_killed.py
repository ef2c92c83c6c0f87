#!/usr/bin/env python3
"""The proxy is killed and started again, many times: no binding that it has confirmed is lost, and calls work at once.

Covered: kills between registrations and in the middle of a burst of them; phones over UDP, behind the address that they
registered from, with Path, with flows (RFC 5626) and GRUUs (RFC 5627); TLS; a dialog that goes on over the restart.
Not covered: a machine that loses its power.

usage: sip_proxy_killed.py PROXY
"""
import atexit
import os
import re
import signal
import socket
import ssl
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
    for port in range(44200, 44999, 2):
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp, socket.socket() as tls:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port))
                tls.bind(("127.0.0.1", port + 1))
                return port
        except OSError:
            pass
    raise SystemExit("no free port")


class Proxy:
    def __init__(self, *arguments):
        self.process = subprocess.Popen([proxy, *arguments], stderr=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)
        self.listening = [self.process.stderr.readline().strip() for _ in range(3)]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)
        self.process.stderr.close()


class Phone:
    """A UDP socket that speaks SIP; what arrives is kept until it is asked for."""

    def __init__(self, user):
        self.user, self.cseq, self.heard = user, 0, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(3)
        self.address = "%s:%d" % self.socket.getsockname()

    def send(self, text):
        self.socket.sendto(text.encode(), ("127.0.0.1", port))

    def request(self, method, uri, headers="", to_user=None, to_tag="", call_id=None):
        self.cseq += 1
        to = f"<sip:{to_user or self.user}@example.test>" + (f";tag={to_tag}" if to_tag else "")
        self.send(
            f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {self.address};branch=z9hG4bK{self.address}{self.cseq};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:{self.user}@example.test>;tag={self.user}\r\nTo: {to}\r\n"
            f"Call-ID: {call_id or self.address}\r\nCSeq: {self.cseq} {method}\r\n{headers}Content-Length: 0\r\n\r\n")

    def next(self, begins):
        """The next message that begins so; what else arrives before it is dropped. Empty after three seconds."""
        try:
            while True:
                text = self.socket.recv(65536).decode()
                if re.match(begins, text):
                    return text
        except TimeoutError:
            return ""

    def register(self, headers):
        self.request("REGISTER", "sip:example.test", headers)
        return self.next("SIP/2.0 [2-6]")

    def answer(self, request, status):
        keep = [line for line in request.split("\r\n") if re.match("(Via|From|Call-ID|CSeq|Record-Route):", line)]
        to = re.search("^To: (.*)$", request, re.M).group(1).strip()
        to += "" if ";tag=" in to else f";tag={self.user}"
        self.send(f"SIP/2.0 {status} X\r\n" + "\r\n".join(keep) + f"\r\nTo: {to}\r\n"
                  f"Contact: <sip:{self.user}@192.0.2.1>\r\nContent-Length: 0\r\n\r\n")


def values(message, name):
    return re.findall(f"^{name}: (.*)\r$", message, re.M)


def rings(caller, callee, uri):
    """Whether an INVITE of the caller's reaches the callee, at once."""
    caller.request("INVITE", uri, f"Contact: <sip:{caller.user}@{caller.address}>\r\n", callee.user,
                   call_id=f"{caller.address}-{caller.cseq}")
    invite = callee.next("INVITE")
    if invite:
        callee.answer(invite, 486)
    refused = caller.next("SIP/2.0 [3-6]")
    return bool(invite) and refused.startswith("SIP/2.0 486")


with tempfile.TemporaryDirectory() as folder:
    port = free_port()
    key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=example.test", "-addext", "subjectAltName=DNS:example.test", "-keyout", key, "-out",
                    certificate, "-days", "2"], check=True, capture_output=True)
    arguments = ["--listen", f"127.0.0.1:{port}", "--listen", f"tls:127.0.0.1:{port + 1}", "--certificate", certificate,
                 "--key", key, "--trust", certificate, "--domain", "example.test", "--no-auth", "--database",
                 os.path.join(folder, "location")]
    running = Proxy(*arguments)
    check(running.listening[2] == f"listening on tls 127.0.0.1:{port + 1}", "it listens for TLS as well")

    # The contacts lead nowhere: each phone is where it registered from.
    alice, bob, carol = Phone("1001"), Phone("1002"), Phone("1003")
    instance = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-aabbccddeeff>"'
    check(alice.register("Contact: <sip:a@192.0.2.1>\r\n").startswith("SIP/2.0 200"), "a phone registers")
    flow = bob.register(f"Contact: <sip:b@192.0.2.1;ob>;reg-id=1;{instance}\r\nSupported: path, outbound, gruu\r\n")
    check("Require: outbound" in flow, "a phone registers a flow")
    public = re.search('pub-gruu="([^"]*)"', flow).group(1)
    temporary = re.search('temp-gruu="([^"]*)"', flow).group(1)
    edge = Phone("edge")
    check(carol.register(f"Contact: <sip:c@192.0.2.1>\r\nSupported: path\r\nPath: <sip:{edge.address};lr>\r\n")
          .startswith("SIP/2.0 200"), "a phone registers with a Path")

    # A call that is up when the proxy dies.
    alice.request("INVITE", "sip:1002@example.test", f"Contact: <sip:a@{alice.address}>\r\n", "1002", call_id="long")
    invite = bob.next("INVITE")
    bob.answer(invite, 200)
    accepted = alice.next("SIP/2.0 200")

    for life in range(3):
        running.kill()
        running = Proxy(*arguments)
        check(rings(bob, alice, "sip:1001@example.test"), f"life {life + 2}: the phone rings at once")
        check(rings(alice, bob, "sip:1002@example.test"), f"life {life + 2}: the flow is used at once")
        check(rings(alice, bob, public), f"life {life + 2}: its public GRUU leads to it")
        check(rings(alice, bob, temporary), f"life {life + 2}: its temporary GRUU, of an earlier life, leads to it")
        alice.request("OPTIONS", "sip:1003@example.test", "", "1003", call_id=f"path{life}")
        by_path = edge.next("OPTIONS")
        check(values(by_path, "Route") == [f"<sip:{edge.address};lr>"], f"life {life + 2}: the Path is obeyed")
        edge.answer(by_path, 200)
        alice.next("SIP/2.0 200")

    # The dialog of the first life: its Routes carry tokens that the secret in the file still opens.
    routes = "".join(f"Route: {route}\r\n" for route in reversed(values(accepted, "Record-Route")))
    alice.request("BYE", "sip:1002@192.0.2.1", routes, "1002", "1002", call_id="long")
    bye = bob.next("BYE")
    check(bool(bye), "a BYE of a call of the first life reaches the phone that is where it registered from")
    if bye:
        bob.answer(bye, 200)
        check(alice.next("SIP/2.0 200") != "", "and is answered")

    # Killed in the middle of a burst: whatever was confirmed is there.
    total, confirmed = 0, []
    for round_ in range(5):
        phones = [Phone(f"{1001 + n % 5}") for n in range(20)]
        for n, phone in enumerate(phones):
            phone.contact = f"sip:burst{round_}x{n}@192.0.2.1"
            phone.request("REGISTER", "sip:example.test", f"Contact: <{phone.contact}>;expires=600\r\n",
                          call_id=f"burst{round_}{n}")
            if n == 10 + round_:
                # Somewhere in the middle: this one has been answered, later ones may not have been.
                if phones[3 + round_].next("SIP/2.0 200"):
                    confirmed.append((phones[3 + round_].user, phones[3 + round_].contact))
                running.kill()
                break
        for phone in phones[:11 + round_]:
            phone.socket.settimeout(0.05)
            if phone.next("SIP/2.0 200"):
                confirmed.append((phone.user, phone.contact))
        running = Proxy(*arguments)
        for user in {user for user, _ in confirmed}:
            asker = Phone(user)
            asker.request("REGISTER", "sip:example.test", call_id=f"ask{round_}")
            bindings = asker.next("SIP/2.0 200")
            for owner, contact in confirmed:
                if owner == user and f"<{contact}>" not in bindings:
                    check(False, f"round {round_}: {contact} was confirmed, and is lost")
            # Room for the next round.
            asker.request("REGISTER", "sip:example.test", "Contact: *\r\nExpires: 0\r\n", call_id=f"ask{round_}")
            asker.next("SIP/2.0 200")
        total += len(confirmed)
        confirmed.clear()
    check(total > 0, f"{total} bindings were confirmed before a kill, and all were found after it")

    # TLS, as a phone would use it.
    context = ssl.create_default_context(cafile=certificate)
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port + 1)), server_hostname="example.test") as secure:
        secure.settimeout(3)
        secure.send((
            "OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:1;branch=z9hG4bKtls\r\nMax-Forwards: 70\r\n"
            "From: <sip:1001@example.test>;tag=t\r\nTo: <sip:example.test>\r\nCall-ID: tls\r\nCSeq: 1 OPTIONS\r\n"
            "Content-Length: 0\r\n\r\n").encode())
        check(secure.recv(65536).startswith(b"SIP/2.0 200"), "it answers over TLS")
    running.kill()

sys.exit(1 if failures else 0)
