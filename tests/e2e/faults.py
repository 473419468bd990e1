"""Every system call of the store and around it fails once, one at a time.

A daemon with tests/fault/faulty.so before it, spoken to as an MTA does.  For
each event (a start, a post of each verdict, a release, a decision at the
command line, a reload, a stop) call 1, then call 2, and so on fails with EIO
and with ENOSPC, until the event makes no more calls.  While something fails
the answer must be the right one or a tempfail; when nothing fails any more
the retry must be answered rightly, nothing held may be lost or doubled, and
the daemon must not have ended.

Large memory is failed in the same way.  What our code asks for with g_try_*
is answered like a full disk.  What libraries ask for ends the process: GLib
has no way to say no, and an MTA then defers the message; the daemon is
started again, as systemd does.
"""
import collections
import contextlib
import errno
import mmap
import os
import re
import signal
import sqlite3
import struct
import subprocess
import time

from miltertalk import Gone, Milter, Relay
from testsite import COMPLIANCE, LOGIN, NO_OCR, Ended, environment, post, wait

FILES, READS, TRY_MEMORY, ALL_MEMORY = 1, 2, 4, 8
BLOG = "kavo123pelu@post.wordpress.com"
OTHER = "maple.secret77@blogger.com"  # where zibblehold only tags
PERSON = "pat.reed@example.com"
OVERRIDE = ("overrides: [{rule: e2e/hold, gateway: blogger, action: tag, until: 2099-12-31, "
            "reason: test}]\n")
LARGE = 300 * 1000  # bytes of a large post
BOUND = 100 * 1000  # bytes from which memory counts


class Fault:
    """The file that faulty.so maps (struct control there)."""

    LAYOUT = struct.Struct("6I104s")

    def __init__(self, path):
        self.path = path
        with open(path, "wb") as f:
            f.write(bytes(self.LAYOUT.size))
        os.chmod(path, 0o666)
        with open(path, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), self.LAYOUT.size)

    def arm(self, number, error, classes):
        self.map[:] = self.LAYOUT.pack(0, error, 0, BOUND, 0, 0, b"")
        self.map[:] = self.LAYOUT.pack(number, error, classes, BOUND, 0, 0, b"")

    def fired(self):
        return self.LAYOUT.unpack(self.map[:])[5] == 1

    def disarm(self):
        """What failed, or None."""
        fields = self.LAYOUT.unpack(self.map[:])
        self.map[:] = self.LAYOUT.pack(0, 0, 0, BOUND, 0, 0, b"")
        return fields[6].rstrip(b"\0").decode("utf-8", "replace") if fields[5] else None


class Wrong(Exception):
    pass


def expect(true, text):
    if not true:
        raise Wrong(text)


