#!/usr/bin/env python3
"""table.py ROOT --write: makes docs/rfc-matrix.md out of the names of the tests.
table.py ROOT --check: fails where that page is out of date, or where a name points at a section that does not exist.
table.py --self-test: proves that references are read as described here, and that wrong ones are found.

A test says in its name which rule it proves:

1. "RFC 3261 17.1.1.2", anywhere in the name. More sections of the same RFC follow after ", " or " and ", a range after
   " to ": "RFC 4475 3.3.2 to 3.3.4". "RFC 6026" alone stands for the RFC as a whole. What follows a section, like
   "step 5", is for the reader.
2. A number with dots at the beginning of a parenthesis, "(17.2.3)" or "(16.7 step 5, RFC 6026)", is a section of RFC
   3261. Only tests of libsip and of the examples, which are about that RFC, may say so; others name theirs.

sections.tsv knows the sections and their titles. An RFC that no test has named before gets its lines there.
accounted.tsv lists the RFCs that we hold ourselves to account for: the page says for each of their sections which test
shows it, why it asks nothing of us, or that no test shows it. set_aside.tsv holds the reasons.

rules/ goes deeper where it matters most: a file for an RFC, a line for each of its rules that says MUST: section, the
rule in our words, and the tests that show it, with " | " between them. A test is named by the beginning of its name, or
by any part that no other name has. "- reason" stands where a rule is not for us, or is kept where no such test
reaches, and "- open: what is missing" where it is not kept. Whatever is named and does not exist, or could mean several
tests, is found."""
import collections, difflib, pathlib, re, sys

HERE = pathlib.Path(__file__).resolve().parent
PAGE = "docs/rfc-matrix.md"
COMMAND = "python3 tests/compliance/table.py . --write"

# Rule 2.
SIP = 3261
SIP_TESTS = ("tests/unit/sip/", "tests/unit/examples/", "tests/loopback/sip_", "tests/sim/")

# Sections under such titles say nothing that a test could show.
SAYS_NOTHING = re.compile(
    r"(introduction|terminology|conventions|definitions|overview|background|motivation|scope|rationale|abstract|notation"
    r"|applicability|goals|open issues|requirements( language| notation)?|iana|security considerations|privacy considerations"
    r"|acknowledge?ments?|contributors|author|editors|references|bibliography|normative|informative|change|differences"
    r"|summary of|examples?\b|full copyright|intellectual property|internationali[sz]ation|formal syntax|augmented bnf|abnf|grammar"
    r"|syntax$|informational references|collected|design|history|backwards? compatibility|registration of|.* registration$|.* registry$|.* examples?$|notice)",
    re.IGNORECASE,
)

# In the tables of rules: one that binds us and is not kept.
OPEN = "- open: "

LITERAL = r'"((?:\\.|[^"\\])*)"'
TEST = re.compile(r'\bTEST_CASE(?:_FIXTURE)?\(\s*(?:[\w:]+\s*,\s*)?((?:' + LITERAL + r'\s*)+)')
DOTTED = r"(?:[A-Z]|\d+)(?:\.\d+)+"  # A.8, 17.1.3
STEP = r"(?: (?:step|pattern) \d+)?"
MORE = rf"(?:(?:, | and | to ){DOTTED}{STEP})*"
NAMED = re.compile(rf"\bRFC (\d+)(?: ((?:{DOTTED}|\d+){STEP}{MORE}))?(?![\w.])")
BARE = re.compile(rf"\(((?=\d){DOTTED}{STEP}{MORE})(?=[,)])")


def read_sections(text):
    """{rfc: {section: title}}, in the order of the file."""
    known = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            rfc, section, title = line.split("\t")
            known.setdefault(int(rfc), {})[section] = title
    return known


def sections_of(listed):
    """The sections of "3.3.2 to 3.3.4, 5.1 step 2"."""
    found = []
    for separator, section in re.findall(rf"(^|, | and | to )({DOTTED}|\d+){STEP}", listed):
        if separator == " to ":
            head, _, first = found[-1].rpartition(".")
            found += [f"{head}.{n}" for n in range(int(first) + 1, int(section.rpartition(".")[2]))]
        found.append(section)
    return found


