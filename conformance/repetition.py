"""Runs the suite again and again through a bad network, and looks for a false alarm: a verdict that is not that of a sound network.

    ./bazelw build //tools:provdlab
    python3 conformance/repetition.py --provdlab bazel-bin/tools/provdlab --runs 200

Each run has a seed of its own, from --seed on, and a line of the table; a run that alarms keeps its report in the folder of that
seed, and is repeated with what the line says. Hours long, for people and for a night: no test does this.

Exit codes: 0 no false alarm, 1 some, 2 usage.
"""

import argparse
import concurrent.futures
import json
import pathlib
import shutil
import subprocess
import sys
import time

KINDS = ["resets", "half-closed", "sliced", "storm"]  # in turn, unless one is named


def words_of(options, seed, kind, folder):
    words = [str(options.provdlab), "conform", "--report", str(folder), "--seed", str(seed)]
    words += ["--weather", kind, "--weather-rate", options.rate, "--no-color"]
    if options.dialect:
        words += ["--dialect", options.dialect]
    for glob in options.filter:
        words += ["--filter", glob]
    return words


def one_run(options, seed, kind, folder):
    """What went wrong (empty: nothing), and what the run says of itself."""
    shutil.rmtree(folder, ignore_errors=True)  # of an earlier repetition
    words = words_of(options, seed, kind, folder)
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=options.patience)
    except subprocess.TimeoutExpired:
        return [f"no end within {options.patience} s"], "", words
    report = folder / "report.json"
    if not report.exists():
        return [f"exit code {done.returncode} without a report: {done.stderr.strip()[-300:]}"], "", words
    record = json.loads(report.read_text())
    sound = {"pass", "not-applicable"}
    wrong = [f"{r['slug']} {r['verdict']}" for r in record["requirements"] if r["verdict"] not in sound]
    if done.returncode != 0 and not wrong:
        wrong.append(f"exit code {done.returncode}")
    anew = sum(1 for s in record["scenarios"] if s["attempts"] > 1)
    struck = next((note for note in record["notes"] if note.startswith("weather: ")), "weather: none")
    return wrong, f"{anew} scenarios anew, {struck.split(' met ')[0][len('weather: '):]}", words


def repeat(options, seed):
    """One run and what is said of it, at once; whether it is a false alarm."""
    kind = options.kind or KINDS[seed % len(KINDS)]
    folder = options.folder / str(seed)
    begun = time.monotonic()
    wrong, told, words = one_run(options, seed, kind, folder)
    lines = [f"seed {seed}  {kind:12}{time.monotonic() - begun:7.1f} s  {'ALARM' if wrong else 'sound'}  {told}"]
    if wrong:
        lines += [f"    {line}" for line in wrong[:20]] + [f"    {' '.join(words)}"]
    else:
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
    return bool(wrong)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--provdlab", type=pathlib.Path, required=True, help="the program")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side, each with a server of its own")
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    parser.add_argument("--kind", default="", help="of weather; resets, half-closed, sliced and storm in turn unless said")
    parser.add_argument("--rate", default="1/50", help="how many connections meet it")
    parser.add_argument("--dialect", default="", help="of the reference server")
    parser.add_argument("--filter", action="append", default=[], help="as provdlab conform has it")
    parser.add_argument("--patience", type=int, default=900, help="seconds for one run")
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("repetition"), help="for the reports of runs that alarm")
    options = parser.parse_args()
    if min(options.runs, options.jobs, options.seed) < 1:
        parser.error("--runs, --jobs and --seed must be 1 or more")
    if not options.provdlab.exists():
        parser.error(f"{options.provdlab} is not there")
    options.provdlab = options.provdlab.absolute()

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        alarms = sum(pool.map(lambda seed: repeat(options, seed), range(options.seed, options.seed + options.runs)))
    print(f"{options.runs} runs, {alarms} false {'alarm' if alarms == 1 else 'alarms'}")
    return 1 if alarms else 0


if __name__ == "__main__":
    sys.exit(main())
