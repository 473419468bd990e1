#!/usr/bin/env python3
"""One daemon under load for long: does it race, does it grow?

soak_load.py BUILD_DIR --seconds N    16 connections, reloads (SIGUSR1 and the
    control socket), decisions by the command line, reads of the metrics; made
    for a build with SAN=thread, whose reports fail the run.
soak_load.py BUILD_DIR --messages N   mixed verdicts; resident memory after
    2,000 messages and after every 10,000; fails when it grew by more than
    2 MiB from 2,000 on.

The load is build/milterload's, each reply checked.  Ends by itself.
"""
import argparse
import glob
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../bench"))
import mails  # noqa: E402
from miltertalk import Relay  # noqa: E402
from testsite import SOURCE, Site  # noqa: E402

CONNECTIONS = 16
GROWTH_KIB = 2048
PATIENCE = 600  # a reload under a sanitizer takes minutes
# Of each verdict one word of tests/e2e/rules; most posts are clean.
VERDICTS = ["accept"] * 12 + ["out"] * 2 + ["tag", "quarantine", "quarantine", "reject"]
WORDS = {"tag": "zibbletag", "quarantine": "zibblehold", "reject": "zibblereject"}


def write_mail(directory, count=400):
    chance = random.Random(20261122)
    for number in range(count):
        verdict = VERDICTS[number % len(VERDICTS)]
        to = (f"friend{number}@example.net" if verdict == "out"
              else mails.GATEWAYS[number % len(mails.GATEWAYS)])
        body = mails.post(chance, chance.randint(1000, 4000), WORDS.get(verdict))
        if verdict == "accept" and number % 12 == 0:
            body = mails.with_picture(chance, chance.randint(20_000, 200_000))
        mails.write(directory, number, verdict, to, chance, body)


class Crowd:
    """Those who disturb the daemon while it judges: one thread each."""

    def __init__(self, site):
        self.site, self.counts, self.errors = site, {}, []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._repeat, args=pair) for pair in (
            (self._reload_by_signal, 3), (self._reload_by_socket, 5), (self._decide, 0.3),
            (self._look, 0.5))]
        for thread in self.threads:
            thread.start()

    def _repeat(self, action, pause):
        name = action.__name__.strip("_").replace("_", " ")
        while not self.stopping.wait(pause):
            try:
                action()
                self.counts[name] = self.counts.get(name, 0) + 1
            except Exception as error:  # noqa: BLE001 - told at the end
                self.errors.append(f"{name}: {error!r}")

    def _reload_by_signal(self):
        self.site.milter.send_signal(signal.SIGUSR1)

    def _reload_by_socket(self):
        answer = self.site.control("reload", PATIENCE)
        assert answer[-1] == "ok", answer

    def _decide(self):
        """Oldest first; release, release, refuse."""
        held = self.site.items("held")
        for number, item in enumerate(held[:3]):
            verb = "refuse" if number == 2 else "release"
            code = self.site.chaperone("quarantine", verb, item["id"], "--note", "soak").returncode
            assert code == 0, f"{verb} ended with {code}"

    def _look(self):
        assert self.site.control("status", PATIENCE)[-1] == "ok"
        with open(os.path.join(self.site.root, "var/metrics.prom")) as f:
            assert "chaperone_build_info" in f.read()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(PATIENCE)


class Load:
    def __init__(self, site, program):
        self.site, self.program = site, program
        self.mail = os.path.join(site.root, "mail")
        self.sent, self.replies, self.wrong = 0, {}, []
        write_mail(self.mail)

    def send(self, messages, per_connection=25):
        done = subprocess.run(
            [self.program, "--socket", self.site.socket, "--mail", self.mail, "--messages",
             str(messages), "--connections", str(CONNECTIONS), "--per-connection",
             str(per_connection), "--timeout", "120", "--check"],
            capture_output=True, text=True)
        result = json.loads(done.stdout)
        self.sent += result["answered"]
        for name, n in result["replies"].items():
            self.replies[name] = self.replies.get(name, 0) + n
        if done.returncode != 0:
            self.wrong.append({k: result.get(k) for k in ("errors", "wrong", "first_error",
                                                          "first_wrong")})
        return result


