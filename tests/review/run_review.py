#!/usr/bin/env python3
"""The review page: as programs see it, and in a real Chromium.

run_review.py [BUILD_DIR [NAME...]]: one line a test, then "review: N passed, N
failed".  Needs root (Postfix drops to its own user), nodejs and what
package-lock.json names.  Screenshots are kept in BUILD_DIR/screenshots.
"""
import email
import http.server
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import hostile  # noqa: E402
import pictures  # noqa: E402
import tests_http  # noqa: E402
from reviewsite import ACCOUNTS, CHECK, GATEWAY, PASSWORD, ROLES, SOURCE_DIR, ReviewSite, environment  # noqa: E402
from testsite import crlf, limited, post, wait  # noqa: E402

DAY_US = 86400 * 1000000


class Desk:
    """What the browser's tests ask about mail, and a listener that counts what must not come."""

    def __init__(self, site):
        self.site, self.hits = site, 0
        desk = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_args):
                pass

            def do_GET(self):
                desk.hits += 1
                self.send_response(204)
                self.end_headers()

            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                asked = json.loads(self.rfile.read(length) or b"{}")
                try:
                    status, answer = 200, getattr(desk, "do_" + self.path[1:])(**asked)
                except Exception:
                    status, answer = 500, traceback.format_exc()
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.end_headers()
                self.wfile.write(data)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def do_users(self):
        self.site.add_users({n: r for n, r in ROLES.items() if n != "root"})
        # The second factor of the first account would be asked for again and again.
        done = self.site.chaperone("user", "totp", "root", "--off")
        assert done.returncode == 0, done.stderr
        return {}

    def do_hold(self, text, extra=False):
        to = [GATEWAY, "someone@elsewhere.example"] if extra else [GATEWAY]
        # What follows is held for certain, and differs each time.
        mail = post(to, f"{text}\n{tests_http.HELD}\n{time.time()}", "About today")
        return {"id": self.site.hold(to, mail)}

    def do_pictures(self):
        files = [("photo.jpg", "image/jpeg", pictures.photo())]
        files += [row[:3] for row in pictures.hostile()]
        mail = pictures.with_files(f"{tests_http.HELD}\n{time.time()}", files)
        return {"id": self.site.hold([GATEWAY], mail)}

    def do_scan(self, path):
        """What a camera reads of a screenshot."""
        done = subprocess.run(["zbarimg", "-q", "--raw", path], capture_output=True, check=True)
        return {"text": done.stdout.decode().strip()}

    def do_audit(self):
        """The binder as a file, and verify with the head of the last notice to compliance."""
        path = os.path.join(self.site.root, "audit.html")
        done = self.site.chaperone("audit", "export", "--format", "html")
        assert done.returncode == 0, done.stderr
        with open(path, "wb") as f:
            f.write(done.stdout)
        os.chmod(path, 0o644)
        mails = self.site.sink.find(lambda m: m.recipients == ["compliance@practice.example"])
        told = email.message_from_bytes(mails[-1].data).get_payload(decode=True).decode()
        head = re.search(r"\d+:[0-9a-f]{64}", told)[0]
        good = self.site.chaperone("audit", "verify", "--head", head)
        lines = self.site.chaperone("audit", "export").stdout.decode().splitlines()
        return {"path": path, "code": good.returncode, "said": good.stdout.decode(),
                "events": [json.loads(line)["event"] for line in lines],
                "forged": self.verify_forged(head)}

    def verify_forged(self, head):
        """The same on a copy in which somebody made himself a better note."""
        var, forged = (os.path.join(self.site.root, name) for name in ("var", "forged"))
        shutil.copytree(var, forged, ignore=shutil.ignore_patterns("*.sock", "*-shm", "*-wal"))
        copy = os.path.join(forged, "chaperone.db")
        os.unlink(copy)
        assert self.site.chaperone("store", "backup", copy).returncode == 0
        with sqlite3.connect(copy) as db:
            db.execute("DROP TRIGGER ledger_no_update")
            seq, = db.execute("SELECT seq FROM ledger WHERE event = 'refused'").fetchone()
            db.execute("UPDATE ledger SET note = 'all is well' WHERE seq = ?", (seq,))
        with open(self.site.config) as f:
            text = f.read().replace(os.path.join(var, ""), os.path.join(forged, ""))
        config = os.path.join(forged, "chaperone.yaml")
        with open(config, "w") as f:
            f.write(text)
        done = subprocess.run([os.path.join(self.site.build, "chaperone"), "audit", "verify", "-c",
                               config, "--head", head], capture_output=True, env=environment())
        shutil.rmtree(forged)
        return {"code": done.returncode, "said": done.stdout.decode(), "seq": seq}

    def do_state(self, id):
        return {"state": self.site.item(id)["state"]}

    def do_released(self, id):
        self.site.wait_state(id, "released")
        got = self.site.sink.find(lambda m: m.header("X-Chaperone-Id") == [id] and m.sender != "")
        return {"count": len(got)}

    def do_notice(self, id, words):
        def fits(m):
            return id.encode() in m.data and words.encode() in m.data.replace(b"=\r\n", b"") \
                and b"compliance@" not in m.recipients[0].encode()
        mail = self.site.sink.wait(fits)[0]
        return {"recipients": mail.recipients, "data": mail.data.decode("utf-8", "replace")}

    def do_hostile(self):
        mails, used = hostile.mails(self.port, GATEWAY)
        before = {i["id"] for i in self.site.items("held")}
        for mail in mails:
            self.site.send([GATEWAY], crlf(mail))
        ids = [i["id"] for i in self.site.items("held") if i["id"] not in before]
        assert len(ids) >= 25, len(ids)
        return {"ids": ids, "payloads": used}

    def do_beacon(self):
        return {"hits": self.hits}

    def do_expire(self, text):
        """As if it had come five days ago."""
        item = self.do_hold(text)["id"]
        with sqlite3.connect(os.path.join(self.site.root, "var/chaperone.db")) as db:
            db.execute("UPDATE item SET time_us = time_us - ?, deadline_us = deadline_us - ?"
                       " WHERE id = ?", (5 * DAY_US, 5 * DAY_US, item))
        self.site.wait_state(item, "expired", 40)
        assert not self.site.sink.find(
            lambda m: m.header("X-Chaperone-Id") == [item] and m.sender != "")
        self.site.sink.wait(lambda m: item.encode() in m.data and b"not published" in m.data)
        return {"id": item}


