#!/usr/bin/env python3
"""snippets.py ROOT [--write]: every C++ block of the documentation is a piece of a source file that is compiled.

A block follows a line <!-- from PATH [name] -->; its text is what stands in PATH between the lines "// [name]" and
"// [/name]", less the indentation that all its lines share. --write takes the pieces over into the pages.
snippets.py --self-test proves that each fault is found. Exit status 1 if anything was found."""
import pathlib, re, sys, tempfile, textwrap

FENCE = re.compile(r"^```(?:cpp|c\+\+)\n(.*?)^```$", flags=re.M | re.S)
ORIGIN = re.compile(r"<!-- from (\S+) \[([\w-]+)\] -->\n$")


def piece(root, path, name):
    """The text of a piece, or None where the file has none of this name."""
    file = root / path
    if not file.is_file():
        return None
    match = re.search(rf"^[ \t]*// \[{name}\]\n(.*?)^[ \t]*// \[/{name}\]$", file.read_text(encoding="utf-8"), flags=re.M | re.S)
    return textwrap.dedent(match.group(1)) if match else None


def check_page(root, page, write):
    text, found, at, fresh = page.read_text(encoding="utf-8"), [], 0, ""
    for fence in FENCE.finditer(text):
        label = f"{page.relative_to(root)}:{text.count(chr(10), 0, fence.start()) + 1}"
        fresh += text[at:fence.start(1)]
        at = fence.end(1)
        origin = ORIGIN.search(text[:fence.start()])
        source = origin and piece(root, origin.group(1), origin.group(2))
        if not origin:
            found.append(f"{label}: a block without <!-- from PATH [name] --> in front: nobody knows whether it compiles")
        elif source is None:
            found.append(f"{label}: {origin.group(1)} has no piece [{origin.group(2)}]")
        elif source != fence.group(1) and not write:
            found.append(f"{label}: differs from [{origin.group(2)}] in {origin.group(1)}: run tests/docs/snippets.py . --write")
        fresh += source if source is not None else fence.group(1)
    if write and fresh + text[at:] != text:
        page.write_text(fresh + text[at:], encoding="utf-8")
    return found


def check_tree(root, write=False):
    pages = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    return [line for page in pages if page.exists() for line in check_page(root, page, write)]


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "docs").mkdir()
        (root / "a.cpp").write_text("int x;\n    // [one]\n    int y;\n        int z;\n    // [/one]\n")
        page = root / "docs" / "p.md"
        def faults(head, body):
            page.write_text(f"text\n\n{head}```cpp\n{body}```\n")
            return len(check_tree(root))
        good = "<!-- from a.cpp [one] -->\n"
        ok = faults(good, "int y;\n    int z;\n") == 0 and faults("", "int y;\n") == 1 and faults(good, "int q;\n") == 1
        ok = ok and faults("<!-- from a.cpp [two] -->\n", "") == 1 and faults("<!-- from b.cpp [one] -->\n", "") == 1
        faults(good, "int q;\n")
        check_tree(root, write=True)
        return ok and check_tree(root) == [] and "int z" in page.read_text()


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(0 if self_test() else 1)
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--write"]):
        sys.exit(__doc__)
    faults = check_tree(pathlib.Path(sys.argv[1]).resolve(), write=len(sys.argv) == 3)
    print("\n".join(faults) or "every block is a piece of a source file")
    sys.exit(1 if faults else 0)