def run_seconds(site, load, seconds):
    crowd = Crowd(site)
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end and site.milter.poll() is None:
            load.send(400)
    finally:
        crowd.stop()
    print(f"load: {crowd.counts}", flush=True)
    return crowd.errors


def resting(site, seconds=5):
    """Resident memory between two rounds of housekeeping, which sends notices
    and writes metrics on its own time: the least of some readings."""
    readings = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.5)
        readings.append(site.rss_kib())
    return min(readings)


def run_messages(site, load, messages):
    """Resident memory at 2,000 and every 10,000."""
    sizes = {}
    while load.sent < messages and not load.wrong:
        load.send(2000 if load.sent == 0 else 8000 if load.sent == 2000 else 10000)
        sizes[load.sent] = resting(site)
        print(f"load: {load.sent} messages, {sizes[load.sent]} KiB resident", flush=True)
    grown = max(sizes.values()) - sizes.get(2000, 0)
    print(f"load: at most {grown} KiB more than after 2,000", flush=True)
    return [f"grew by {grown} KiB"] if grown > GROWTH_KIB else []


def reports(site):
    """What a sanitizer wrote."""
    found = []
    for path in glob.glob(os.path.join(site.root, "var/sanitizer.*")):
        with open(path, errors="replace") as f:
            found.append(f.read())
    return found


def run(site, load, options):
    # Slices go from thread to thread by a way that no sanitizer sees.
    site.environment = {"G_SLICE": "always-malloc", "TSAN_OPTIONS": f"suppressions={SOURCE}/tests/tsan.supp:"
                        f"log_path={site.root}/var/sanitizer:exitcode=66:second_deadlock_stack=1"}
    os.environ.setdefault("TSAN_OPTIONS", f"suppressions={SOURCE}/tests/tsan.supp")
    site.start_milter()
    wrong = (run_messages(site, load, options.messages) if options.messages
             else run_seconds(site, load, options.seconds))
    code = site.stop_milter()
    found = reports(site)
    for report in found[:2]:
        print(report[:6000])
    wrong += [f"load: {w}" for w in load.wrong]
    wrong += [f"the daemon ended with {code}"] if code != 0 else []
    wrong += [f"{sum(r.count('WARNING:') for r in found)} reports of the sanitizer"] if found else []
    for text in wrong[:10]:
        print(f"load: WRONG {text}")
    print(f"load: {load.sent} messages {load.replies}, exit code {code}, "
          f"{len(found)} sanitizer reports, {len(wrong)} wrong", flush=True)
    return not wrong


def main():
    parser = argparse.ArgumentParser(prog="soak_load.py")
    parser.add_argument("build")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--messages", type=int, default=0)
    options = parser.parse_args()
    root = tempfile.mkdtemp(prefix="chaperone-load-")
    os.chmod(root, 0o755)
    site = Site(os.path.join(root, "site"), os.path.abspath(options.build))
    relay = Relay(site.socket_path)
    # Pictures may wait for a reader: the machine is meant to be too busy.  The
    # reader is a program of its own, and under ThreadSanitizer its cage is too
    # narrow for it.
    reader = os.path.join(SOURCE, "build/chaperone-extract")
    if not os.path.exists(reader):
        sys.exit(f"{reader} is missing: every picture would be held; make e2e-build")
    site.extra = f"extract: {{ocr: false, timeout: 60s, program: {reader}}}\n"
    site.options.update(release=relay.address, notices=relay.address)
    try:
        load = Load(site, os.path.join(SOURCE, "build/milterload"))
        return 0 if run(site, load, options) else 1
    finally:
        relay.close()
        site.stop()
        if os.environ.get("CH_E2E_KEEP"):
            print(f"kept {root}")
        else:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
