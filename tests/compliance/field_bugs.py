#!/usr/bin/env python3
"""field_bugs.py ROOT: fails where docs/field-bugs.md names a test or a guard that does not exist.
field_bugs.py --self-test: proves that wrong rows are found.

A row of the page is "| bug | test · `file below tests/unit` | guard · `file` |": the test has exactly this name in that file,
and the guard, which was taken out once to see the test fail, stands in a file of the project."""
import pathlib, re, sys

from table import names_in

PAGE = "docs/field-bugs.md"
ROW = re.compile(r"\| (?P<bug>[^|]+) \| (?P<test>.+) · `(?P<file>[^`]+)` \| (?P<guard>.+) · `(?P<where>[^`]+)` \|")


def wrong_rows(page, names_of, exists):
    """The sentences of what is wrong. names_of(file): the names of its tests; exists(file): whether it is there."""
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| Bug |")]
    if not rows:
        yield "no row"
    seen = set()
    for line in rows:
        row = ROW.fullmatch(line)
        if not row:
            yield f"not a row: {line}"
            continue
        if row["bug"] in seen:
            yield f"twice: {row['bug']}"
        seen.add(row["bug"])
        if row["test"].replace("\\|", "|") not in names_of(row["file"]):
            yield f"{row['file']} has no test \"{row['test']}\""
        if not exists(row["where"]):
            yield f"{row['where']} does not exist"


def main(root):
    def names_of(file):
        path = root / "tests/unit" / file
        return names_in(path.read_text(encoding="utf-8")) if path.is_file() else []

    page = (root / PAGE).read_text(encoding="utf-8")
    wrong = list(wrong_rows(page, names_of, lambda file: (root / file).is_file()))
    for sentence in wrong:
        print(f"{PAGE}: {sentence}")
    return 1 if wrong else 0


def self_test():
    head = "| Bug | Test | Guard |\n|---|---|---|\n"
    tests = {"a.cpp": ["It works", "So does | this"]}
    check = lambda rows: list(wrong_rows(head + rows, lambda file: tests.get(file, []), lambda file: file == "x.cpp"))
    good = "| b | It works · `a.cpp` | a line · `x.cpp` |\n"
    cases = [
        (good, 0),
        ("", 1),
        (good + good, 1),
        ("| b | So does \\| this · `a.cpp` | a line · `x.cpp` |\n", 0),
        ("| b | It fails · `a.cpp` | a line · `x.cpp` |\n", 1),
        ("| b | It works · `b.cpp` | a line · `x.cpp` |\n", 1),
        ("| b | It works · `a.cpp` | a line · `y.cpp` |\n", 1),
        ("| b | It works | a line |\n", 1),
    ]
    failed = [rows for rows, count in cases if len(check(rows)) != count]
    for rows in failed:
        print(f"self-test failed: {rows!r} gives {check(rows)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(self_test() if sys.argv[1:] == ["--self-test"] else main(pathlib.Path(sys.argv[1])))
