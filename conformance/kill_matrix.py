#!/usr/bin/env python3
"""Switches on every fault of the reference server, one at a time, and looks which requirements the whole suite fails.

Usage: kill_matrix.py PROVDLAB [--filter GLOB]... [--part I/N] [--jobs N] [--json FILE] [--reports DIR]

A fault is *exact* if the requirement that it breaks fails (a SHOULD warns) and nothing else does but what the ledger says
it implies; other requirements may be blocked, if the block is explained. Each run takes the suite's fast tier, and the timed
one where only that looks at what the fault breaks, with one scenario at a time so that none disturbs another: about ten
seconds, part of it waiting, so that --jobs runs several faults side by side, each against a server of its own. Prints a
line for every fault that is not exact, then the counts.
Exit code 0 if every fault is exact, 1 if not, 2 usage.
"""
import argparse
import concurrent.futures
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tempfile

DEADLINE = 300  # seconds a run


def ask(*command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def ask_fault(provdlab, fault, ledger, reports):
    """What is wrong with this fault, in words; empty if it is exact."""
    with tempfile.TemporaryDirectory() as folder:
        timed = ledger.get(fault["breaks"], {}).get("timed", False)
        # What only one dialect has is broken where that one is spoken.
        dialects = ledger.get(fault["breaks"], {}).get("dialects") or ["xivo"]
        dialect = "xivo" if "xivo" in dialects else dialects[0]
        wrong = judge(fault, run(provdlab, fault["name"], folder, timed, dialect), ledger)
        if wrong and reports:
            shutil.copytree(folder, os.path.join(reports, fault["name"]), dirs_exist_ok=True)
        return wrong


def run(provdlab, fault, folder, timed, dialect):
    """The verdict of each requirement with the fault on, or None if the run did not end.

    `dialect`: the one that is spoken. `timed`: with the scenarios that wait by design, as nothing else looks at what the fault breaks.
    """
    server = ("%s serve --rest-port {rest_port} --http-port {http_port} --tftp-port {tftp_port} --sip-notify-port {sip_port} "
              "--state-dir {state_dir} --trusted-proxies {trusted_proxies}" % provdlab)
    if dialect == "wazo":
        server += " --dialect wazo --tokens {tokens}"
    faulty = "%s --fault %s" % (server, fault)
    # What an upgrade loses is the next version's doing.
    launch = ["--launch", server, "--then-launch", faulty] if fault.startswith("upgrade.") else ["--launch", faulty, "--then-launch", faulty]
    command = [provdlab, "conform", *launch, "--dialect", dialect,
               "--jobs", "1", "--json", "--report", folder] + (["--timed"] if timed else [])
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=DEADLINE)
        return json.loads(done.stdout)["requirements"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return None


def judge(fault, requirements, ledger):
    """What is wrong with this fault, in words; empty if it is exact."""
    if requirements is None:
        return ["the run did not end with a report"]
    allowed, todo = set(), [fault["breaks"]]
    while todo:
        slug = todo.pop()
        if slug not in allowed:
            allowed.add(slug)
            todo += ledger.get(slug, {}).get("implies", [])
    found = []
    for requirement in requirements:
        slug, verdict = requirement["slug"], requirement["verdict"]
        if slug == fault["breaks"]:
            may = ledger[slug]["level"] == "may"  # a MAY is recorded, never blamed
            if verdict not in (("not-applicable",) if may else ("fail", "warn", "unanswered")):
                found.append("%s itself is %s" % (slug, verdict))
        elif verdict in ("fail", "warn", "unanswered", "harness-error") and slug not in allowed:
            found.append("%s is %s too" % (slug, verdict))
        elif verdict == "blocked" and requirement.get("unexplained") and slug not in allowed:
            found.append("%s is blocked without an explanation" % slug)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("provdlab")
    parser.add_argument("--filter", action="append", help="faults by name; may be repeated")
    parser.add_argument("--part", default="1/1", help="I/N: every N-th fault, from the I-th")
    parser.add_argument("--jobs", type=int, default=1, help="faults at a time")
    parser.add_argument("--reports", help="keep the reports of those that are not exact in this folder")
    parser.add_argument("--json", help="write the findings here as well")
    args = parser.parse_args()
    part, parts = (int(number) for number in args.part.split("/"))

    ledger = {entry["slug"]: entry for entry in ask(args.provdlab, "conform", "--list", "--json")}
    # A fault of a requirement that has no entry yet would have nothing to fail.
    faults = [fault for fault in ask(args.provdlab, "serve", "--list-faults", "--json")
              if fault["breaks"] in ledger and any(fnmatch.fnmatch(fault["name"], glob) for glob in args.filter or ["*"])]
    faults = faults[part - 1::parts]
    if not faults:
        print("kill_matrix: no fault has this name", file=sys.stderr)
        return 2

    findings, musts, exact_musts = {}, set(), set()
    pool = concurrent.futures.ThreadPoolExecutor(max_workers=max(1, args.jobs))
    verdicts = pool.map(lambda fault: ask_fault(args.provdlab, fault, ledger, args.reports), faults)
    for number, (fault, wrong) in enumerate(zip(faults, verdicts), 1):
        if ledger.get(fault["breaks"], {}).get("level") == "must":
            musts.add(fault["breaks"])
            if not wrong:
                exact_musts.add(fault["breaks"])
        if wrong:
            findings[fault["name"]] = wrong
            print("%s: %s" % (fault["name"], "; ".join(wrong)), flush=True)
        if sys.stderr.isatty():
            print("\r%d of %d" % (number, len(faults)), end="", file=sys.stderr)
    if args.json:
        with open(args.json, "w") as out:
            json.dump(findings, out, indent=1)
    print("%d faults, %d exact; of %d MUSTs %d have an exact fault" % (len(faults), len(faults) - len(findings), len(musts), len(exact_musts)))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
