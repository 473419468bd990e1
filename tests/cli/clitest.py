"""What the tests of chaperone(1) share: running it, and running the cases.

A case is a function case_*(directory); its first line of text says what must
hold.  Each runs in a directory of its own and asks no daemon.
"""
import os
import pathlib
import pty
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHAPERONE = str(pathlib.Path(sys.argv[1]).resolve())
# sysexits.h
USAGE, DATAERR, NOINPUT, CONFIG = 64, 65, 66, 78


def run(*args, stdin="", cwd=None):
    env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    return subprocess.run([CHAPERONE, *map(str, args)], input=stdin, env=env,
                          capture_output=True, text=True, timeout=60,
                          cwd=cwd)


def expect(condition, *what):
    if not condition:
        raise AssertionError(" ".join(map(str, what)))


def expect_exit(done, code):
    expect(done.returncode == code, "exit", done.returncode, "not", code,
           done.stdout[-300:], done.stderr[-300:])


def write(directory, name, text):
    path = pathlib.Path(directory) / name
    path.write_text(text)
    return path


def on_terminal(*args):
    """Output of the program when a terminal reads it."""
    leader, follower = pty.openpty()
    env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    child = subprocess.Popen([CHAPERONE, *map(str, args)], stdout=follower,
                             stderr=follower, stdin=subprocess.DEVNULL,
                             env=env)
    os.close(follower)
    output = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        output += piece
    os.close(leader)
    child.wait(timeout=60)
    return output


def main(name, names):
    """Runs the cases among names; ends with "NAME: N passed, N failed"."""
    passed = failed = 0
    for case_name, case in list(names.items()):
        if not case_name.startswith("case_"):
            continue
        with tempfile.TemporaryDirectory() as directory:
            try:
                case(directory)
                passed += 1
            except (AssertionError, ValueError, LookupError,
                    subprocess.TimeoutExpired) as wrong:
                failed += 1
                print(f"{case_name}: {case.__doc__}: {wrong!r}")
    print(f"{name}: {passed} passed, {failed} failed")
    sys.exit(failed > 0)
