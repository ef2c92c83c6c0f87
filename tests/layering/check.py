#!/usr/bin/env python3
"""check.py ROOT: reads the #include lines and the code of the libraries and phoned, and reports every breach of

1. the dependency rule: a folder includes only itself and folders to its left; the libraries never include one another;
2. the core rule: outside net folders and programs no I/O, no clocks, no hidden state, no threads;
3. g++ 12's coroutine rule: no lambda with captures and no braced temporary on a line with co_await;
4. the first-include rule: a source includes its own header first, which proves that the header stands alone.

check.py --self-test proves that each rule finds a breach. Exit status 1 if anything was found."""
import pathlib, re, sys

LAYERS = {
    "sip": ["base", "syntax", "transport", "transaction", "dialog", "usage", "packages", "ua", "proxy", "store", "net"],
    "sdp": ["base", "text", "model", "negotiate"],
    "rtp": ["base", "wire", "stats", "crypto", "codec", "buffer", "signal", "voice", "session", "net", "files"],
    "phoned": ["base", "config", "protocol", "media", "phone", "net", "tools"],
}
# Folders that may do I/O: the shells, and programs.
SHELLS = {"net", "files", "store", "tools", "main"}
BANNED = {
    r"::now\s*\(": "reads a clock",
    r"\brandom_device\b|\bs?rand\s*\(": "makes its own randomness",
    r"\bstd::(cout|cerr|clog|printf)\b|\bf?printf\s*\(": "prints",
    r"\bgetenv\b": "reads the process environment",
    r"\bstd::(jthread|thread|mutex|atomic|condition_variable|future)\b": "uses threads",
    r"\bshared_ptr\b": "shares ownership",
    r"^\s*static\s+(?!constexpr|inline constexpr)(?!.*\bconst\b)[\w:<>,\s*&]+\s+\w+\s*(=|;|\{)": "keeps static mutable data",
    r"\bsleep(_for|_until)?\s*\(": "sleeps",
    r"\.value\(\)": "may throw where an error should be handled (use * after a check)",
}
BANNED_INCLUDES = r"boost/(asio|beast)|sys/socket|netinet/|<thread>|<mutex>|<atomic>|<iostream>|<fstream>|<unistd|ares\.h|sqlite3\.h"
# Neighbours: of the layer on the right, a folder may include these headers alone. The proxy is no user agent, but stands behind the same door.
DOORS = {("sip", "proxy", "ua"): {"sip/ua/protocol_core.hpp"}}
# Named exceptions, each with its reason.
ALLOWED = {
    # The number of an error_code, which is no result and throws nothing.
    ("libsip/src/error.cpp", "may throw where an error should be handled (use * after a check)"),
}


def strip_comments_and_strings(text):
    def blank(match):
        piece = match.group(0)
        return re.sub(r"[^\n]", " ", piece) if piece.startswith("/") else '""'
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def place(root, path):
    """Which part and layer a file belongs to: ("sip", "syntax"); None for what has no rule."""
    parts = path.relative_to(root).parts
    if parts[0] in ("libsip", "libsdp", "librtp"):
        part = parts[0][3:]
        inner = parts[3:] if parts[1] == "include" else parts[2:] if parts[1] == "src" else None
        if inner is None:
            return None
        return part, inner[0] if len(inner) > 1 else "base"
    if parts[0] == "phoned":
        if len(parts) > 2:
            return "phoned", parts[1]
        return "phoned", "main" if path.name == "main.cpp" else "base"
    return None


def rank(part, layer):
    order = LAYERS[part]
    return order.index(layer) if layer in order else len(order)


def included_place(name):
    pieces = name.split("/")
    if pieces[0] not in LAYERS:
        return None
    return pieces[0], pieces[1] if len(pieces) > 2 else "base"


