#!/usr/bin/env python3
"""check.py BUILD [PORT]: plays with the demo as its user would, twice.

First in a terminal: keys dial 1002, the echo and the music, and the terminal phone's own ear says what is heard. The
window becomes tiny and large again, the phone's process dies under the terminal phone, which goes on without it; the
end leaves the terminal as it was. Then without one: phonectl dials, and drv-file's ear listens in the terminal phone's
place. After each, no process and no file of the demo may be left.
"""
import fcntl, json, os, pty, re, select, signal, struct, subprocess, sys, termios, time

HERE = os.path.dirname(os.path.abspath(__file__))
CLEAR, KEYS_UP = "\f", "h"


def fail(why):
    sys.exit(f"check.py: {why}")


def processes_with(text):
    """Command lines of living processes that hold the text, by process id."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                line = file.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line:
            found[int(pid)] = line
    return found


class Terminal:
    """The demo on a pseudo-terminal. What it draws is looked for in the bytes that it writes."""

    def __init__(self, command, environment):
        self.screen = ""
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, environment)
        self.resize(40, 100)

    def resize(self, rows, columns):
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys):
        os.write(self.file, keys.encode())

    def read(self, patience):
        """False at the end of the terminal."""
        if not select.select([self.file], [], [], patience)[0]:
            return True
        try:
            got = os.read(self.file, 65536)
        except OSError:
            return False
        self.screen += got.decode(errors="replace")
        return bool(got)

    def expect(self, pattern, seconds=10):
        """Has the whole screen drawn again and again until the pattern is on it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.screen = ""
            self.type(CLEAR)
            until = time.monotonic() + 0.3
            while time.monotonic() < until:
                if not self.read(until - time.monotonic()):
                    fail(f"ended before it showed {pattern!r}; last: {self.screen!r}")
            if re.search(pattern, self.screen):
                return
        fail(f"never showed {pattern!r}; last: {self.screen!r}")

    def end(self):
        while self.read(10):
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def start_on_terminal(demo, environment):
    environment = {**environment, "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    shown = Terminal(demo, environment)
    end = time.monotonic() + 30
    while "1004 music" not in shown.screen:
        if not shown.read(1) or time.monotonic() > end:
            fail(f"the terminal phone does not appear: {shown.screen!r}")
    return shown


def folder_of(build, shown):
    """From the command line of the terminal phone below the shell that runs the demo."""
    for pid, line in processes_with(f"{build}/phoned/drv-term").items():
        with open(f"/proc/{pid}/stat") as file:
            if int(file.read().rsplit(")", 1)[1].split()[1]) == shown.pid:
                return re.search(r"--socket (\S+)/1001/driver.sock", line)[1]
    fail("no drv-term below the demo")


def expect_nothing_left(folder):
    end = time.monotonic() + 5
    while left := processes_with(folder):
        if time.monotonic() > end:
            fail(f"left over: {left}")
        time.sleep(0.1)
    if os.path.exists(folder):
        fail(f"{folder} is left over")


def play_on_terminal(build, demo, environment):
    shown = start_on_terminal(demo, environment)
    folder = folder_of(build, shown)
    for number, sounds in (("1002", ["700 Hz"]), ("1003", ["880 Hz"]), ("1004", ["784 Hz", "523 Hz"])):
        shown.type(number)
        shown.expect("Enter number")
        shown.type("\r")
        shown.expect(f"{number}: talking")
        for sound in sounds:
            shown.expect(f"tone {sound}")
        if number == "1002":
            shown.type("o")
            shown.expect("1002: on hold")
            shown.expect("hears silence")
            shown.type("o")
            shown.expect("tone 700 Hz")
            for rows, columns in ((5, 12), (1, 1), (2, 200), (40, 100)):
                shown.resize(rows, columns)
                shown.read(0.3)
            shown.expect("1002: talking")
        shown.type("\x1b")
        shown.expect("hung up")
    # A terminal without a cursor, and a tone that is none, are refused in words.
    drv_term = [f"{build}/phoned/drv-term", "--socket", f"{folder}/1001/driver.sock"]
    for more, term, why in (([], "nonsense", "cannot place its cursor"), (["--tone", "880"], "xterm", "character 4")):
        # ncurses leaks a little where it refuses a terminal.
        refused = Terminal(drv_term + more, {**environment, "TERM": term, "ASAN_OPTIONS": "detect_leaks=0"})
        if refused.end() != 2 or why not in refused.screen:
            fail(f"drv-term {more} on {term} said {refused.screen!r}")
    # The phone dies: its terminal stays, says so, and can be left.
    (phone,) = processes_with(f"{folder}/1001/phone.cfg")
    os.kill(phone, signal.SIGKILL)
    shown.expect("no phone")
    shown.type("12\r" + KEYS_UP + "q")
    code = shown.end()
    if code != 0:
        fail(f"the demo ended with {code}")
    expect_nothing_left(folder)

    # Its terminal goes without a word, as a closed window does.
    shown = start_on_terminal(demo, environment)
    folder = folder_of(build, shown)
    os.close(shown.file)
    os.waitpid(shown.pid, 0)
    expect_nothing_left(folder)

    # Ctrl-C ends it too, and the terminal's settings are those of before.
    shown = start_on_terminal(demo, environment)
    folder = folder_of(build, shown)
    shown.type("\x03")
    while shown.read(10):
        if not processes_with(folder):
            break
    if "\x1b[?1049l" not in shown.screen:
        fail("the screen of before was not brought back")
    os.waitpid(shown.pid, 0)
    expect_nothing_left(folder)


def play_inside(build):
    """Runs within the demo, in place of the terminal phone."""
    folder = os.environ["OFFHOOK_DEMO"]
    phonectl = [f"{build}/phoned/phonectl", "--socket", f"{folder}/1001/control.sock"]
    ear = subprocess.Popen(
        [f"{build}/phoned/drv-file", "--socket", f"{folder}/1001/driver.sock", "--tone", "880/0"],
        stdout=subprocess.PIPE, text=True)

    def listen(wanted, seconds=10):
        """Waits until each of the tones has been heard, in this order."""
        watchdog = time.monotonic() + seconds
        while wanted:
            if not select.select([ear.stdout], [], [], max(0, watchdog - time.monotonic()))[0]:
                fail(f"not heard: {wanted} Hz")
            said = json.loads(os_line(ear))
            if said["event"] == "sound" and said["kind"] == "tone" and abs(said["hertz"] - wanted[0]) <= 2:
                wanted = wanted[1:]

    def os_line(process):
        line = b""
        while not line.endswith(b"\n"):
            got = os.read(process.stdout.fileno(), 1)
            if not got:
                fail("drv-file has ended")
            line += got
        return line

    for number, tones in (("1002", [700]), ("1003", [880]), ("1004", [784, 698, 587, 523, 659])):
        subprocess.run(phonectl + ["dial", number], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(
            phonectl + ["wait", "call.state", "state=confirmed", "--timeout", "5"], check=True,
            stdout=subprocess.DEVNULL)
        listen(tones)
        subprocess.run(phonectl + ["hangup"], check=True)
        subprocess.run(
            phonectl + ["wait", "call.state", "state=terminated", "--timeout", "5"], check=True,
            stdout=subprocess.DEVNULL)
    ear.terminate()
    if ear.wait(5) != 0:
        fail("drv-file did not end well")
    print(folder)


def main():
    build, port = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "29060"
    if "OFFHOOK_DEMO" in os.environ:
        return play_inside(build)
    environment = {**os.environ, "OFFHOOK_DEMO_PORT": port}
    demo = [f"{HERE}/demo", build]
    done = subprocess.run(demo + [sys.executable, __file__, build], env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        fail(f"the demo with a command ended with {done.returncode}")
    expect_nothing_left(done.stdout.split()[-1])
    play_on_terminal(build, demo, environment)


main()
