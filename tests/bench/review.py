"""The review page under load: 10,000 held items, 20 reviewers; a card of 5 MB.

Server time is what the page says of itself (Server-Timing): the handler with
the store, without the network and this program.
"""
import os
import re
import sqlite3
import sys
import tempfile
import threading
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, "tests/review"))
from reviewsite import GATEWAY, ReviewSite  # noqa: E402
from testsite import post  # noqa: E402

ITEMS, REVIEWERS, SECONDS = 10000, 20, 10
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


def main():
    build = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="chaperone-bench-") as root:
        os.chmod(root, 0o755)
        site = ReviewSite(os.path.join(root, "site"), build)
        try:
            site.start()
            site.add_users()
            cards, card_work = card_of_5_mb(site)
            fill(site)
            inside, work_ms, outside = queue_load(site)
        finally:
            site.stop()
    print("## The review page\n")
    print(f"Queue, {ITEMS} held items, {REVIEWERS} reviewers at once, {len(inside)} pages in "
          f"{SECONDS} s: server p50 {percentile(inside, 50):.1f} ms, p99 "
          f"{percentile(inside, 99):.1f} ms (processor p50 {percentile(work_ms, 50):.1f}, p99 "
          f"{percentile(work_ms, 99):.1f}); seen by this client p50 "
          f"{percentile(outside, 50):.0f} ms, p99 {percentile(outside, 99):.0f} ms")
    print(f"Card of a mail of 5 MB: median {percentile(cards, 50):.0f} ms, worst of ten "
          f"{max(cards):.0f} ms (processor {percentile(card_work, 50):.0f} ms)")
    print(f"Load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    good = percentile(inside, 99) < 50 and percentile(cards, 50) < 300
    print(f"aim: queue p99 below 50 ms, card below 300 ms: {'met' if good else 'MISSED'}\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