def references(name):
    """[(rfc or None, section or "-")]: None where the name leaves the RFC out."""
    found = []
    for match in NAMED.finditer(name):
        found += [(int(match[1]), section) for section in (sections_of(match[2]) if match[2] else ["-"])]
    for match in BARE.finditer(name):
        found += [(None, section) for section in sections_of(match[1])]
    return found


def names_in(source):
    return [
        re.sub(r"\\(.)", r"\1", "".join(re.findall(LITERAL, match[1]))) for match in TEST.finditer(source)
    ]


def collect(tests, known):
    """tests: [(path, name)]. Gives {rfc: {section: [(path, name)]}} and the sentences of what is wrong."""
    shown, wrong = collections.defaultdict(lambda: collections.defaultdict(list)), []
    for path, name in tests:
        for rfc, section in references(name):
            if rfc is None and not path.startswith(SIP_TESTS):
                wrong.append(f'{path}: "{name}": section {section} of which RFC?')
                continue
            rfc = rfc or SIP
            if rfc not in known:
                wrong.append(f'{path}: "{name}": RFC {rfc} is not in tests/compliance/sections.tsv')
            elif section not in known[rfc]:
                wrong.append(f'{path}: "{name}": RFC {rfc} has no section {section}')
            else:
                shown[rfc][section].append((path, name))
    return shown, wrong


def read_accounted(text):
    """{rfc: chapters}: the chapters of an RFC that bind us, none meaning all of them."""
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return {int(rfc): tuple(chapters.split()) for rfc, chapters in rows}


def read_set_aside(text):
    """{rfc: {section: reason}}. A reason holds for the sections below, too."""
    found = collections.defaultdict(dict)
    for line in text.splitlines():
        if line and not line.startswith("#"):
            rfc, sections, reason = line.split("\t")
            for section in sections.split():
                found[int(rfc)][section] = reason
    return found


def is_below(section, other):
    return section.startswith(other + ".")


def reason_for(section, titles, aside):
    """Why a section asks nothing of us; None where it may ask something."""
    for known in [s for s in titles if s == section or is_below(section, s)]:
        if known in aside:
            return aside[known]
        if SAYS_NOTHING.match(titles[known]):
            return "says nothing that a test could show"
    return None


def ruled(rules):
    """{section: reason}: why the rules of a section ask nothing of us, "" where a test shows one of them. Sections with
    open rules alone are not in it."""
    found = {}
    for section, _, shown_by in rules:
        if not isinstance(shown_by, str):
            found[section] = ""
        elif not shown_by.startswith(OPEN):
            found.setdefault(section, shown_by[2:])
    return found


def account(titles, shown, chapters, aside, rules=()):
    """(open, set aside, leaves): the sections without parts of their own that no test shows, those that ask nothing
    of us as (section, reason), and how many sections there are to account for. A test that shows a rule of a section
    shows the section, whether its name says so or not."""
    by_rules = ruled(rules)
    listed = [s for s in titles if s != "-" and (not chapters or s.split(".")[0] in chapters)]
    leaves = [s for s in listed if not any(is_below(other, s) for other in listed)]
    missing = [s for s in leaves if s not in shown and by_rules.get(s) != ""]
    reasons = [(s, reason_for(s, titles, aside) or by_rules.get(s)) for s in missing]
    return [s for s, reason in reasons if not reason], [pair for pair in reasons if pair[1]], len(leaves)


def wrong_accounts(known, shown, accounted, aside):
    """The sentences of what accounted.tsv and set_aside.tsv get wrong."""
    for rfc in sorted({*accounted, *aside} - {*known}):
        yield f"RFC {rfc} is not in tests/compliance/sections.tsv"
    for rfc in sorted({*aside} & {*known}):
        for section in aside[rfc]:
            if section not in known[rfc]:
                yield f"set_aside.tsv: RFC {rfc} has no section {section}"
            elif section in shown[rfc]:
                yield f"set_aside.tsv: RFC {rfc} {section} is shown by a test: it asks something of us"


