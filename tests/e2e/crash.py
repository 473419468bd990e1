"""Crashes under load: nothing held is lost or doubled.

Postfix with the milter, under posts of every verdict and under releases,
while kill -9 falls at random moments on the milter (and so on its
housekeeping: notices, releases), on clients in the middle of a message, and
on the command line while it decides.  After each restart, and at the end when
all is quiet, the store, the sink and the clients' own records are counted
against each other.

A post may arrive twice only where its client lost the reply to the final dot
and sent again, as RFC 1047 says it must; each one is printed with its reason.
Who has to find out what became of a release (unknown) looks at the sink.
Ends by itself.  Used by tests_crash.py (a few kills) and soak_crash.py.
"""
import collections
import os
import random
import re
import signal
import smtplib
import socket
import sqlite3
import subprocess
import threading
import time

from testsite import COMPLIANCE, LOGIN, PASSWORD, environment, post, wait

BLOG = "kavo123pelu@post.wordpress.com"
PERSON = "pat.reed@example.com"
CLIENTS = 4
POSTS = 30  # more of them with each kill: the clients wait while a restart is counted
FOREIGN = "of another test"
MARK = re.compile(rb"crash-\d+-[a-z]+")
WORDS = {"hold": "zibblehold", "split": "zibblehold", "tag": "zibbletag",
         "reject": "zibblereject", "accept": "plain"}
# Where a client dies; only after "dot" the server may have taken the mail.
STEPS = ("mail", "rcpt", "data", "half", "dot", "dot", "dot")


class Post:
    """One post and what its client knows of it."""

    def __init__(self, number, kind):
        self.kind, self.tag = kind, f"crash-{number}-{kind}"
        self.recipients = [BLOG, PERSON] if kind == "split" else [BLOG]
        self.tries, self.reply, self.lost = 0, None, []

    def data(self):
        """Each try has a new Message-ID, as some clients make it."""
        return post(self.recipients, f"{self.tag} {WORDS[self.kind]}")


class Dropped(Exception):
    """The client dies here."""


def die(client):
    """The connection ends as when the client's process does: no QUIT."""
    client.sock.shutdown(socket.SHUT_RDWR)
    client.close()
    raise Dropped


