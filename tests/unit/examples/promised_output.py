#!/usr/bin/env python3
"""Runs an example and compares its output with the one that the comment at its head promises.

usage: promised_output.py SOURCE PROGRAM
"""
import subprocess
import sys


def promised(source):
    lines, found = [], False
    for line in open(source, encoding="utf-8"):
        if not line.startswith("//"):
            break
        if found:
            lines.append(line[2:].strip())
        elif line.strip() == "// It prints:":
            found = True
    return lines


def main():
    source, program = sys.argv[1:]
    expected = promised(source)
    run = subprocess.run([program], capture_output=True, text=True, timeout=20)
    printed = [line.strip() for line in run.stdout.splitlines()]
    if run.returncode != 0 or not expected or printed != expected:
        print("exit code", run.returncode, "\nexpected:", *expected, "printed:", *printed, sep="\n  ")
        return 1
    return 0


sys.exit(main())