def find_test(names, part):
    """The one name that begins with `part`, or else holds it; a sentence about it where that is not exactly one."""
    found = [name for name in names if name.startswith(part)] or [name for name in names if part in name]
    if len(found) == 1:
        return found[0], None
    return None, f'{"no test is" if not found else f"{len(found)} tests are"} named "{part}"'


def read_rules(texts, tests, known):
    """texts: {rfc: text}. Gives {rfc: [(section, rule, names or reason)]} and the sentences of what is wrong."""
    rules, wrong = {}, []
    names = sorted({name for _, name in tests})
    for rfc, text in sorted(texts.items()):
        rules[rfc] = []
        for number, line in enumerate(text.splitlines(), 1):
            where = f"rules/{rfc}.tsv:{number}"
            fields = line.split("\t")
            if len(fields) != 3 or not all(fields):
                wrong.append(f"{where}: not three fields")
                continue
            section, rule, shown_by = fields
            if section not in known.get(rfc, {}):
                wrong.append(f"{where}: RFC {rfc} has no section {section}")
            found = shown_by
            if not shown_by.startswith("- "):
                pairs = [find_test(names, part) for part in shown_by.split(" | ")]
                wrong += [f"{where}: {sentence}" for _, sentence in pairs if sentence]
                found = [name for name, _ in pairs if name]
            rules[rfc].append((section, rule, found))
    return rules, wrong


def escaped(text):
    return text.replace("*", chr(92) + "*").replace("<", "&lt;").replace("|", chr(92) + "|")


def counts_of(rules):
    """(shown by tests, set aside with a reason, open)"""
    reasons = [shown_by for _, _, shown_by in rules if isinstance(shown_by, str)]
    missing = sum(1 for reason in reasons if reason.startswith(OPEN))
    return len(rules) - len(reasons), len(reasons) - missing, missing


def rules_table(rules):
    """Markdown: how many rules there are, each rule, and what shows it."""
    shown, aside, missing = counts_of(rules)
    lines = [f"{len(rules)} rules: {shown} shown by tests, {aside} set aside with a reason, {missing} open.", ""]
    lines += ["| Section | Rule | Shown by |", "|---|---|---|"]
    for section, rule, shown_by in rules:
        cell = "*" + shown_by[2:] + "*" if isinstance(shown_by, str) else "<br>".join(escaped(name) for name in shown_by)
        lines.append(f"| {section} | {escaped(rule)} | {cell} |")
    return lines


def line_of(path, name):
    where = path.removeprefix("tests/").removeprefix("unit/")
    return f"- {name.replace('*', chr(92) + '*').replace('<', '&lt;')} · `{where}`"


def sections_cell(sections, rfc_shown, rfc_account):
    """How many sections tests show; an RFC of which everything is set aside is left out."""
    if sections:
        return str(len(sections))
    if "-" in rfc_shown:
        return "as a whole"
    return "left out" if rfc_account and not rfc_account[0] else "none"