class Load:
    """Clients that send until they are told to stop, and then finish: each
    post is sent again until its client has a final answer."""

    def __init__(self, site, seed):
        self.site, self.random = site, random.Random(seed)
        self.lock = threading.Lock()
        self.posts, self.drops, self.dropped = [], 0, collections.Counter()
        self.allowed = POSTS
        self.stopping, self.abandoned = threading.Event(), threading.Event()
        self.threads = [threading.Thread(target=self._client, args=(seed * 100 + n,), daemon=True)
                        for n in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def finish(self, seconds=120):
        self.stopping.set()
        end = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(max(0, end - time.monotonic()))
            assert not thread.is_alive(), "a post got no final answer"

    def abandon(self):
        """Whatever has no answer yet gets none."""
        self.abandoned.set()
        self.stopping.set()

    def drop_one(self):
        """The next client that comes to it dies."""
        with self.lock:
            self.drops += 1

    def _new_post(self):
        with self.lock:
            kinds = ["hold"] * 4 + ["split"] * 2 + ["tag", "reject", "accept", "accept"]
            made = Post(len(self.posts), self.random.choice(kinds))
            self.posts.append(made)
            return made

    def _where_to_drop(self, chance):
        with self.lock:
            if self.drops == 0:
                return None
            self.drops -= 1
            step = chance.choice(STEPS)
            self.dropped[step] += 1
            return step

    def _client(self, seed):
        chance = random.Random(seed)
        while not self.stopping.is_set():
            if len(self.posts) >= self.allowed:
                time.sleep(0.02)
                continue
            made = self._new_post()
            while made.reply is None and not self.abandoned.is_set():
                self._try(made, self._where_to_drop(chance), chance)
                time.sleep(chance.uniform(0, 0.08))

    def _try(self, made, drop, chance):
        made.tries += 1
        dot_sent = False
        try:
            with smtplib.SMTP("127.0.0.1", self.site.postfix.port, timeout=40) as client:
                client.ehlo("client.example")
                client.user, client.password = LOGIN, PASSWORD
                client.auth("PLAIN", client.auth_plain)
                for step in ("mail", "rcpt", "data", "half"):
                    self._step(client, made, step)
                    if drop == step:
                        die(client)
                dot_sent = True
                client.send(b"\r\n.\r\n")
                if drop == "dot":
                    time.sleep(chance.uniform(0, 0.006))
                    die(client)
                code, _ = client.getreply()
                dot_sent = False
                if code // 100 in (2, 5):
                    made.reply = code
        except (smtplib.SMTPException, OSError, Dropped) as error:
            if dot_sent:
                made.lost.append((made.tries, type(error).__name__))

    @staticmethod
    def _step(client, made, step):
        if step == "mail":
            codes = [client.mail(LOGIN)[0]]
        elif step == "rcpt":
            codes = [client.rcpt(r)[0] for r in made.recipients]
        elif step == "data":
            codes = [client.docmd("DATA")[0]]
        else:
            client.send(made.data()[:-2])
            codes = [250]
        if any(code not in (250, 354) for code in codes):
            raise smtplib.SMTPException(f"{step} was not taken")


class Reviewer:
    """Decides by the command line, which may be killed, and settles releases
    of which nobody knows by looking at the sink."""

    def __init__(self, site, chance):
        self.site, self.random = site, chance
        self.decided = collections.Counter()

    def _arguments(self, item):
        verb = "release" if self.random.random() < 0.8 else "refuse"
        return verb, [os.path.join(self.site.build, "chaperone"), "quarantine", verb, "-c",
                      self.site.config, item, "--note", "crash test", "--reviewer", "Dana"]

    def decide(self, items, kill=False):
        """Decides one of the items; whether the program was killed at it."""
        if not items:
            return False
        verb, arguments = self._arguments(self.random.choice(items)["id"])
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=environment())
        if kill:
            time.sleep(self.random.uniform(0, 0.009))
            process.kill()
        code = process.wait(30)
        self.decided[verb] += code == 0
        assert code in (0, -9, 65, 74, 75), f"chaperone quarantine {verb} ended with {code}"
        return code == -signal.SIGKILL

    def settle(self):
        """Only when nothing is on its way any more."""
        for item in self.site.items("releasing"):
            for part in item["recipients"]:
                if part["state"] == "unknown":
                    there = arrived(self.site, item["id"])
                    done = self.site.chaperone(
                        "quarantine", "settle", item["id"], "--recipient",
                        str(part["recipient"]), "--outcome", "delivered" if there else "lost",
                        "--note", "looked at the gateway")
                    assert done.returncode == 0, done.stderr
                    self.decided["found " + ("delivered" if there else "lost")] += 1


def arrived(site, item):
    """The gateway's copies; every post here has one gateway."""
    return site.sink.find(lambda m: m.sender == LOGIN and BLOG in m.recipients and
                          m.header("X-Chaperone-Id") == [item])


