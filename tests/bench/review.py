"""The review page under load: 10,000 held items, 20 reviewers; a card of 5 MB;
what the milter still does while reviewers work.

    review.py BUILD [card] [queue] [milter]

Server time is what the page says of itself (Server-Timing): the handler with
the store, without the network and this program.
"""
import json
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, "tests/review"))
from reviewsite import GATEWAY, ReviewSite  # noqa: E402
from testsite import post  # noqa: E402

ITEMS, REVIEWERS, SECONDS = 10000, 20, 10
# Of the milter under load: so many rounds without and with reviewers, each so long.
ROUNDS, ROUND_SECONDS, CONNECTIONS = 3, 3, 8
PAUSE = 3  # seconds for which somebody reads a page
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ident(n):
    out = ""
    for _ in range(8):
        out, n = LETTERS[n % 32] + out, n // 32
    return "06ABCDEF" + out


def fill(site):
    """Copies of one held item: metadata, which is all that a list reads."""
    site.hold([GATEWAY], post([GATEWAY], "We treated a lady today who was sure it was a spider "
                              "bite. Shingles, of course!"))
    with sqlite3.connect(os.path.join(site.root, "var/chaperone.db")) as db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(item)")][1:]
        names = ", ".join(columns)
        values = names.replace("time_us,", "time_us + ?2 * 1000000,", 1).replace(
            "deadline_us", "deadline_us + ?2 * 1000000", 1)
        db.executemany(f"INSERT INTO item (id, {names}) SELECT ?1, {values} FROM item"
                       " WHERE state = 'held' AND id NOT LIKE '06ABCDEF%' LIMIT 1",
                       [(ident(n), n) for n in range(ITEMS)])


