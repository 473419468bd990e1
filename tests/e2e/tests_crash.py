"""kill -9: a few under load, and one at each step of sending a notice.  Many
of them: soak_crash.py."""
import contextlib
import os
import signal
import sqlite3
import time
from types import SimpleNamespace

from crash import Crash
from scripted import CLOSE, Scripted
from testsite import FEW_RULES, LOGIN, post, wait
from tests_effects import BLOG, unique

KILLS = 16


@contextlib.contextmanager
def notice_server(site, script):
    with Scripted("127.0.0.1", 0) as server:
        server.scripts = [script]
        site.write_config(notices=server.address)
        site.control("reload")
        try:
            yield server
        finally:
            site.write_config(notices=f"127.0.0.1:{site.postfix.port}")
            site.control("reload")


def outbox(site, due=False):
    """How many notices wait; due: none of them for its time."""
    with sqlite3.connect(os.path.join(site.root, "var/chaperone.db"), timeout=10) as db:
        if due:
            db.execute("UPDATE outbox SET due_us = 0")
        left = db.execute("SELECT count(*) FROM outbox").fetchone()[0]
    db.close()
    return left


def test_kill_9_at_every_step_of_a_notice(site):
    """The daemon dies when the notice's server is about to answer a step.
    The notice is sent again, never lost.  Returns how many kills."""
    steps = ("greeting", "ehlo", "mail", "rcpt", "data", "end", "after 250")
    counts = {"kills": 0, "lost": 0, "sent twice": 0}

    def killer(answer):
        def kill():
            site.stop_milter(signal.SIGKILL)
            return answer
        return kill

    for step in steps:
        script = {"end": killer("250 2.0.0 Ok")} if step == "after 250" else {step: killer(CLOSE)}
        with notice_server(site, script) as server:
            client = site.connect()
            with contextlib.suppress(Exception):
                # The kill may come before the 250; the post is held all the same.
                site.send([BLOG], post([BLOG], unique(f"killed at {step} zibblehold")),
                          client=client)
            wait(lambda: site.milter is None, 20, f"the kill at {step}")
            counts["kills"] += 1
            item = last_item(site)
            site.start_milter()
            outbox(site, due=True)
            site.control("send")
            wait(lambda: outbox(site) == 0, 20, f"the notices after a kill at {step}")
            for address in (LOGIN, "compliance@practice.example"):
                n = sum(f"To: {address}".encode() in m and item.encode() in m
                        for m in server.messages)
                counts["lost"] += n == 0
                counts["sent twice"] += n > 1
    print("        " + ", ".join(f"{name} {n}" for name, n in counts.items()))
    # Once when it died at the end of the data, once after the 250.
    assert counts["lost"] == 0 and counts["sent twice"] <= 2, counts
    return counts["kills"]


def last_item(site):
    return site.items("held")[-1]["id"]


def test_crashes_under_load(site):
    seed = int(time.time())
    print(f"        seed {seed}")
    assert Crash(site, KILLS, seed).run()


GROUPS = [
    # Which posts are held must not hang on what the rules make of a counter.
    SimpleNamespace(site={"rules": FEW_RULES}, options={},
                    tests=[test_kill_9_at_every_step_of_a_notice, test_crashes_under_load]),
]