def page(tests, known, shown, accounted, aside, rules):
    tagged = sum(1 for _, name in tests if references(name))
    accounts = {
        rfc: account(known[rfc], shown[rfc], chapters, aside[rfc], rules.get(rfc, ()))
        for rfc, chapters in accounted.items()
    }
    lines = [
        "# Which rule is shown by which test",
        "",
        f"Made from the names of the tests by `{COMMAND}`; a test fails where this page is out of date. It shows what",
        "is tested, and claims nothing else: a section that is shown may have more rules than its tests show.",
        "",
        "We hold ourselves to account for the RFCs with a number under *open*: of each of their sections this page says which",
        "test shows it, why it asks nothing of us (*set aside*), or that no test shows it (*open*). *Left out* is an RFC of which",
        "every section is set aside.",
        "",
        f"{tagged} tests name a rule of an RFC. Of the RFCs with numbers under *rules* each rule is listed that says MUST: with the",
        "tests that show it, the reason why it is not for us, or what is missing.",
        "",
        "| RFC | Title | Sections shown | Set aside | Open | Rules: shown, set aside, open |",
        "|---|---|---|---|---|---|",
    ]
    listed = sorted({*shown, *accounted})
    for rfc in listed:
        sections = [s for s in known[rfc] if s in shown[rfc] and s != "-"]
        counts = f"{len(accounts[rfc][1])} | {len(accounts[rfc][0])} of {accounts[rfc][2]}" if rfc in accounts else " | "
        listed_rules = ", ".join(map(str, counts_of(rules[rfc]))) if rfc in rules else ""
        row = [f"[{rfc}](#rfc-{rfc})", known[rfc]["-"], sections_cell(sections, shown[rfc], accounts.get(rfc)), counts, listed_rules]
        lines.append(f"| {' | '.join(row)} |")
    for rfc in listed:
        lines += ["", f"## RFC {rfc}", "", known[rfc]["-"]]
        for section, title in known[rfc].items():
            if section not in shown[rfc]:
                continue
            lines += ["", f"**{section} {title}**" if section != "-" else "**As a whole**", ""]
            lines += [line_of(path, name) for path, name in shown[rfc][section]]
        if rfc in rules:
            lines += ["", "**Rules**", ""] + rules_table(rules[rfc])
        if rfc not in accounts:
            continue
        missing, reasons, _ = accounts[rfc]
        if reasons:
            by_reason = collections.defaultdict(list)
            for section, reason in reasons:
                by_reason[reason].append(section)
            lines += ["", "**Set aside**", ""]
            lines += [f"- {', '.join(sections)}: {reason}" for reason, sections in by_reason.items()]
        if missing:
            lines += ["", "**Open: no test shows it**", ""] + [f"- {s} {known[rfc][s]}" for s in missing]
    return "\n".join(lines) + "\n"


def read_tests(root):
    found = []
    for path in sorted((root / "tests").rglob("*.cpp")):
        found += [(path.relative_to(root).as_posix(), name) for name in names_in(path.read_text(encoding="utf-8"))]
    return found


def main(root, mode):
    known = read_sections((HERE / "sections.tsv").read_text(encoding="utf-8"))
    tests = read_tests(root)
    accounted = read_accounted((HERE / "accounted.tsv").read_text(encoding="utf-8"))
    aside = read_set_aside((HERE / "set_aside.tsv").read_text(encoding="utf-8"))
    shown, wrong = collect(tests, known)
    texts = {int(path.stem): path.read_text(encoding="utf-8") for path in (HERE / "rules").glob("*.tsv")}
    rules, mistakes = read_rules(texts, tests, known)
    wrong += [*wrong_accounts(known, shown, accounted, aside), *mistakes]
    if not tests:
        wrong.append(f"no tests under {root}/tests")
    for sentence in wrong:
        print(sentence)
    if wrong:
        return 1
    target, text = root / PAGE, page(tests, known, shown, accounted, aside, rules)
    if mode == "--write":
        target.write_text(text, encoding="utf-8")
        return 0
    old = target.read_text(encoding="utf-8") if target.exists() else ""
    if old == text:
        return 0
    print(*difflib.unified_diff(old.splitlines(), text.splitlines(), PAGE, "the tests", n=0, lineterm=""), sep="\n")
    print(f"{PAGE} is out of date; make it anew: {COMMAND}")
    return 1


