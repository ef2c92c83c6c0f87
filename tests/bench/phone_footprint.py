#!/usr/bin/env python3
"""What one phoned costs: time to its first REGISTER, and how much of it on a processor (the rest is waiting for one on a
busy machine); memory and wake-ups when registered and idle; memory of a call.

    phone_footprint.py PHONED [--port 43100] [--digest] [--seconds 6] [--call]

A registrar of a few lines answers on 127.0.0.1; with --digest it challenges with SHA-256 first, with --call it calls
the phone as well, which answers by itself, and sends it sound. The program is stripped into a temporary folder first.
"""
import argparse, os, re, shutil, socket, subprocess, tempfile, time

CONFIG = """#!version:1.0.0.1
account.1.enable = 1
account.1.user_name = 1001
account.1.password = secret
account.1.auto_answer = 1
account.1.sip_server_host = 127.0.0.1
account.1.sip_server_port = {port}
account.1.sip_listen_port = {own}
offhook.local_address = 127.0.0.1
network.port.min_rtpport = {rtp}
network.port.max_rtpport = {rtp_last}
"""


def header(message, name):
    found = re.search(r"^%s:\s*(.*?)\r$" % name, message, re.M | re.I)
    return found.group(1) if found else ""


def answer(message, status, more=(), tag="t"):
    to = header(message, "To")
    lines = ["SIP/2.0 " + status]
    lines += ["Via: " + via for via in re.findall(r"^Via:\s*(.*?)\r$", message, re.M | re.I)]
    lines += ["From: " + header(message, "From"), "To: " + to + ("" if ";tag=" in to else ";tag=" + tag),
              "Call-ID: " + header(message, "Call-ID"), "CSeq: " + header(message, "CSeq"), *more, "Content-Length: 0"]
    return "\r\n".join(lines) + "\r\n\r\n"


class Registrar:
    def __init__(self, port, challenges):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.port, self.challenges, self.first, self.phone, self.heard = port, challenges, None, None, []

    def serve(self, until, on_first=lambda: None):
        """Answers what comes until then; `on_first` is called when the first message has come."""
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                data, self.phone = self.socket.recvfrom(65535)
            except TimeoutError:
                return
            if not self.first:
                self.first = time.monotonic()
                on_first()
            message = data.decode()
            self.heard.append(message)
            if message.startswith("REGISTER"):
                self.register(message)
            elif message.startswith("BYE"):
                self.send(answer(message, "200 OK"))

    def register(self, message):
        if self.challenges and not header(message, "Authorization"):
            return self.send(answer(message, "401 Unauthorized",
                                    ['WWW-Authenticate: Digest realm="bench", nonce="1234", algorithm=SHA-256, qop="auth"']))
        self.send(answer(message, "200 OK", ["Contact: " + header(message, "Contact").split(";expires")[0] + ";expires=3600"]))

    def send(self, text):
        self.socket.sendto(text.encode(), self.phone)


def memory(pid):
    """Resident and private (written to) kilobytes."""
    rollup = open(f"/proc/{pid}/smaps_rollup").read()
    take = lambda name: int(re.search(name + r":\s+(\d+)", rollup).group(1))
    return take("Rss"), take("Private_Dirty")


def processor_ms(pid):
    return int(open(f"/proc/{pid}/schedstat").read().split()[0]) / 1e6


def wake_ups(pid):
    return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", open(f"/proc/{pid}/status").read(), re.M).group(1))


def call(registrar, own_port, rtp_port):
    """An INVITE to the phone, which answers; five seconds of silence in G.711 to it."""
    sdp = f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {rtp_port} RTP/AVP 0\r\n"
    common = "\r\n".join([f"Via: SIP/2.0/UDP 127.0.0.1:{registrar.port};branch=z9hG4bK{{branch}}", "Max-Forwards: 70",
                          "From: <sip:caller@127.0.0.1>;tag=c", "To: <sip:1001@127.0.0.1>{to}", "Call-ID: bench",
                          "CSeq: {cseq}", f"Contact: <sip:caller@127.0.0.1:{registrar.port}>", ""])
    target = f"sip:1001@127.0.0.1:{own_port}"
    registrar.send(f"INVITE {target} SIP/2.0\r\n" + common.format(branch="i", to="", cseq="1 INVITE")
                   + f"Content-Type: application/sdp\r\nContent-Length: {len(sdp)}\r\n\r\n" + sdp)
    registrar.serve(time.monotonic() + 2)
    answered = next(m for m in registrar.heard if m.startswith("SIP/2.0 200") and "1 INVITE" in m)
    to = ";tag=" + header(answered, "To").split(";tag=")[1]
    registrar.send(f"ACK {target} SIP/2.0\r\n" + common.format(branch="a", to=to, cseq="1 ACK") + "Content-Length: 0\r\n\r\n")
    theirs = int(re.search(r"m=audio (\d+)", answered).group(1))
    media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    media.bind(("127.0.0.1", rtp_port))
    for n in range(250):
        media.sendto(bytes([0x80, 0]) + n.to_bytes(2, "big") + (n * 160).to_bytes(4, "big") + b"\0\0\0\1" + b"\xff" * 160,
                     ("127.0.0.1", theirs))
        time.sleep(0.02)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("phoned")
    parser.add_argument("--port", type=int, default=43100, help="of the registrar; the phone takes those behind it")
    parser.add_argument("--digest", action="store_true")
    parser.add_argument("--call", action="store_true")
    parser.add_argument("--seconds", type=float, default=6)
    given = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="footprint")
    program = folder + "/phoned"
    subprocess.run(["strip", "-o", program, given.phoned], check=True)
    subprocess.run(["sync", program], check=True)  # pages not written back yet would count as private
    with open(folder + "/phone.cfg", "w") as out:
        out.write(CONFIG.format(port=given.port, own=given.port + 2, rtp=given.port + 10, rtp_last=given.port + 20))
    command = [program, "-c", folder + "/phone.cfg", "--state", folder + "/state", "--runtime", folder + "/run"]
    registrar = Registrar(given.port, given.digest)
    times, busy = [], []
    for _ in range(5):  # the first start finds nothing in the cache, and makes its files
        registrar.first = None
        began = time.monotonic()
        phone = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        registrar.serve(began + 1, lambda: busy.append(processor_ms(phone.pid)))
        times.append((registrar.first - began) * 1000)
        if len(times) < 5:
            phone.kill()
            phone.wait()
    before = wake_ups(phone.pid)
    registrar.serve(time.monotonic() + given.seconds)
    rate = (wake_ups(phone.pid) - before) / given.seconds
    resident, private = memory(phone.pid)
    print(f"first REGISTER after {min(times):.1f} to {max(times):.1f} ms, of them {min(busy):.1f} to {max(busy):.1f} ms on a processor; idle: resident {resident} kB, private {private} kB, "
          f"wake-ups {rate:.2f}/s; program {os.path.getsize(program) // 1024} kB")
    if given.call:
        call(registrar, given.port + 2, given.port + 30)
        in_call, private_in_call = memory(phone.pid)
        print(f"in a call: resident {in_call} kB (+{in_call - resident}), private {private_in_call} kB (+{private_in_call - private})")
    phone.kill()
    phone.wait()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
