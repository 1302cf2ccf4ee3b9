#!/usr/bin/env python3
"""Runs the commands that the documentation shows and compares what they print; compares the lines of files that it shows.

Usage: docs_test.py PROVDLAB PAGE…

In a block fenced with ```console every line that begins with `$ ` is run with bash in an empty folder, all lines of a block
in one shell; the lines below it are what it must print on standard output and standard error. There `…` stands for any
text within a line, and a line of only `…` for any lines. A comment `# exits N` behind a command says which exit code it
has (0 unless said). A command that ends in ` &` is started and goes on until the block ends; what it prints is compared as
soon as as many lines have come as are shown. `./bazelw run //tools:provdlab -- ` is the given binary; a line with
`./bazelw test` is the test run that this is part of, and is not run again.

A block fenced with a language and a file of the tree (```python examples/their_provd/BUILD.bazel) shows lines of that file,
as they are there: `…` stands for any text within a line, and a line of only `…` for any lines.
"""
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time

DEADLINE = 300  # seconds a block


class Command:
    def __init__(self, line, number):
        text, _, comment = line.partition("  # exits ")
        self.text = text.strip()
        self.exit_code = int(comment) if comment else 0
        self.background = self.text.endswith(" &")
        self.number = number
        self.expected = []


def blocks(page):
    """The commands of each console block of a page."""
    inside, commands = False, []
    with open(page, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if not inside and line.strip() == "```console":
                inside, commands = True, []
            elif inside and line.strip() == "```":
                inside = False
                yield commands
            elif inside and line.startswith("$ "):
                commands.append(Command(line[2:], number))
            elif inside and commands:
                commands[-1].expected.append(line)
    if inside:
        raise SystemExit("%s: a console block is not closed" % page)


def excerpts(page):
    """The blocks of a page that show lines of a file: where the block is, the file, its lines."""
    with open(page, encoding="utf-8") as f:
        text = f.read()
    for block in re.finditer(r"^```\w+ (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield text.count("\n", 0, block.start()) + 1, block[1], block[2].splitlines()


def excerpt_error(page, number, path, lines):
    """What is wrong with an excerpt, or None."""
    try:
        with open(path, encoding="utf-8") as f:
            text = f.read()
    except OSError as error:
        return "%s:%d: shows lines of %s, which can't be read: %s" % (page, number, path, error.strerror)
    if not lines or not re.search("^" + expression(lines), text, re.MULTILINE):
        return "%s:%d: %s has no such lines:\n%s" % (page, number, path, "\n".join(lines))
    return None


def expression(lines):
    out = []
    for line in lines:
        if line.strip() == "…":
            out.append(r"(?:.*\n)*?")
        else:
            out.append(".*".join(re.escape(part) for part in line.split("…")) + r"\n")
    return "".join(out)


def pattern(lines):
    return re.compile(expression(lines) + r"\Z")


def runnable(text, provdlab):
    if "./bazelw test" in text:
        return None
    return text.replace("./bazelw run //tools:provdlab -- ", shlex.quote(provdlab) + " ")


def run_block(page, commands, provdlab, folder):
    errors, running = [], []
    environment = dict(os.environ, HOME=folder, NO_COLOR="1")
    environment["PATH"] = os.path.dirname(provdlab) + ":" + environment.get("PATH", "/usr/bin:/bin")
    for name in ["BUILD_WORKING_DIRECTORY", "BUILD_WORKSPACE_DIRECTORY"]:
        environment.pop(name, None)
    until = time.monotonic() + DEADLINE
    try:
        for command in commands:
            text = runnable(command.text, provdlab)
            if text is None:
                continue
            output = os.path.join(folder, ".output")
            if command.background:
                with open(output, "w") as sink:
                    process = subprocess.Popen(["bash", "-c", "exec " + text[:-2]], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                               stdout=sink, stderr=subprocess.STDOUT)
                running.append(process)
                # Its lines tell that it is ready; the file grows, and is read until they are there.
                while time.monotonic() < until:
                    with open(output, encoding="utf-8", errors="replace") as f:
                        seen = f.read()
                    if pattern(command.expected).search(seen) or process.poll() is not None:
                        break
                    time.sleep(0.02)
                os.rename(output, output + str(len(running)))
                code = command.exit_code
            else:
                try:
                    done = subprocess.run(["bash", "-c", text], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=max(1, until - time.monotonic()))
                    seen, code = done.stdout.decode("utf-8", "replace"), done.returncode
                except subprocess.TimeoutExpired as stuck:
                    seen, code = (stuck.stdout or b"").decode("utf-8", "replace"), "none: it did not end"
            if code != command.exit_code:
                errors.append("%s:%d: `%s` exited %s instead of %d:\n%s" % (page, command.number, command.text, code, command.exit_code, seen))
            elif command.expected and not pattern(command.expected).match(seen):
                errors.append("%s:%d: `%s` printed\n%s\ninstead of\n%s" % (page, command.number, command.text, seen, "\n".join(command.expected)))
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                errors.append("%s: a command in the background did not end when told to" % page)
    return errors


def main():
    provdlab = os.path.abspath(sys.argv[1])
    errors, count, shown = [], 0, 0
    for page in sys.argv[2:]:
        for excerpt in excerpts(page):
            shown += 1
            error = excerpt_error(page, *excerpt)
            if error:
                errors.append(error)
        for commands in blocks(page):
            with tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")) as folder:
                count += len(commands)
                errors += run_block(page, commands, provdlab, folder)
    for error in errors:
        print(error)
    print("%d commands and %d excerpts shown, %d wrong" % (count, shown, len(errors)))
    sys.exit(1 if errors or count + shown == 0 else 0)


if __name__ == "__main__":
    main()
