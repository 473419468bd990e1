"""One post through a private Postfix, once for each milter: what people wait for.

One Postfix with a listener for each milter, so that all share queue and disk;
what it accepts it discards.  Needs root, as Postfix does.
"""
import glob
import os
import statistics
import subprocess
import sys
import time

from targets import SOURCE, chaperone, floor, free_port, progress

sys.path.insert(0, os.path.join(SOURCE, "tests/e2e"))
from postfix import Postfix  # noqa: E402

SESSIONS = (1, 8)
MESSAGES = 400
TO = "kavo123pelu@post.wordpress.com"
LISTENER = ("127.0.0.1:{port} inet n - n - - smtpd\n"
            "  -o smtpd_milters={milter}\n  -o syslog_name=postfix/bench\n")


def site(root, targets):
    """A Postfix with a port for each name; no milter for "none"."""
    postfix = Postfix(root, free_port(), "")
    ports = {}
    with open(os.path.join(postfix.etc, "master.cf"), "a") as f:
        f.write("discard  unix - - n - - discard\n")
        for name, milter in [("none", "")] + [(t.name, t.for_postfix) for t in targets]:
            ports[name] = free_port()
            f.write(LISTENER.format(port=ports[name], milter=milter))
    with open(os.path.join(postfix.etc, "main.cf"), "a") as f:
        f.write("default_transport = discard\nrelayhost =\nnon_smtpd_milters =\n")
    return postfix, ports


def wait_until_empty(postfix):
    """Deliveries of one run must not slow the next."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if not any(glob.glob(f"{postfix.spool}/{queue}/**/*", recursive=True)
                   for queue in ("incoming", "active", "maildrop")):
            return
        time.sleep(0.05)


def send(postfix, port, sessions):
    """Messages a second that smtp-source got rid of."""
    start = time.monotonic()
    done = postfix.command("smtp-source", "-s", str(sessions), "-m", str(MESSAGES), "-l", "1069",
                           "-f", "anna@practice.example", "-t", TO, f"127.0.0.1:{port}",
                           capture_output=True)
    seconds = time.monotonic() - start
    if done.returncode != 0:
        raise SystemExit(f"bench: smtp-source: {done.stderr.decode()}")
    wait_until_empty(postfix)
    return MESSAGES / seconds


def compare(postfix, ports, sessions, rounds):
    rates = {name: [] for name in ports}
    for number in range(rounds + 1):  # the first is not kept
        for name, port in ports.items():
            rate = send(postfix, port, sessions)
            if number > 0:
                rates[name].append(rate)
    return rates


def ratio(rates, name, other):
    return statistics.median(a / b for a, b in zip(rates[name], rates[other]))


def measure(bench, rounds):
    """Rows of a table, and (sessions, share of the unix socket's rate on TCP)."""
    targets = [floor("do-nothing, unix", bench.directory(), bench.build),
               floor("parse-only, unix", bench.directory(), bench.build, "parse"),
               floor("parse-only, TCP", bench.directory(), bench.build, "parse", inet=True),
               chaperone("chaperone, unix", bench.directory(), bench.build, bench.cache),
               chaperone("chaperone, TCP", bench.directory(), bench.build, bench.cache, inet=True)]
    rows, shares = [["milter", "sessions", "messages/s", "to none"]], []
    postfix, ports = site(bench.directory(), targets)
    try:
        for target in targets:
            target.start()
        postfix.start()
        for sessions in SESSIONS:
            progress(f"postfix: {sessions} sessions")
            rates = compare(postfix, ports, sessions, rounds)
            rows += [[name, sessions, f"{statistics.median(r):,.0f}",
                      f"{ratio(rates, name, 'none'):.2f}"] for name, r in rates.items()]
            shares.append((sessions, ratio(rates, "chaperone, TCP", "chaperone, unix")))
    finally:
        postfix.stop()
        for target in targets:
            target.stop()
    return rows, shares
