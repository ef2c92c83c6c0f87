#!/usr/bin/env python3
"""Between a header and doxygen (INPUT_FILTER in docs/Doxyfile), for customs of ours that doxygen does not know: one
comment, before or behind "T a, b;", is about all of its names; one before "enum class e { x } y;" is about both; a
defaulted comparison or constructor needs none.

doxygen_filter.py HEADER                 prints the header as doxygen is to see it
doxygen_filter.py --into FOLDER ROOT...  all headers of these folders at once, which takes less time"""
import pathlib, re, sys

SEVERAL = re.compile(r"^(\s*)((?:[\w:<>*&]|, (?=\w+>)| (?=[*&]))+(?: \w[\w:<>]*)*?)\s+(\w+(?: = [^,;(){}]+|\{[^{},]*\})?(?:, \w+(?: = [^,;(){}]+|\{[^{},]*\})?)+);(?:\s*///< (.*))?$")
PLAIN = re.compile(r"(operator(==|<=>)\(|\b\w+\(\w+ const&\)|\b\w+\(\w+&&\)|\b(\w+)\(\)).*= default;$")

MEMBER_OF_ENUM = re.compile(r"^(\s*)(enum class (\w+)[^{]*\{[^}]*\}) (\w+)(?: = [^;]+)?;$")



def filtered(lines):
    before = ""  # the comment in front of a line
    for line in lines:
        several = SEVERAL.match(line)
        if several and (several.group(4) or before):
            indent, kind, names, comment = several.groups()
            line = indent + " ".join(f"{kind} {name}; /**< {comment or before} */" for name in names.split(", "))
        elif one := MEMBER_OF_ENUM.match(line):
            indent, enumeration, kind, name = one.groups()
            line = f"{indent}{enumeration}; {kind} {name}; /**< {before} */"
        elif PLAIN.search(line):
            line = ""
        if line == "template <>" or line.startswith("struct boost::system::is_error_code_enum"):
            line = ""  # an opt-in to error_code, which no reader looks for
        before = line.strip()[4:] if line.strip().startswith("/// ") else ""
        yield line


def read(path):
    return "".join(line + "\n" for line in filtered(pathlib.Path(path).read_text(encoding="utf-8").splitlines()))


if sys.argv[1] == "--into":
    for root in sys.argv[3:]:
        for header in sorted(pathlib.Path(root).rglob("*.hpp")):
            copy = pathlib.Path(sys.argv[2]) / header
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(read(header), encoding="utf-8")
else:
    print(read(sys.argv[1]), end="")