def run_browser(site, desk, shots, wanted):
    """Its lines as they come; passed and failed."""
    told = {"link": site.link, "required": site.url("required"), "optional": site.url("optional"),
            "password": PASSWORD, "desk": f"http://127.0.0.1:{desk.port}"}
    modules = os.path.join(HERE, "node_modules")
    if not os.path.isdir(os.path.join(modules, "playwright-core")):
        done = subprocess.run(["npm", "ci", "--no-progress", "--silent"], cwd=HERE,
                              env=environment())
        assert done.returncode == 0, "npm ci failed"
    node = subprocess.Popen(["node", os.path.join(HERE, "browser.js"), *wanted],
                            stdout=subprocess.PIPE, text=True,
                            env=environment(CH_SITE=json.dumps(told), CH_SHOTS=shots))
    counts = [0, 0]
    for line in node.stdout:
        print(line, end="", flush=True)
        counts[0] += line.startswith("ok ")
        counts[1] += line.startswith("FAIL ")
    if node.wait() != 0 and counts[1] == 0:
        print("FAIL  review browser: it ended too early", flush=True)
        counts[1] += 1
    return counts


def run_http(site, wanted):
    counts = [0, 0]
    for test in tests_http.TESTS:
        name = test.__name__.removeprefix("test_").replace("_", " ")
        if wanted and not any(w in name for w in wanted):
            continue
        begin = time.monotonic()
        try:
            with limited():
                test(site)
            counts[0] += 1
            print(f"ok    review http: {name} ({time.monotonic() - begin:.1f} s)", flush=True)
        except Exception:
            counts[1] += 1
            print(f"FAIL  review http: {name}\n{traceback.format_exc()}", flush=True)
    return counts


def main():
    build = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else
                            os.path.join(SOURCE_DIR, "build"))
    if os.geteuid() != 0:
        print("review: needs root: Postfix drops from root to its own user", file=sys.stderr)
        return 77
    shots = os.path.join(build, "screenshots")
    os.makedirs(shots, exist_ok=True)
    root = tempfile.mkdtemp(prefix="chaperone-review-")
    os.chmod(root, 0o755)
    site = ReviewSite(os.path.join(root, "site"), build)
    passed = failed = 0
    try:
        site.start(accounts=ACCOUNTS, check=CHECK)
        for counts in (run_browser(site, Desk(site), shots, sys.argv[2:]),
                       run_http(site, sys.argv[2:])):
            passed, failed = passed + counts[0], failed + counts[1]
        site.stop_pages()
    except Exception:
        failed += 1
        traceback.print_exc()
    finally:
        site.stop()
        if os.environ.get("CH_E2E_KEEP"):
            print(f"kept {root}")
        else:
            shutil.rmtree(root, ignore_errors=True)
    print(f"review: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
