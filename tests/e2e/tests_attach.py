"""Posts with attachments through a real Postfix: verdicts, and readers that
are killed, reloaded, stopped, or many."""
import base64
import os
import signal
import struct
import sys
import threading
import time
import zlib
from types import SimpleNamespace

from testsite import SOURCE, Reply, post, wait
from tests_effects import BLOG, to, unique

sys.path.insert(0, os.path.join(SOURCE, "tests/extract"))
import documents as d  # noqa: E402

SSN = "Our patient Maria Lopez, SSN 512-34-6789."
CLEAN = "Flu shots are here on Tuesday from nine to five."


def with_files(*files):
    """files: (name, type, bytes).  A post with these attached."""
    headers = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="B"\n'
    body = f"--B\nContent-Type: text/plain\n\n{unique('The news')}\n"
    for name, kind, data in files:
        body += (f"--B\nContent-Type: {kind}; name={name}\n"
                 f"Content-Disposition: attachment; filename={name}\n"
                 "Content-Transfer-Encoding: base64\n\n"
                 f"{base64.encodebytes(data).decode()}")
    return post([BLOG], body + "--B--", headers=headers)


def delivered(site, *files):
    """The message as the gateway got it."""
    data = with_files(*files)
    before = len(site.sink.find(to(BLOG)))
    site.send([BLOG], data)
    message = site.sink.wait(to(BLOG), before + 1)[-1]
    assert message.body() == data.split(b"\r\n\r\n", 1)[1], "byte for byte"
    return message


def held_rules(site, data):
    item = site.hold([BLOG], data)
    return next(i for i in site.items("held") if i["id"] == item)["rules"]


def readers(site):
    with open(f"/proc/{site.milter.pid}/task/{site.milter.pid}/children",
              encoding="ascii") as f:
        main = f.read().split()
    # Children belong to the thread that started them.
    for task in os.listdir(f"/proc/{site.milter.pid}/task"):
        try:
            with open(f"/proc/{site.milter.pid}/task/{task}/children",
                      encoding="ascii") as f:
                main += f.read().split()
        except FileNotFoundError:
            pass
    return sorted({int(pid) for pid in main})


def rss_kib(pid):
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            return next((int(line.split()[1]) for line in f
                         if line.startswith("VmRSS")), 0)
    except (FileNotFoundError, ProcessLookupError):
        return 0


# --- verdicts ---------------------------------------------------------------------


def test_documents_that_are_clean_reach_the_gateway_unchanged(site):
    message = delivered(site, ("news.pdf", "application/pdf", d.pdf(CLEAN)),
                        ("news.docx", "application/msword", d.docx(CLEAN)))
    assert message.header("X-Chaperone-Verdict") == ["accept"]


def test_documents_with_a_patient_are_refused(site):
    for name, data in (("list.pdf", d.pdf(SSN)), ("list.docx", d.docx(SSN)),
                       ("list.xlsx", d.xlsx([["Name", "SSN"],
                                             ["Maria Lopez", "512-34-6789"]])),
                       ("mail.eml", d.eml(CLEAN, d.docx(CLEAN, comment=SSN)))):
        reply = site.refused([BLOG], with_files((name, "application/x", data)))
        assert reply.code == 550 and "512" not in reply.text, (name, reply)


def test_photo_with_a_place_is_tagged(site):
    photo = d.photo("-GPSLatitude=40.1234567", "-GPSLatitudeRef=N",
                    "-GPSLongitude=83.7654321", "-GPSLongitudeRef=W")
    message = delivered(site, ("us.jpg", "image/jpeg", photo))
    assert message.header("X-Chaperone-Rules") == ["privacy/photo-location"]
    assert b"40.12" not in site.log_text() and b"83.76" not in site.log_text()


def test_archive_with_a_password_is_held(site):
    data = d.encrypted_zip({"list.txt": CLEAN.encode()})
    rules = held_rules(site, with_files(("list.zip", "application/zip", data)))
    assert "structure/unreadable" in rules, rules


# --- readers ----------------------------------------------------------------------


def test_reader_killed_in_the_middle_holds_the_post(site):
    """Whatever kills readers: the post is held, the milter does not notice."""
    milter, stop = site.milter.pid, threading.Event()

    def kill_readers():
        while not stop.is_set():
            for pid in readers(site):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.01)
    thread = threading.Thread(target=kill_readers, daemon=True)
    thread.start()
    try:
        rules = held_rules(site, with_files(*[
            (f"{i}.pdf", "application/pdf", d.pdf(f"{CLEAN} {i}"))
            for i in range(6)]))
    finally:
        stop.set()
        thread.join()
    assert "structure/un" in str(rules), rules
    assert site.milter.pid == milter and site.milter.poll() is None
    assert site.control("status")[-1] == "ok"
    message = delivered(site, ("a.pdf", "application/pdf", d.pdf(CLEAN)))
    assert message.header("X-Chaperone-Verdict") == ["accept"], "and on it goes"