class Audit:
    """Counts the store and the sink against what the clients know."""

    def __init__(self, site, load):
        self.site, self.load = site, load
        self.tags, self.states, self.wrong = {}, {}, []
        self.counts = collections.Counter()

    def complain(self, text):
        self.wrong.append(text)
        print(f"crash: WRONG {text}", flush=True)

    def look(self):
        """Reads the store: which item is which post.  An item's post never
        changes, so each is exported once."""
        self.states = {}
        for item in self.site.items():
            self.states[item["id"]] = item
            if item["id"] not in self.tags and item["state"] != "rejected":
                found = MARK.search(self.site.export(item["id"]))
                self.tags[item["id"]] = found[0].decode() if found else FOREIGN

    def items_of(self, made):
        return [i for i in self.states.values()
                if self.tags.get(i["id"]) == made.tag and i["state"] != "passed"]

    def after_restart(self):
        """What clients were told is held is held, once."""
        known = [p for p in list(self.load.posts)
                 if p.reply == 250 and p.kind in ("hold", "split")]
        self.look()
        for made in known:
            self._count_held(made)

    def _count_held(self, made):
        n = len(self.items_of(made))
        if n == 0:
            self.counts["lost"] += 1
            self.complain(f"{made.tag}: the client has a 250, the store has nothing")
        if n > 1:
            self.counts["doubled"] += 1
            self.complain(f"{made.tag}: {n} items")

    def copies(self, made, address):
        tag = made.tag.encode()
        return [m for m in self.by_tag.get(tag, []) if address in m.recipients]

    def at_the_end(self):
        self.look()
        self._sort_sink()
        for made in self.load.posts:
            assert made.reply in (250, 550), made.tag
            self.counts[made.kind] += 1
            getattr(self, "_end_of_" + made.kind)(made)
        self._check_notices()
        self._check_database()

    def _sort_sink(self):
        self.by_tag = collections.defaultdict(list)
        for message in self.site.sink.find(lambda m: m.sender == LOGIN):
            for tag in MARK.findall(message.data)[:1]:
                self.by_tag[tag].append(message)

    def _end_of_hold(self, made):
        self._count_held(made)
        for item in self.items_of(made)[:1]:
            expected = 1 if item["state"] == "released" else 0
            if item["state"] not in ("held", "released", "refused"):
                self.complain(f"{made.tag}: item {item['id']} is {item['state']}")
            got = len(self.copies(made, BLOG))
            if got != expected:
                self.counts["lost" if got < expected else "doubled"] += 1
                self.complain(f"{made.tag}: item {item['id']} is {item['state']}, "
                              f"the gateway has it {got} times")

    def _end_of_split(self, made):
        self._end_of_hold(made)
        self._published(made, PERSON)

    def _end_of_accept(self, made):
        self._published(made, BLOG)

    def _end_of_tag(self, made):
        self._published(made, BLOG)
        for message in self.copies(made, BLOG):
            item = self.states.get(message.header("X-Chaperone-Id")[0])
            if item is None or item["state"] != "passed":
                self.complain(f"{made.tag}: published, but no copy in the store")

    def _end_of_reject(self, made):
        if made.reply != 550 or self.copies(made, BLOG):
            self.complain(f"{made.tag}: reply {made.reply}, "
                          f"{len(self.copies(made, BLOG))} published")

    def _published(self, made, address):
        got = len(self.copies(made, address))
        if made.reply != 250 or got == 0:
            self.counts["lost"] += 1
            self.complain(f"{made.tag}: reply {made.reply}, delivered {got} times")
        if got <= 1:
            return
        self.counts["twice"] += 1
        if got <= 1 + len(made.lost):
            self.counts["explained"] += 1
            print(f"crash: twice: {made.tag}, {got} copies: its client had no reply to the dot "
                  f"of try {', '.join(str(n) for n, _ in made.lost)} of {made.tries} (RFC 1047)")
        else:
            self.complain(f"{made.tag}: {got} copies, {len(made.lost)} replies lost")

    def _check_notices(self):
        """Each held item was told of, to both; twice is allowed."""
        told = collections.Counter()
        for message in self.site.sink.find(lambda m: m.sender == "" and b".held." in m.data):
            for ident in re.findall(rb"X-Chaperone-Notice: (\w{16})", message.data):
                told[ident.decode(), message.recipients[0]] += 1
        for item in self.states.values():
            if (item["state"] in ("held", "released", "refused") and
                    self.tags[item["id"]] != FOREIGN):
                for address in (LOGIN, COMPLIANCE):
                    n = told[item["id"], address]
                    self.counts["notices twice"] += n > 1
                    if n == 0:
                        self.counts["notices lost"] += 1
                        self.complain(f"item {item['id']}: no notice to one of two")

    def _check_database(self):
        path = os.path.join(self.site.root, "var/chaperone.db")
        with sqlite3.connect(path, timeout=10) as db:
            if db.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                self.complain("the database is damaged")
            previous = None
            for seq, before, own in db.execute(
                    "SELECT seq, previous, hash FROM ledger ORDER BY seq"):
                if previous is not None and before != previous:
                    self.complain(f"ledger row {seq} does not follow the one before")
                previous = own
            orphans = db.execute("SELECT count(*) FROM item WHERE id NOT IN"
                                 " (SELECT id FROM ledger)").fetchone()[0]
            if orphans:
                self.complain(f"{orphans} items without a ledger row")
        db.close()


