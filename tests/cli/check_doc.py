"""docs/writing-rules.md does what it says.

Its fenced blocks run in order in one empty directory.  "sh" is a script that
must succeed; "console" has commands behind "$ " and what they print, where a
line "..." stands for any lines.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHAPERONE = pathlib.Path(sys.argv[1]).resolve()
INSTALLED = "/usr/share/chaperone/rules"
FENCE = re.compile(r"^```(sh|console)\n(.*?)^```$", re.M | re.S)


def run(script, directory, environment):
    return subprocess.run(["sh", "-e", "-c", script], cwd=directory,
                          env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)


def pattern_of(shown):
    """Lines that must be printed; "..." for any number of them."""
    return "".join(r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n"
                   for line in shown.splitlines())


def steps(text):
    """(script, what it must print or None) in the order of the page."""
    for kind, block in FENCE.findall(text):
        block = block.replace(INSTALLED, str(ROOT / "rules"))
        if kind == "sh":
            yield block, None
            continue
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, shown = part.partition("\n")
            yield command, shown


def main():
    passed = failed = 0
    page = (ROOT / "docs/writing-rules.md").read_text()
    with tempfile.TemporaryDirectory() as directory:
        programs = pathlib.Path(directory) / "bin"
        work = pathlib.Path(directory) / "work"
        programs.mkdir()
        work.mkdir()
        (programs / "chaperone").symlink_to(CHAPERONE)
        environment = {**os.environ, "LC_ALL": "C.UTF-8",
                       "PATH": f"{programs}:{os.environ['PATH']}"}
        for script, shown in steps(page):
            done = run(script, work, environment)
            good = done.returncode == 0 and (
                shown is None or re.fullmatch(pattern_of(shown), done.stdout))
            passed += bool(good)
            failed += not good
            if not good:
                print(f"exit {done.returncode}: {script}\n{done.stdout}")
    if passed < 12:
        print(f"only {passed} steps of the page ran well")
        failed += 1
    print(f"doc: {passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