class Bench:
    """The daemon, its outbox's server, and what is known of both."""

    def __init__(self, site, library):
        # The loader passes over a library that is not there.
        if not os.path.exists(library):
            raise SystemExit(f"no {library}: make e2e-build")
        self.site = site
        self.fault = Fault(os.path.join(site.root, "fault"))
        self.cli_fault = Fault(os.path.join(site.root, "fault-cli"))
        self.library = library
        self.relay = Relay(site.socket_path)
        site.extra = OVERRIDE + NO_OCR
        site.options.update(release=self.relay.address, notices=self.relay.address)
        site.environment = self.preload(self.fault)
        self.number, self.held, self.ended = 0, {}, 0

    def preload(self, fault):
        # A sanitizer wants to come first, but bears not to.
        options = os.environ.get("ASAN_OPTIONS", "detect_leaks=0") + ":verify_asan_link_order=0"
        return {"LD_PRELOAD": self.library, "CH_FAULT_CONTROL": fault.path,
                "CH_FAULT_UNDER": self.site.root, "ASAN_OPTIONS": options}

    def close(self):
        self.relay.close()

    # --- posts --------------------------------------------------------------

    def text(self, word, large=False):
        self.number += 1
        more = "\nAll of us like the park. " * (LARGE // 26) if large else ""
        return f"fault-{self.number} {word}{more}"

    def send(self, recipients, text):
        """The answer; "gone" if the daemon closed the connection."""
        mail = post(recipients, text)
        try:
            with Milter(self.site.socket_path) as milter:
                answer = milter.send(LOGIN, recipients, mail, LOGIN)
                return answer.verdict(), answer, mail
        except Gone:
            return "gone", None, mail

    # --- the store ----------------------------------------------------------

    def sql(self, statement, write=False):
        path = os.path.join(self.site.root, "var/chaperone.db")
        with contextlib.closing(sqlite3.connect(path, timeout=10)) as db:
            rows = db.execute(statement).fetchall()
            if write:
                db.commit()
            return rows

    def states(self):
        return collections.Counter(dict(self.sql(
            "SELECT state, count(*) FROM item GROUP BY state")))

    def grown(self, before):
        now = self.states()
        return {s: now[s] - before[s] for s in set(now) | set(before) if now[s] != before[s]}

    def last_item(self, state="held"):
        return self.sql(f"SELECT id FROM item WHERE state = '{state}'"
                        " ORDER BY time_us DESC, id DESC LIMIT 1")[0][0]

    def metrics_time(self):
        try:
            return os.path.getmtime(os.path.join(self.site.root, "var/metrics.prom"))
        except OSError:
            return 0

    def outbox(self):
        return self.sql("SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM delivery"
                        " WHERE state IN ('waiting', 'sending'))")[0][0]

    def drain(self, fault=None):
        """Until the outbox is empty, or the fault has come."""
        end = time.monotonic() + (3 if fault else 20)
        while self.outbox() > 0 and time.monotonic() < end:
            if fault is not None and fault.fired():
                time.sleep(0.02)
                return
            if fault is None:
                self.sql("UPDATE delivery SET due_us = 0 WHERE state = 'waiting'", True)
                self.sql("UPDATE outbox SET due_us = 0", True)
                self.site.control("send")
            time.sleep(0.01)

    # --- the daemon ---------------------------------------------------------

    def revive(self):
        """Starts the daemon if it has ended; whether it had."""
        if self.site.milter is not None:
            if self.site.milter.poll() is None:
                return False
            self.ended += 1
        self.site.milter = None
        try:
            self.site.start_milter()
        except Ended as ended:
            said = self.site.log_text().decode().splitlines()[-1]
            self.empty()
            raise Wrong(f"{ended} when nothing fails any more: {said}") from ended
        return True

    def empty(self):
        """No store, no key: the next start makes them."""
        self.held.clear()
        var = os.path.join(self.site.root, "var")
        for name in os.listdir(var):
            os.unlink(os.path.join(var, name))


# --- events ----------------------------------------------------------------------


class Message:
    """A post, first while a call fails, then again."""

    def __init__(self, verdict, word, recipients, grows, large=False):
        self.name = f"{verdict} {'large ' if large else ''}({', '.join(grows) or 'nothing kept'})"
        self.verdict, self.word, self.recipients = verdict, word, recipients
        self.grows, self.large, self.may_end = grows, large, False

    def prepare(self, bench):
        self.text, self.before = bench.text(self.word, self.large), bench.states()

    def act(self, bench):
        self.first = bench.send(self.recipients, self.text)
        bench.drain(bench.fault)

    def check(self, bench):
        kind, _, _ = self.first
        if kind == "gone" and self.may_end:
            bench.site.milter.wait(20)
        ended = bench.revive()
        expect(self.may_end or not ended, "the daemon ended")
        expect(kind in (self.verdict, "tempfail", "gone"), f"answered {kind}")
        expect(self.may_end or kind != "gone", "the connection was closed")
        kind, answer, mail = bench.send(self.recipients, self.text)
        expect(kind == self.verdict, f"the retry was answered {kind}")
        if kind == "split":
            expect(answer.deleted == [BLOG], f"deleted {len(answer.deleted)} recipients")
        bench.drain()
        grown = bench.grown(self.before)
        expect(grown == self.grows, f"the store has {grown}")
        if "held" in grown:
            bench.held[bench.last_item()] = (self.first[2], mail)


class Release:
    """A held post is released; calls of the daemon fail on the way."""

    name = "release"

    def __init__(self, large=False):
        self.large, self.may_end = large, False
        self.name = "release" + (" large" if large else "")

    def prepare(self, bench):
        bench.send([BLOG], bench.text("zibblehold", self.large))
        bench.drain()
        self.item = bench.last_item()

    def state(self, bench):
        return bench.sql(f"SELECT state FROM item WHERE id = '{self.item}'")[0][0]

    def copies(self, bench):
        return [m for r, m, i in bench.relay.kept if i == self.item and r == BLOG]

    def act(self, bench):
        expect(bench.site.release(self.item) == 0, "could not be decided")
        bench.drain(bench.fault)

    def check(self, bench):
        ended = bench.revive()
        expect(self.may_end or not ended, "the daemon ended")
        for _ in range(4):
            bench.drain()
            wait(lambda: self.settled(bench), 15, "the release")
            state = self.state(bench)
            if state == "release_failed":
                expect(bench.site.release(self.item) == 0, "could not be decided again")
            elif state == "releasing":
                self.settle(bench)
            else:
                break
        expect(state == "released", f"the item is {state}")
        copies = len(self.copies(bench))
        expect(copies == 1, f"published {copies} times")

    def settled(self, bench):
        """No attempt is under way (its end is written down again and again)."""
        return bench.sql("SELECT count(*) FROM delivery WHERE"
                         " state IN ('waiting', 'sending')")[0][0] == 0

    def settle(self, bench):
        outcome = "delivered" if self.copies(bench) else "lost"
        done = bench.site.chaperone("quarantine", "settle", self.item, "--outcome", outcome,
                                    "--note", "looked")
        expect(done.returncode == 0, "could not be settled")


class Decision:
    """The command line decides; calls of the command line fail."""

    def __init__(self, verb, state):
        self.name, self.verb, self.end = f"command line: {verb}", verb, state
        self.may_end = False

    def prepare(self, bench):
        bench.send([BLOG], bench.text("zibblehold"))
        bench.drain()
        self.item, self.code = bench.last_item(), None

    def decide(self, bench, more):
        args = [os.path.join(bench.site.build, "chaperone"), "quarantine", self.verb, "-c",
                bench.site.config, self.item, "--note", "fault test"]
        return subprocess.run(args, env=environment(**more), capture_output=True,
                              timeout=60).returncode

    def act(self, bench):
        self.code = self.decide(bench, bench.preload(bench.cli_fault))

    def check(self, bench):
        state = bench.sql(f"SELECT state FROM item WHERE id = '{self.item}'")[0][0]
        expect(self.code >= 0, f"it died of signal {-self.code}")
        if self.code != 0:
            expect(state == "held", f"exit {self.code}, but the item is {state}")
            expect(self.decide(bench, {}) == 0, "the second try failed")
        bench.drain()
        wait(lambda: bench.sql(f"SELECT state FROM item WHERE id = '{self.item}'")[0][0] ==
             self.end, 10, self.end)
        events = [e for e, in bench.sql(f"SELECT event FROM ledger WHERE id = '{self.item}'")]
        expect(events.count("refused" if self.verb == "refuse" else "releasing") == 1,
               "the ledger has the decision more than once")


class Start:
    """The daemon starts while a call fails: it runs rightly or says why not."""

    may_end = True

    def __init__(self, name, fresh=False, retention=None):
        self.name, self.fresh, self.retention = name, fresh, retention

    def prepare(self, bench):
        if bench.site.milter is None:
            bench.site.start_milter()
        if self.retention:
            self.expect_expired = self._hold_two(bench)
        bench.site.stop_milter()
        if self.fresh:
            bench.empty()

    def _hold_two(self, bench):
        items = []
        for _ in range(2):
            bench.send([BLOG], bench.text("zibblehold"))
            items.append(bench.last_item())
        bench.drain()
        time.sleep(1.1)
        return items

    def act(self, bench):
        begin = time.time()
        try:
            bench.site.start_milter(retention=self.retention or "90d")
            end = time.monotonic() + 3
            # The metrics are the last that a round of housekeeping writes.
            while (not bench.fault.fired() and time.monotonic() < end and
                   bench.metrics_time() < begin):
                time.sleep(0.01)
            time.sleep(0.02)
        except Ended as ended:
            expect(ended.code in (69, 70, 71, 73, 74, 75, 77, 78), f"ended with {ended.code}")

    def check(self, bench):
        if self.retention:
            if bench.site.milter is not None:
                bench.site.stop_milter()
            bench.site.start_milter()
            wait(lambda: self._all_gone(bench), 10, "expiry")
            for item in self.expect_expired:
                events = [e for e, in bench.sql(f"SELECT event FROM ledger WHERE id = '{item}'")]
                expect(sorted(events) == ["destroyed", "expired", "held"], f"ledger: {events}")
            bench.held.clear()  # older ones expired, too
            bench.site.stop_milter()
            bench.site.start_milter(retention="90d")
        bench.revive()
        kind, _, mail = bench.send([BLOG], bench.text("zibblehold"))
        expect(kind == "hold", f"afterwards a post is answered {kind}")
        bench.drain()
        bench.held[bench.last_item()] = (mail,)

    def _all_gone(self, bench):
        listed = ", ".join(f"'{i}'" for i in self.expect_expired)
        return bench.sql(f"SELECT (SELECT count(*) FROM item WHERE id IN ({listed}) AND state ="
                         f" 'expired'), (SELECT count(*) FROM payload WHERE id IN ({listed}))"
                         )[0] == (2, 0)


class Reload:
    name, may_end = "reload", False

    def prepare(self, bench):
        pass

    def act(self, bench):
        self.answer = bench.site.control("reload")

    def check(self, bench):
        expect(not bench.revive(), "the daemon ended")
        expect(self.answer and self.answer[-1] in ("ok", "error"), "no answer")
        kind, _, mail = bench.send([BLOG], bench.text("zibblehold"))
        expect(kind == "hold", f"after a reload that is {self.answer[-1]}: {kind}")
        bench.drain()
        bench.held[bench.last_item()] = (mail,)
        expect(bench.site.control("reload")[-1] == "ok", "the next reload fails")


class Stop:
    name, may_end = "stop", True

    def prepare(self, bench):
        kind, _, mail = bench.send([BLOG], bench.text("zibblehold"))
        expect(kind == "hold", f"a post is answered {kind}")
        bench.held[bench.last_item()] = (mail,)

    def act(self, bench):
        self.code = bench.site.stop_milter(signal.SIGTERM)

    def check(self, bench):
        bench.revive()
        expect(self.code == 0, f"ended with {self.code}")
        bench.drain()


HELD, PASSED, REJECTED = {"held": 1}, {"passed": 1}, {"rejected": 1}
MESSAGES = [
    lambda large=False: Message("accept", "plain", [BLOG], {}, large),
    lambda large=False: Message("tag", "zibbletag", [BLOG], PASSED, large),
    lambda large=False: Message("reject", "zibblereject", [BLOG], REJECTED, large),
    lambda large=False: Message("hold", "zibblehold", [BLOG], HELD, large),
    lambda large=False: Message("split", "zibblehold", [BLOG, PERSON], HELD, large),
    lambda large=False: Message("split", "zibblehold", [BLOG, OTHER], {**HELD, **PASSED}, large),
]


def may_end(event):
    event.may_end = True
    return event


def plan(sanitized, sample):
    """What fails in which event: (event, classes, errors).  A sanitizer has
    a malloc of its own; a sample leaves out reads of slow events."""
    disk = (errno.EIO, errno.ENOSPC)
    events = [Start("start without a store", fresh=True), Start("start"),
              Start("start with expiry and purge", retention="1s"),
              *(m() for m in MESSAGES), MESSAGES[3](large=True), Release(),
              Decision("release", "released"), Decision("refuse", "refused"), Reload(), Stop()]
    rows = [(e, FILES, disk) for e in events]
    rows += [(e, READS, (errno.EIO,)) for e in events
             if not (sample and isinstance(e, (Start, Reload, Stop)))]
    rows += [(m(large=True), TRY_MEMORY, (errno.ENOMEM,)) for m in MESSAGES]
    rows += [(Release(large=True), TRY_MEMORY, (errno.ENOMEM,))]
    return rows if sanitized else rows + [(may_end(m(large=True)), ALL_MEMORY, (errno.ENOMEM,)) for m in MESSAGES]


class Sweep:
    """Runs the plan; stride 1: every call, else one of so many."""

    def __init__(self, bench, stride=1):
        self.bench, self.stride = bench, stride
        self.injected, self.wrong = collections.Counter(), []

    def once(self, event, classes, number, error):
        """Whether there was such a call."""
        bench = self.bench
        fault = bench.cli_fault if isinstance(event, Decision) else bench.fault
        what = None
        try:
            bench.revive()
            event.prepare(bench)
            fault.arm(number, error, classes)
            try:
                event.act(bench)
            finally:
                what = fault.disarm()
            event.check(bench)
        except (Wrong, AssertionError, Ended) as trouble:
            self.wrong.append(f"{event.name}: {what or 'no'} call {number}, "
                              f"{errno.errorcode[error]}: {trouble}")
            print(f"fault: WRONG {self.wrong[-1]}", flush=True)
        if what:
            self.injected[re.sub(r"64$", "", what.split(" ")[0])] += 1
        return what is not None

    def sweep(self, event, classes, errors):
        begin, before = time.monotonic(), sum(self.injected.values())
        number, missed = 1, 0
        # Threads of the daemon make the number of calls vary a little.
        while missed < (3 if self.stride == 1 else 1):
            for i, error in enumerate(errors):
                if self.stride > 1 and i != number % len(errors):
                    continue
                came = self.once(event, classes, number, error)
                missed = 0 if came else missed + 1
            number += self.stride
        kinds = {FILES: "calls", READS: "reads", TRY_MEMORY: "g_try_ memory",
                 ALL_MEMORY: "any memory"}
        print(f"fault: {event.name}, {kinds[classes]}: "
              f"{sum(self.injected.values()) - before} failed "
              f"({time.monotonic() - begin:.0f} s)", flush=True)

    def look_at_the_end(self):
        """Every held post is there, whole, and was told of."""
        bench = self.bench
        for item, mails in bench.held.items():
            if bench.site.export(item) not in mails:
                self.wrong.append(f"item {item} is not the post that was sent")
            for address in (LOGIN, COMPLIANCE):
                if not any(item.encode() in m and f"To: {address}".encode() in m
                           for m in bench.relay.messages):
                    self.wrong.append(f"item {item}: no notice to {address.split('@')[0]}")
        ledger = bench.sql("SELECT seq, previous, hash FROM ledger ORDER BY seq")
        for (_, _, before), (seq, previous, _) in zip(ledger, ledger[1:]):
            if previous != before:
                self.wrong.append(f"ledger row {seq} does not follow the one before")
        if bench.sql("PRAGMA integrity_check") != [("ok",)]:
            self.wrong.append("the database is damaged")

    def run(self, wanted=()):
        for event, classes, errors in plan("san-" in self.bench.site.build, self.stride > 1):
            if not wanted or any(w in event.name for w in wanted):
                self.sweep(event, classes, errors)
        self.bench.revive()
        self.look_at_the_end()
        for text in self.wrong:
            print(f"fault: WRONG {text}")
        calls = ", ".join(f"{k} {n}" for k, n in sorted(self.injected.items()))
        print(f"fault: {sum(self.injected.values())} calls injected ({calls}), "
              f"{self.bench.ended} ended the process as GLib does, {len(self.wrong)} wrong", flush=True)
        return not self.wrong
