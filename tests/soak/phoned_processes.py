#!/usr/bin/env python3
"""Ten phones as processes, at a proxy, whose users do anything at random; their memory is sampled, and must be flat.

    phoned_processes.py PHONED OFFHOOK_PROXY [--minutes 10] [--seed 1] [--port 43200]

By hand, not in the test run. Ends with 1 where a phone has died, has a call left when all have hung up, or has grown by
more than a megabyte between the first third and the end. Phones of a sanitizer build work too (then only --grow says
how much they may grow, in kB: freed memory waits in quarantine).
"""
import argparse, collections, json, os, random, re, shutil, socket, subprocess, sys, tempfile, time

CONFIG = """#!version:1.0.0.1
account.1.enable = 1
account.1.user_name = {user}
account.1.password = secret{user}
account.1.sip_server_host = 127.0.0.1
account.1.sip_server_port = {proxy}
account.1.sip_listen_port = {own}
account.1.reg_fail_retry_interval = 1
offhook.local_address = 127.0.0.1
offhook.ring_time = 10
offhook.no_answer_time = 10
offhook.rtp_timeout = 10
network.port.min_rtpport = {rtp}
network.port.max_rtpport = {rtp_last}
"""


class Phone:
    def __init__(self, program, folder, user, proxy, number):
        self.user = user
        self.folder = f"{folder}/{user}"
        os.mkdir(self.folder)
        own = proxy + 10 + number * 40
        with open(self.folder + "/phone.cfg", "w") as out:
            out.write(CONFIG.format(user=user, proxy=proxy, own=own, rtp=own + 4, rtp_last=own + 38))
        self.log = open(self.folder + "/log", "w")
        self.process = subprocess.Popen([program, "-c", self.folder + "/phone.cfg", "--state", self.folder + "/state",
                                         "--runtime", self.folder], stdout=self.log, stderr=self.log)
        self.line = socket.socket(socket.AF_UNIX)
        for _ in range(200):
            try:
                self.line.connect(self.folder + "/control.sock")
                break
            except OSError:
                time.sleep(0.05)
        self.input = self.line.makefile("r")
        self.id = 0
        self.ask("client.register", name="soak", protocol=[1, 0])

    def ask(self, method, **params):
        """The result, or nothing where the phone refuses."""
        self.id += 1
        self.line.sendall((json.dumps({"jsonrpc": "2.0", "id": self.id, "method": method, "params": params}) + "\n").encode())
        while True:
            answer = json.loads(self.input.readline())
            if answer.get("id") == self.id:
                return answer.get("result")

    def calls(self):
        return [each for each in self.ask("call.list")["calls"] if each["state"] != "terminated"]

    def resident(self):
        return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{self.process.pid}/status").read()).group(1))


def step(phone, dice, users):
    """One thing that this user can do; its name where it was done."""
    calls = phone.calls()
    up = [each["call"] for each in calls if each["state"] == "confirmed"]
    ringing = [each["call"] for each in calls if each["state"] == "early" and each["direction"] == "incoming"]
    other = dice.choice(users)
    wish = dice.choice(["dial"] * 4 + ["answer"] * 5 + ["hold", "resume", "swap", "transfer", "join", "confer", "leave",
                                                        "split", "digits", "hangup", "hangup", "reject", "dnd", "forward"])
    ask = phone.ask
    if wish == "dial" and len(calls) < 3: return wish, ask("call.dial", target=other)
    if wish == "answer" and ringing: return wish, ask("call.answer", call=dice.choice(ringing))
    if wish == "reject" and ringing: return wish, ask("call.reject", call=dice.choice(ringing))
    if wish == "hangup" and calls: return wish, ask("call.hangup", call=dice.choice(calls)["call"])
    if wish in ("hold", "resume") and up: return wish, ask("call." + wish, call=dice.choice(up))
    if wish == "swap": return wish, ask("call.swap")
    if wish == "transfer" and up: return wish, ask("call.transfer", call=dice.choice(up), target=other)
    if wish == "join" and len(up) > 1: return wish, ask("call.transfer_attended", call=up[0], to=up[1])
    if wish == "confer" and len(up) > 1: return wish, ask("call.conference", call=up[1], **{"with": up[0]})
    if wish == "leave": return wish, ask("call.leave_conference")
    if wish == "split" and up: return wish, ask("call.split", call=dice.choice(up))
    if wish == "digits" and up: return wish, ask("call.dtmf", call=dice.choice(up), digits="1#")
    if wish == "dnd": return wish, ask("dnd.set", on=dice.random() < 0.2)
    if wish == "forward":
        return wish, ask("forward.set", kind=dice.choice(["always", "busy", "no_answer"]), on=dice.random() < 0.2, target=other)
    return wish, None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("phoned")
    parser.add_argument("proxy")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=43200)
    parser.add_argument("--grow", type=int, default=1024)
    given = parser.parse_args()
    dice = random.Random(given.seed)
    folder = tempfile.mkdtemp(prefix="soak")
    users = [str(1001 + n) for n in range(10)]
    words = [given.proxy, "--listen", f"127.0.0.1:{given.port}", "--domain", "127.0.0.1"]
    for user in users:
        words += ["--user", f"{user}:secret{user}"]
    proxy = subprocess.Popen(words, stdout=open(folder + "/proxy", "w"), stderr=subprocess.STDOUT)
    time.sleep(1)
    phones = [Phone(given.phoned, folder, user, given.port, n) for n, user in enumerate(users)]
    problems, done = [], collections.Counter()
    try:
        time.sleep(2)
        for phone in phones:
            state = phone.ask("account.list")["accounts"][0]["state"]
            if state != "registered": problems.append(f"{phone.user} is {state}")
        began = time.monotonic()
        length = given.minutes * 60
        samples = []
        while (passed := time.monotonic() - began) < length and not problems:
            what, result = step(dice.choice(phones), dice, users)
            if result is not None: done[what] += 1
            time.sleep(dice.random() * 0.1)
            if passed >= length * len(samples) / 12:
                samples.append([phone.resident() for phone in phones])
                print(f"{passed:5.0f} s: resident {min(samples[-1])} to {max(samples[-1])} kB", flush=True)
            problems += [f"{phone.user} has ended: {phone.process.returncode}" for phone in phones if phone.process.poll() is not None]
        for phone in phones:
            for each in phone.calls():
                phone.ask("call.hangup", call=each["call"])
        time.sleep(12)
        problems += [f"{phone.user} has a call left: {each}" for phone in phones for each in phone.calls()]
        last = [phone.resident() for phone in phones]
        third = samples[len(samples) // 3]
        problems += [f"{phone.user} has grown from {before} to {after} kB"
                     for phone, before, after in zip(phones, third, last) if after > before + given.grow]
        print(f"seed {given.seed}, {given.minutes} min:", ", ".join(f"{what} {count}" for what, count in sorted(done.items())))
        print(f"resident at first {max(samples[0])}, after a third {max(third)}, at the end {max(last)} kB")
        for phone in phones:
            phone.process.terminate()
        for phone in phones:
            code = phone.process.wait(20)
            if code != 0: problems.append(f"{phone.user} ended with {code}: {open(phone.folder + '/log').read()[-2000:]}")
    finally:
        for phone in phones:
            phone.process.kill()
        proxy.kill()
    for problem in problems:
        print(problem)
    if not problems: shutil.rmtree(folder)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
