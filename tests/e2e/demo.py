#!/usr/bin/env python3
"""make demo: a private Postfix, the milter, the review page, and the posts of tests/samples.

demo.py [--once]: sends each sample through Postfix, prints one row a post and
stays until Ctrl-C, so that the quarantine can be looked at.  --once stops
after the table and ends with 0 only if every sample got the verdict that its
file name says.  Then one held post is released.  Everything lies under run/ and nothing is left running.
"""
import argparse
import email
import glob
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from email.utils import getaddresses

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from postfix import environment, free_port  # noqa: E402
from testsite import SOURCE, USER, Reply, Site, crlf, wait  # noqa: E402

WORDS = "amber birch cedar delta ember fjord grove heron iris jade kelp lark maple nectar".split()

VERDICTS = ("accept", "tag", "quarantine", "reject", "mail")


def recipients_of(data):
    message = email.message_from_bytes(data)
    fields = [str(v) for n in ("To", "Cc") for v in message.get_all(n, [])]
    return [address for _, address in getaddresses(fields)]


def verdict_of_log(site, mark):
    """Verdict, rules and gateway of the milter's log line after mark."""
    lines = site.log_text()[mark:].decode().splitlines()
    judged = [line for line in lines if "event=message" in line]
    if not judged:
        # Notices of earlier samples are out of scope, too; they never make a
        # judged sample look unjudged.
        let_go = any("event=out-of-scope" in line for line in lines)
        return {"verdict": "mail", "rules": "", "gateway": ""} if let_go else None
    fields = dict(re.findall(r"(\w+)=(\S*)", judged[-1]))
    return {"verdict": fields.get("verdict", ""), "rules": fields.get("rules", ""),
            "gateway": fields.get("gateway", "")}


def send_sample(site, path):
    """What became of one sample, with the reply that its sender saw."""
    with open(path, "rb") as f:
        data = crlf(f.read())
    mark = len(site.log_text())
    try:
        reply = "250 " + site.send(recipients_of(data), data).split(":")[0]
    except Reply as refused:
        reply = f"{refused.code} {refused.text.splitlines()[0]}"
    wait(lambda: verdict_of_log(site, mark), what="the milter's log line")
    return dict(verdict_of_log(site, mark), reply=reply)


def send_all(site):
    """Prints the table; the names of the samples with another verdict."""
    wrong = []
    print(f"{'sample':44} {'gateway':12} {'verdict':11} {'rules':36} reply to the sender")
    for path in sorted(glob.glob(os.path.join(SOURCE, "tests/samples/*.eml"))):
        name = os.path.basename(path)[:-4]
        expected = name.rsplit(".", 1)[1]
        assert expected in VERDICTS, name
        row = send_sample(site, path)
        mark = "" if row["verdict"] == expected else f"  <-- expected {expected}"
        if mark:
            wrong.append(name)
        print(f"{name[:44]:44} {row['gateway'][:12]:12} {row['verdict']:11} "
              f"{row['rules'][:36]:36} {row['reply'][:100]}{mark}", flush=True)
    return wrong


def release_one(site):
    """A reviewer releases one held post; whether its gateway got it, once."""
    item = site.items("held")[0]["id"]
    before = len(site.sink.messages)
    site.release(item, note="the reviewer has looked at it")
    shown = site.wait_state(item, "released")
    got = [m for m in site.sink.find(lambda m: m.header("X-Chaperone-Id") == [item])
           if m.sender != ""]
    print(f"\n{item} was held, a reviewer released it: {shown['gateway']} got it "
          f"{len(got)} time(s), {shown['reply']}", flush=True)
    return len(got) == 1 and len(site.sink.messages) > before


def start_review(site):
    """The page over the same store, with a throw-away login."""
    log = open(os.path.join(site.root, "review.log"), "ab")
    page = subprocess.Popen([os.path.join(site.build, "chaperone-review"), "-c", site.config],
                            stdout=subprocess.DEVNULL, stderr=log, env=environment())
    password = "-".join(secrets.choice(WORDS) for _ in range(5))
    added = subprocess.run([os.path.join(site.build, "chaperone"), "user", "add", "dana", "-c",
                            site.config, "--role", "admin"], input=password.encode() + b"\n",
                           capture_output=True, env=environment())
    if added.returncode != 0:
        raise RuntimeError("user add: " + added.stderr.decode())
    wait(lambda: page.poll() is not None or answers(site), 20, "the review page")
    if page.poll() is not None:
        raise RuntimeError("chaperone-review ended; see " + log.name)
    site.review = (f"Review page: http://127.0.0.1:{site.review_port}/   name: dana   "
                   f"password: {password}")
    print(site.review, flush=True)
    return page


def answers(site):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{site.review_port}/healthz", timeout=5) as r:
            return r.status == 200
    except OSError:
        return False


def stop_review(page):
    if page is not None and page.poll() is None:
        page.terminate()
        page.wait(30)


def stay(site):
    program = os.path.relpath(os.path.join(site.build, "chaperone"))
    config = os.path.relpath(site.config)
    print(f"""
Postfix listens on 127.0.0.1:{site.postfix.port}; log in as anna@practice.example.
Look at what is held:
  {program} quarantine list -c {config}
  {program} quarantine export -c {config} ID
  {program} quarantine release -c {config} ID --note "looked at it"
{site.review}
Ctrl-C ends everything.""", flush=True)
    while site.milter.poll() is None:
        time.sleep(0.5)
    print("demo: the milter ended", file=sys.stderr)


def run_directory():
    """run/, empty.  Below a directory closed to others (/root), where neither Postfix nor the
    milter's user could work, it is a link to a temporary one."""
    root = os.path.join(SOURCE, "run")
    if os.path.islink(root):
        shutil.rmtree(os.path.realpath(root), ignore_errors=True)
        os.unlink(root)
    shutil.rmtree(root, ignore_errors=True)
    path = SOURCE
    while os.stat(path).st_mode & 0o001:
        if path == "/":
            return root
        path = os.path.dirname(path)
    os.symlink(tempfile.mkdtemp(prefix="chaperone-demo-"), root)
    return os.path.realpath(root)


def interrupted(_number, _frame):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(prog="demo.py")
    parser.add_argument("--once", action="store_true", help="stop after the table")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("demo: Postfix needs root to drop to its own user; please run: sudo make demo",
              file=sys.stderr)
        return 77
    signal.signal(signal.SIGTERM, interrupted)
    root = run_directory()
    site = Site(root, os.path.join(SOURCE, "build"), rules=[os.path.join(SOURCE, "rules")])
    site.review_port = free_port()
    # A second factor would be one step too many for a look around.
    site.extra = (f'review: {{listen: "127.0.0.1:{site.review_port}", user: {USER}, '
                  "group: nogroup, second_factor: optional}\n")
    wrong, page = [], None
    try:
        site.start()
        page = start_review(site)
        wrong = send_all(site)
        if not release_one(site):
            wrong.append("the released post")
        if not options.once:
            stay(site)
    except KeyboardInterrupt:
        print()
    finally:
        stop_review(page)
        site.stop()
    if wrong:
        print(f"demo: {len(wrong)} samples with another verdict: {', '.join(wrong)}",
              file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
