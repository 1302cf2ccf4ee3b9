#!/usr/bin/env python3
"""Says where each case of the field with phones is covered, and refuses one that is covered nowhere.

Usage: field_cases.py CASES LEDGER… [--page PAGE [--write]]

CASES is cases.json: a list of {"case", "about", "requirements", "elsewhere"}. What covers a case are the requirements of the ledgers whose
`source` names it (`phones §9: A1, A2`, `field-bugs: FB-023`), those that the case names itself, and what it says of elsewhere. Prints the
page; with --page only says whether that file is just so, and with --write makes it so.
Exit code 0 if every case is covered and the page is right, 1 if not, 2 usage.
"""
import argparse
import json
import re
import sys

HEADING = """# Cases of the field

What phones did to provds, or provds to phones, and where it is tried. `A` are cases of Aastra and Mitel phones, `P` of Polycom's, `S` of any; `FB` are field bugs that phones see. The requirements are those whose
source in the [ledger](requirements.md) names the case. This page is made by `conformance/field_cases/field_cases.py` from the ledger and `cases.json`; `//conformance/field_cases:page_test` holds it to them.

| case | about | requirements | elsewhere |
|---|---|---|---|
"""


def named_cases(source):
    found = []
    for part in source.split(";"):
        listed = re.match(r"\s*phones §9: (.*)", part)
        if listed:
            found += [name.strip() for name in listed.group(1).split(",")]
        found += re.findall(r"FB-\d{3}", part)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases")
    parser.add_argument("ledgers", nargs="+")
    parser.add_argument("--page")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()

    with open(args.cases, encoding="utf-8") as f:
        cases = json.load(f)
    slugs, by_case, wrong = set(), {}, []
    for name in args.ledgers:
        with open(name, encoding="utf-8") as f:
            for entry in json.load(f):
                slugs.add(entry["slug"])
                for case in dict.fromkeys(named_cases(entry["source"])):
                    by_case.setdefault(case, []).append(entry["slug"])

    known = [case["case"] for case in cases]
    wrong += ["%s is there twice" % name for name in sorted({name for name in known if known.count(name) > 1})]
    wrong += ["the ledger names %s, which is no case: %s" % (name, ", ".join(by_case[name]))
              for name in sorted(by_case) if name not in known and not name.startswith("FB-")]
    page = HEADING
    for case in cases:
        own = case.get("requirements", [])
        wrong += ["%s names %s, which is not in the ledger" % (case["case"], slug) for slug in own if slug not in slugs]
        covering = sorted(set(by_case.get(case["case"], []) + own))
        if not covering and not case.get("elsewhere"):
            wrong.append("%s is covered nowhere" % case["case"])
        page += "| %s | %s | %s | %s |\n" % (case["case"], case["about"], ", ".join("`%s`" % slug for slug in covering), case.get("elsewhere", ""))

    if args.page and args.write:
        with open(args.page, "w", encoding="utf-8") as f:
            f.write(page)
    elif args.page:
        with open(args.page, encoding="utf-8") as f:
            if f.read() != page:
                wrong.append("%s is out of date: run this with --write" % args.page)
    else:
        print(page, end="")
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