def test_reload_with_readers_at_work(site):
    old = set(readers(site))
    replies = []

    def send_one():
        replies.append(site.refused([BLOG], with_files(
            *[(f"{i}.pdf", "application/pdf", d.pdf(f"{CLEAN} x{i}"))
              for i in range(4)], ("b.pdf", "application/pdf", d.pdf(SSN)))).code)
    thread = threading.Thread(target=send_one, daemon=True)
    thread.start()
    for _ in range(3):
        assert site.control("reload")[-1] == "ok"
    thread.join()
    assert replies == [550]
    wait(lambda: not old & set(readers(site)), 20, "readers of the old rules gone")


def test_stop_ends_the_readers(site):
    started = readers(site)
    assert started, "some wait for work"
    assert site.stop_milter() == 0
    wait(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in started), 30,
         "no reader outlives the milter")


def heavy_file(number):
    """No two alike: name, bytes, what its sender gets."""
    words = f"{SSN} {number}"
    if number % 20 == 4:  # 16 million pixels to decode, and to look for words
        side = 4000
        return "a.png", b"\x89PNG\r\n\x1a\n" + d.png_chunk(
            b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) + \
            d.png_chunk(b"IDAT", zlib.compress(
                (b"\0" + b"\xff" * side) * side, 1)) + \
            d.png_chunk(b"tEXt", b"Comment\0%d" % number) + \
            d.png_chunk(b"IEND", b""), 250
    if number % 4 == 0:  # 40 MB when unpacked, below the ratio of a bomb
        return "a.zip", d.zipped({f"{number}": (os.urandom(600) + bytes(
            99400)) * 400}), 250
    rows = [["Name", "SSN"], ["Maria Lopez", "512-34-6789"]] + \
        [["Room", str(number)]] * 2000
    return (("a.pdf", d.pdf(words), 550), ("a.docx", d.docx(words), 550),
            ("a.xlsx", d.xlsx(rows), 550))[number % 3]


def test_hundred_posts_at_once_stay_within_memory_and_number(site):
    """Each reader within extract.memory, those at work within it times
    extract.workers; two and one wait, one more is being replaced by each.
    Sanitizers keep what was freed, and reserve more than any limit: with them
    there are fewer posts, and their memory is not looked at."""
    sanitized = "san-" in site.build
    posts = 40 if sanitized else 100
    limit_kib, workers = 512 * 1024, 2
    largest, most, numbers, stop = [0], [0], [0], threading.Event()
    got = []

    def look():
        while not stop.is_set():
            sizes = [rss_kib(pid) for pid in readers(site)]
            largest[0] = max([largest[0], *sizes])
            most[0] = max(most[0], sum(sizes))
            numbers[0] = max(numbers[0], len(sizes))
            time.sleep(0.02)

    def send(number, data, want):
        try:
            client = site.connect()
            client.sock.settimeout(280)  # of Postfix's milter_content_timeout
            site.send([BLOG], data, client=client)
            got.append((number, want, 250))
        except Reply as reply:
            got.append((number, want, reply.code))
        except OSError as error:
            got.append((number, want, error))
    threads = [threading.Thread(target=look, daemon=True)]
    for number in range(posts):
        name, data, want = heavy_file(number)
        threads.append(threading.Thread(target=send, daemon=True, args=(
            number, with_files((name, "application/x", data)), want)))
    for thread in threads:
        thread.start()
    for thread in threads[1:]:
        thread.join()
    stop.set()
    threads[0].join()
    print(f"      {posts} posts: readers {numbers[0]}, the largest "
          f"{largest[0] // 1024} MiB, together {most[0] // 1024} MiB")
    assert len(got) == posts and all(w == c for _, w, c in got), got
    assert numbers[0] <= 12, numbers
    assert sanitized or largest[0] < limit_kib, largest
    assert sanitized or most[0] < workers * limit_kib, most


GROUPS = [
    SimpleNamespace(site={}, options={}, tests=[
        test_documents_that_are_clean_reach_the_gateway_unchanged,
        test_documents_with_a_patient_are_refused,
        test_photo_with_a_place_is_tagged,
        test_archive_with_a_password_is_held,
        test_reader_killed_in_the_middle_holds_the_post,
        test_reload_with_readers_at_work,
        test_stop_ends_the_readers,
        test_hundred_posts_at_once_stay_within_memory_and_number,
    ]),
]