def self_test():
    expected = {
        "Plain sentence with 3.5 in it": [],
        "A (RFC 3261 17.1.1.2)": [(3261, "17.1.1.2")],
        "A (RFC 3550 A.8)": [(3550, "A.8")],
        "A (RFC 6026)": [(6026, "-")],
        "A (RFC 2543 peers)": [(2543, "-")],
        "What RFC 3551 6 says, and RFC 5057 table 1": [(3551, "6"), (5057, "-")],
        "RFC 4317 4.2 and 4.3: video": [(4317, "4.2"), (4317, "4.3")],
        "A (RFC 5057 5.1, 5.3)": [(5057, "5.1"), (5057, "5.3")],
        "A (RFC 4475 3.3.2 to 3.3.4)": [(4475, "3.3.2"), (4475, "3.3.3"), (4475, "3.3.4")],
        "A (RFC 3551 6, RFC 5761 4)": [(3551, "6"), (5761, "4")],
        "A (RFC 3261 14.1, 491 and #35)": [(3261, "14.1")],
        "A (16.7 step 5, RFC 6026)": [(6026, "-"), (None, "16.7")],
        "A (17.1.1.2, 9.1)": [(None, "17.1.1.2"), (None, "9.1")],
        "A (G.711)": [],
        "A (423), then (488, RFC 3264 4)": [(3264, "4")],
    }
    failures = [f"{name}: {references(name)}" for name, wanted in expected.items() if references(name) != wanted]
    source = 'TEST_CASE("one (8.1)") {\nTEST_CASE_FIXTURE(\n    a::b, "two \\"q\\" "\n    "(9.2)"\n) {'
    if names_in(source) != ["one (8.1)", 'two "q" (9.2)']:
        failures.append(f"names: {names_in(source)}")
    known = {3261: {"-": "SIP", "8": "General", "8.1": "UAC", "8.2": "UAS"}}
    wrong = [
        ("tests/unit/sip/a.cpp", "no such section (8.3)"),
        ("tests/unit/sip/a.cpp", "no such RFC (RFC 99999)"),
        ("tests/unit/rtp/a.cpp", "whose section (8.1)"),
    ]
    right = ("tests/unit/sip/a.cpp", "right (8.1)")
    shown, found = collect([*wrong, right], known)
    if len(found) != len(wrong) or shown != {3261: {"8.1": [right]}}:
        failures.append(f"wrong references: {found}, shown {shown}")
    titles = {"-": "X", "1": "Introduction", "2": "Rules", "2.1": "A", "2.2": "B", "3": "C", "4": "D", "4.1": "E"}
    aside = {"4": "for servers"}
    reasons = [("1", "says nothing that a test could show"), ("4.1", "for servers")]
    if account(titles, {"2.1": []}, (), aside) != (["2.2", "3"], reasons, 5):
        failures.append("sections without a test are not found")
    if account(titles, {}, ("2", "3"), aside) != (["2.1", "2.2", "3"], [], 3):
        failures.append("chapters that do not bind us are accounted for")
    rows = [("2.2", "a", "- open: x"), ("3", "b", "- not ours"), ("2.1", "c", "- why"), ("2.1", "d", ["right"])]
    if account(titles, {}, ("2", "3"), {}, rows) != (["2.2"], [("3", "not ours")], 3) or counts_of(rows) != (1, 2, 1):
        failures.append("rules do not count for their sections")
    cells = [
        sections_cell(["1"], {"1": []}, ([], [], 1)),
        sections_cell([], {"-": []}, None),
        sections_cell([], {}, ([], [("1", "why")], 1)),
        sections_cell([], {}, (["1"], [], 1)),
    ]
    if cells != ["1", "as a whole", "left out", "none"]:
        failures.append(f"cells: {cells}")
    mistakes = list(wrong_accounts({1: titles}, {1: {"2.1": []}}, {2: ()}, {1: {"2.1": "no", "9": "no", "3": "why"}}))
    if len(mistakes) != 3:
        failures.append(f"wrong accounts: {mistakes}")
    rows = "2\tA\tright | nowhere\n3\tB\t- not ours\n9\tC\t- no section\n2\tD\t(8.1)\n2\tE"
    rules, mistakes = read_rules({1: rows}, [right, ("b.cpp", "wrong side (8.1)"), ("c.cpp", "right (8.1)")], {1: titles})
    expected = [("2", "A", ["right (8.1)"]), ("3", "B", "- not ours"), ("9", "C", "- no section"), ("2", "D", [])]
    if rules != {1: expected} or len(mistakes) != 4:
        failures.append(f"rules: {rules} {mistakes}")
    for each in failures:
        print(each)
    return 1 if failures else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test())
    if len(sys.argv) != 3 or sys.argv[2] not in ("--write", "--check"):
        sys.exit(__doc__)
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]))