def check_file(part, layer, label, text):
    found = []
    is_shell = layer in SHELLS
    if layer not in LAYERS[part] and layer != "main":
        found.append(f"{label}: folder {layer} is not a layer of {part}")
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if not match:
            continue
        target = included_place(match.group(1))
        if target and target[0] != part and part != "phoned":
            found.append(f"{label}:{number}: {part} includes {match.group(1)}: the libraries do not know one another")
        elif target and target[0] != part and target[1] == "net" and not is_shell:
            found.append(f"{label}:{number}: core code includes the shell header {match.group(1)}")
        elif target and target[0] == part and rank(part, target[1]) > rank(part, layer):
            found.append(f"{label}:{number}: {layer} includes {match.group(1)}, which lies above it")
        elif target and target[0] == part and match.group(1) not in DOORS.get((part, layer, target[1]), {match.group(1)}):
            found.append(f"{label}:{number}: {layer} includes {match.group(1)}, and may know the door of {target[1]} alone")
        if not is_shell and re.search(BANNED_INCLUDES, line):
            found.append(f"{label}:{number}: core code includes {match.group(1)}")
    code = strip_comments_and_strings(text)
    for number, line in enumerate(code.splitlines(), 1):
        if not is_shell:
            for pattern, why in BANNED.items():
                if re.search(pattern, line) and (label, why) not in ALLOWED:
                    found.append(f"{label}:{number}: core code {why}: {line.strip()}")
        if "co_await" in line and (re.search(r"\[[^\]\[]*[&=\w][^\]\[]*\]\s*[({]", line.split("co_await", 1)[1]) or "{." in line):
            found.append(f"{label}:{number}: a captured lambda or braced temporary beside co_await is destroyed twice by g++ 12: name it first")
    return found


def check_first_include(header, label, text):
    """`header` is the source's own, as #include lines name it."""
    first = re.search(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', text, flags=re.M)
    if first and first.group(1) == header:
        return []
    return [f"{label}: does not include its own header {header} first"]


def own_header(root, path):
    """The public header of a library's source, as #include lines name it; None where it has none."""
    parts = path.relative_to(root).parts
    if path.suffix != ".cpp" or not parts[0].startswith("lib") or parts[1] != "src":
        return None
    header = pathlib.Path(parts[0][3:], *parts[2:]).with_suffix(".hpp")
    return str(header) if (root / parts[0] / "include" / header).exists() else None


def check_tree(root):
    found, seen = [], 0
    for top in ("libsip", "libsdp", "librtp", "phoned"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in (".hpp", ".cpp"):
                continue
            where = place(root, path)
            if where is None:
                continue
            seen += 1
            label, text = str(path.relative_to(root)), path.read_text(encoding="utf-8")
            found += check_file(*where, label, text)
            if header := own_header(root, path):
                found += check_first_include(header, label, text)
    return found, seen


def self_test():
    cases = [
        ("sip", "syntax", '#include "sip/ua/core.hpp"'), ("sip", "ua", '#include "sdp/parse.hpp"'),
        ("sip", "ua", '#include "sip/net/driver.hpp"'), ("sip", "dialog", "auto t = clock::now();"),
        ("rtp", "session", "#include <boost/asio.hpp>"), ("sdp", "model", "    static int calls = 0;"),
        ("rtp", "stats", "std::mutex m;"), ("sip", "net", "co_await f([x](int){});"), ("sip", "net", "co_await f(options{.a = 1});"),
        ("phoned", "phone", '#include "sip/net/user_agent.hpp"'), ("sip", "usage", "auto x = answer.value();"),
        ("sip", "sockets", "int x;"), ("sip", "proxy", '#include "sip/ua/core.hpp"'),
    ]
    missed = [case for case in cases if not check_file(case[0], case[1], "case", case[2])]
    clean = check_file("sip", "ua", "case", '#include "sip/syntax/uri.hpp"\n// clock::now() in a comment\nauto s = "std::cout";\nstatic constexpr int limit = 3;\n')
    if not check_first_include("sip/uri.hpp", "case", '#include <string>\n#include "sip/uri.hpp"\n'):
        missed.append("a source that does not begin with its own header")
    clean += check_first_include("sip/uri.hpp", "case", '// A comment.\n#include "sip/uri.hpp"\n#include <string>\n')
    for case in missed:
        print("not found:", case)
    for line in clean:
        print("found where nothing is wrong:", line)
    return not missed and not clean


if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1] == "--self-test":
        sys.exit(0 if self_test() else 1)
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    breaches, files = check_tree(pathlib.Path(sys.argv[1]))
    for breach in breaches:
        print(breach)
    print(f"{files} files read, {len(breaches)} breaches")
    sys.exit(1 if breaches or files < 10 else 0)