def percentile(values, percent):
    values = sorted(values)
    return values[min(len(values) - 1, len(values) * percent // 100)]


def server_ms(answer, what="app"):
    return float(re.search(rf"{what};dur=([\d.]+)", answer.header("Server-Timing"))[1])


def queue_load(site):
    """Milliseconds of every request: in the server, of its processor, seen by the client."""
    inside, work_ms, outside, lock = [], [], [], threading.Lock()
    clients = [site.signed_in("dana") for _ in range(REVIEWERS)]
    end = time.monotonic() + SECONDS

    def work(client, number):
        page = number % 5 + 1
        while time.monotonic() < end:
            begin = time.monotonic()
            answer = client.get(f"/queue?page={page}")
            took = (time.monotonic() - begin) * 1000
            assert answer.status == 200 and answer.text.count("data-entry") == 50
            with lock:
                inside.append(server_ms(answer))
                work_ms.append(server_ms(answer, "cpu"))
                outside.append(took)

    threads = [threading.Thread(target=work, args=(c, n)) for n, c in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return inside, work_ms, outside


def card_of_5_mb(site):
    words = ("We treated a lady today who was sure it was a spider bite. " * 16 + "\n") * 200
    import base64
    data = base64.encodebytes(os.urandom(3600000)).decode()
    head = ('MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n')
    body = (f"--b\nContent-Type: text/plain; charset=utf-8\n\n{words}\n--b\nContent-Type: "
            'image/jpeg; name="a.jpg"\nContent-Transfer-Encoding: base64\n'
            f'Content-Disposition: attachment; filename="a.jpg"\n\n{data}\n--b--')
    mail = post([GATEWAY], body, headers=head)
    assert len(mail) > 5000000, len(mail)
    item = site.hold([GATEWAY], mail)
    client = site.signed_in("dana")
    answers = [client.get(f"/item/{item}") for _ in range(10)]
    return [server_ms(a) for a in answers], [server_ms(a, "cpu") for a in answers]


class Reviewers:
    """All of them reading while it is entered: the queue, a post, the queue ..."""

    def __init__(self, site, items):
        self.clients = [site.signed_in("dana") for _ in range(REVIEWERS)]
        self.items, self.pages, self.errors = items, 0, 0
        self.lock = threading.Lock()

    def __enter__(self):
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.read, args=(c, n))
                        for n, c in enumerate(self.clients)]
        for thread in self.threads:
            thread.start()

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def read(self, client, number):
        # Not all in the same moment.
        wait = PAUSE * number / REVIEWERS
        while not self.stop.wait(wait):
            path = (f"/queue?page={number % 5 + 1}" if number % 2
                    else f"/item/{self.items[number % len(self.items)]}")
            good = client.get(path).status == 200
            with self.lock:
                self.pages += 1
                self.errors += not good
            number, wait = number + 1, PAUSE


def milter_load(site, build, mail, messages):
    """Clean posts a second, of so many on eight connections; a wrong verdict ends the run."""
    done = subprocess.run([os.path.join(build, "milterload"), "--socket", site.socket, "--mail",
                           os.path.join(mail, "posts"), "--messages", str(messages),
                           "--connections", str(CONNECTIONS), "--check"], text=True,
                          stdout=subprocess.PIPE)
    if done.returncode != 0:
        raise SystemExit(f"bench: milterload ended with {done.returncode}: {done.stdout}")
    return json.loads(done.stdout)["per_second"]


def make_mail(root):
    """By the Python that Debian's Pillow is for."""
    mail = os.path.join(root, "mail")
    subprocess.run(["/usr/bin/python3", "-B", "-c", f"import mails; mails.make({mail!r})"],
                   cwd=os.path.join(SOURCE, "tests/bench"), check=True)
    return mail


def milter_while_reviewers_work(site, build, root):
    """Posts a second without and with them, by rounds; pages a second."""
    mail = make_mail(root)
    items = [site.hold([GATEWAY], post([GATEWAY], "We treated a lady today who was sure it was a "
                                       f"spider bite. Shingles, of course! {n}"))
             for n in range(5)]
    reviewers = Reviewers(site, items)
    messages = int(ROUND_SECONDS * milter_load(site, build, mail, 500))
    alone, beside, busy_s = [], [], 0
    for _ in range(ROUNDS):
        alone.append(milter_load(site, build, mail, messages))
        begin = time.monotonic()
        with reviewers:
            beside.append(milter_load(site, build, mail, messages))
        busy_s += time.monotonic() - begin
    assert reviewers.pages > 0 and reviewers.errors == 0, (reviewers.pages, reviewers.errors)
    return alone, beside, reviewers.pages / busy_s


def print_milter(alone, beside, pages):
    ratio = statistics.median(b / a for a, b in zip(alone, beside))
    print(f"Milter, clean posts, {CONNECTIONS} connections, {ITEMS} held items: "
          f"{statistics.median(alone):,.0f} a second, {statistics.median(beside):,.0f} while "
          f"{REVIEWERS} reviewers read queue and cards ({pages:.1f} pages a second): "
          f"{ratio:.2f} of it")
    print(f"aim: at least 0.95: {'met' if ratio >= 0.95 else 'MISSED'}\n")
    return ratio >= 0.95


def print_card(times):
    took, work = times
    print(f"Card of a mail of 5 MB: median {percentile(took, 50):.0f} ms, worst of ten "
          f"{max(took):.0f} ms (processor {percentile(work, 50):.0f} ms)")
    print(f"aim: below 300 ms: {'met' if percentile(took, 50) < 300 else 'MISSED'}\n")
    return percentile(took, 50) < 300


def print_queue(times):
    inside, work_ms, outside = times
    print(f"Queue, {ITEMS} held items, {REVIEWERS} reviewers at once, {len(inside)} pages in "
          f"{SECONDS} s: server p50 {percentile(inside, 50):.1f} ms, p99 "
          f"{percentile(inside, 99):.1f} ms (processor p50 {percentile(work_ms, 50):.1f}, p99 "
          f"{percentile(work_ms, 99):.1f}); seen by this client p50 "
          f"{percentile(outside, 50):.0f} ms, p99 {percentile(outside, 99):.0f} ms")
    print(f"aim: p99 below 50 ms: {'met' if percentile(inside, 99) < 50 else 'MISSED'}\n")
    return percentile(inside, 99) < 50


def main():
    build, *chosen = sys.argv[1:]
    build = os.path.abspath(build)
    parts = ("card", "queue", "milter")
    if set(chosen) - set(parts):
        raise SystemExit(f"bench: parts are {', '.join(parts)}")
    chosen = chosen or parts
    results = []
    with tempfile.TemporaryDirectory(prefix="chaperone-bench-") as root:
        os.chmod(root, 0o755)
        site = ReviewSite(os.path.join(root, "site"), build)
        try:
            site.start()
            site.add_users()
            print("## The review page\n", flush=True)
            if "card" in chosen:
                results.append(print_card(card_of_5_mb(site)))
            fill(site)
            if "queue" in chosen:
                results.append(print_queue(queue_load(site)))
            if "milter" in chosen:
                results.append(print_milter(*milter_while_reviewers_work(site, build, root)))
        finally:
            site.stop()
    print(f"Load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