class Crash:
    """One run: load, kills, quiet, count."""

    def __init__(self, site, kills, seed, done=None):
        """kills: how many in all; done: those there were already."""
        self.site, self.wanted = site, kills
        self.random = random.Random(seed)
        self.kills = collections.Counter(done or {})
        self.load = Load(site, seed)
        self.reviewer = Reviewer(site, self.random)
        self.audit = Audit(site, self.load)

    def _kill_milter(self):
        self.site.stop_milter(signal.SIGKILL)
        self.kills["milter"] += 1
        self.site.start_milter()
        self.audit.after_restart()

    def _kill_client(self):
        self.load.drop_one()

    def _kill_decider(self):
        self.kills["command line"] += self.reviewer.decide(self.site.items("held"), kill=True)

    def count(self):
        """Kills so far."""
        self.kills["client"] = sum(self.load.dropped.values())
        return sum(self.kills.values())

    def storm(self):
        steps = [self._kill_milter] * 5 + [self._kill_client] * 3 + [self._kill_decider] * 3
        while self.count() < self.wanted:
            self.load.allowed = len(self.load.posts) + POSTS
            time.sleep(self.random.uniform(0.02, 0.4))
            held = self.site.items("held")
            for _ in range(self.random.randrange(3)):
                self.reviewer.decide(held)
            self.random.choice(steps)()

    def _queue_is_empty(self):
        for name in ("maildrop", "incoming", "active", "deferred"):
            for _, _, files in os.walk(os.path.join(self.site.postfix.spool, name)):
                if files:
                    self.site.postfix.flush()
                    return False
        return True

    def _outbox(self):
        """Rows of the outbox and recipients to whom a release is under way;
        what waits for its next try is due now."""
        path = os.path.join(self.site.root, "var/chaperone.db")
        with sqlite3.connect(path, timeout=10) as db:
            db.execute("UPDATE delivery SET due_us = 0 WHERE state = 'waiting'")
            db.execute("UPDATE outbox SET due_us = 0")
            left = db.execute("SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM"
                              " delivery WHERE state IN ('waiting', 'sending'))").fetchone()[0]
        db.close()
        if left:
            self.site.control("send")
            time.sleep(0.2)
        return left

    def quiet(self):
        """No more kills: everybody finishes; what nobody knows is settled,
        and what got lost is released once more."""
        self.load.finish()
        for _ in range(3):
            wait(lambda: self._outbox() == 0 and self._queue_is_empty(), 90, "quiet")
            time.sleep(0.3)  # the sink keeps a message before it answers
            self.reviewer.settle()
            failed = self.site.items("release_failed")
            for item in failed:
                assert self.site.release(item["id"]) == 0
            if not failed and not self.site.items("releasing"):
                return

    def summary(self):
        total, c = self.count(), self.audit.counts
        kinds = ", ".join(f"{k} {n}" for k, n in self.kills.items())
        posts = ", ".join(f"{k} {c[k]}" for k in WORDS)
        return (f"crash: {len(self.load.posts)} posts ({posts}); decisions: "
                f"{dict(self.reviewer.decided)}; clients dropped at {dict(self.load.dropped)}; "
                f"notices lost {c['notices lost']}, twice {c['notices twice']}\n"
                f"crash: {total} kills ({kinds}), held lost {c['lost']}, "
                f"doubled {c['doubled']}, delivered twice {c['twice']} "
                f"({c['explained']} explained), {len(self.audit.wrong)} wrong")

    def run(self):
        try:
            self.storm()
            if self.site.milter is None:
                self.site.start_milter()
            self.quiet()
        finally:
            self.load.abandon()
        self.audit.at_the_end()
        print(self.summary(), flush=True)
        return not self.audit.wrong
