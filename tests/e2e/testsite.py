"""A whole site on loopback: private Postfix, chaperone-milter, a sink.

Used by run_e2e.py and demo.py.  Everything lies under one directory and ends
with stop(); processes are ended by their pid.
"""
import contextlib
import faulthandler
import json
import os
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import time

from postfix import Postfix, REALM, environment, free_port
from sendmail import Sendmail
from sink import Sink

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
AUTHOR, PASSWORD = "anna", "correct-horse"
LOGIN = f"{AUTHOR}@{REALM}"
COMPLIANCE = f"compliance@{REALM}"
CONTACT = "Questions: compliance@practice.example, 614-555-0100"
# Accounts: name of the secret's file and what is in it.
SECRETS = {"blog": "zuto481mepi@post.wordpress.com", "page": "maple.q7sekret@blogger.com"}
USER = "nobody"  # on every Debian; the daemon drops from root to it

CONFIG = """\
rules: {{paths: [{rules}], cache: {root}/cache}}
practice:
  names: [Maple Street Family Practice]
  phones: ["614-555-0100"]
  domains: [practice.example]
  timezone: America/New_York
  contact: "{contact}"
scope: {scope}
mixed: {mixed}
mode: {mode}
authors: {{trusted: ["local:root"]}}
gateways: {{files: [{gateways}{more_gateways}], accounts: [{accounts}]}}
check: {{address: "{check}", per_hour: {per_hour}}}
milter: {{socket: "{socket}", socket_mode: "0660", user: {user}, group: postfix,
         on_failure: tempfail, max_message: {max_message}}}
control: {{socket: "unix:{root}/var/control.sock"}}
quarantine: {{retention: {retention}}}
store: {{url: "sqlite:{root}/var/chaperone.db", key_file: {root}/var/store.key}}
release: {{smtp: "smtp://{release}", late: {late}}}
notices: {{smtp: "smtp://{notices}", from: chaperone@practice.example,
          compliance: {compliance}, author: true{more_notices}}}
metrics: {{textfile: {root}/var/metrics.prom}}
log: {{to: stderr, level: debug, format: text}}
"""

# Where the daemon is started a thousand times: a start takes a thirtieth.
FEW_RULES = [os.path.join(SOURCE, path) for path in ("rules/structure.yaml", "tests/e2e/rules")]
NO_OCR = "extract: {ocr: false}\n"


def crlf(data):
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def post(recipients, text, subject="A post", headers=""):
    """A post as bytes with the headers that Postfix would add otherwise."""
    to = ", ".join(recipients)
    post.count += 1
    return crlf(f"From: Anna Field <{LOGIN}>\nTo: {to}\nSubject: {subject}\n"
                f"Date: Mon, 2 Nov 2026 10:00:00 -0500\n"
                f"Message-ID: <e2e-{post.count}-{os.getpid()}@practice.example>\n"
                f"{headers}\n{text}\n".encode())


post.count = 0


LIMIT = 420  # seconds of one test; the slowest takes a tenth when the machine is its own


class StillRuns(Exception):
    """A test waits for what does not come."""


@contextlib.contextmanager
def limited():
    """Ends what takes longer than LIMIT, and shows where each thread stood."""
    def end(*_):
        faulthandler.dump_traceback(file=sys.stdout)
        raise StillRuns(f"after {LIMIT} s")
    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(LIMIT)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


class Reply(Exception):
    """A refused SMTP step: code and text as the client sees them."""

    def __init__(self, code, text):
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text


class Ended(Exception):
    """The daemon ended at its start, with that exit code."""

    def __init__(self, code):
        super().__init__(f"chaperone-milter ended with {code}")
        self.code = code


class Site:
    def __init__(self, root, build, chroot=False, inet=False, rules=None, signer=False,
                 sendmail=False):
        self.root, self.build = root, build
        os.makedirs(root, exist_ok=True)
        os.chmod(root, 0o755)
        self.sink = Sink()
        # Copies: the daemon's user may not reach the source tree.
        self.rules = []
        for number, path in enumerate(rules or [os.path.join(SOURCE, "rules"),
                                                os.path.join(SOURCE, "tests/e2e/rules")]):
            self.rules.append(os.path.join(root, f"{number}-{os.path.basename(path)}"))
            (shutil.copytree if os.path.isdir(path) else shutil.copy)(path, self.rules[-1])
        shutil.copy(os.path.join(SOURCE, "conf/gateways.yaml"), root)
        port = free_port()
        self.socket = f"inet:{port}@127.0.0.1" if inet else None
        there = f"inet:127.0.0.1:{port}" if inet else "unix:chaperone/milter.sock"
        self.signer_port = free_port() if signer else None
        if signer:
            there += f", inet:127.0.0.1:{self.signer_port}"
        users = [(AUTHOR, PASSWORD), ("bea", PASSWORD)]
        if sendmail:  # under the same name: what tests ask of an MTA is the same
            self.postfix = Sendmail(os.path.join(root, "sendmail"), self.sink.port, there, build,
                                    users)
        else:
            self.postfix = Postfix(os.path.join(root, "postfix"), self.sink.port, there, chroot,
                                   users)
        if not inet:
            self.socket_path = os.path.join(self.postfix.spool, "chaperone/milter.sock")
            self.socket = "unix:" + self.socket_path
            directory = os.path.dirname(self.socket_path)
            os.makedirs(directory)
            shutil.chown(directory, USER, "postfix")
            os.chmod(directory, 0o750)
        var = os.path.join(root, "var")
        os.makedirs(var)
        shutil.chown(var, USER)
        os.makedirs(os.path.join(root, "cache"))  # root's, as rules are loaded before the drop
        self.secrets = os.path.join(root, "secrets")
        os.makedirs(self.secrets)
        for name, secret in SECRETS.items():
            self.write_secret(name, secret)
        self.config = os.path.join(root, "chaperone.yaml")
        self.options = dict(scope="gateways", mixed="split", mode="enforce",
                            max_message="50MiB", retention="90d",
                            release=f"127.0.0.1:{self.postfix.release_port}",
                            notices=f"127.0.0.1:{self.postfix.port}",
                            accounts="", check="", per_hour=30,
                            late="publish", more_gateways="", more_notices="")
        self.milter = None
        self.extra = ""  # further lines of the configuration
        self.environment = {}  # of the daemon, further variables
        self.log = os.path.join(root, "chaperone.log")

    # --- processes --------------------------------------------------------

    def write_secret(self, name, text, mode=0o600):
        path = os.path.join(self.secrets, name)
        with open(path, "w") as f:
            f.write(text + "\n")
        shutil.chown(path, USER)
        os.chmod(path, mode)

    def write_config(self, extra="", **options):
        self.options.update(options)
        accounts = self.options["accounts"].replace("SECRETS", self.secrets)
        with open(self.config, "w") as f:
            f.write(CONFIG.format(root=self.root, rules=", ".join(self.rules),
                                  gateways=os.path.join(self.root, "gateways.yaml"),
                                  socket=self.socket, user=USER, contact=CONTACT,
                                  compliance=COMPLIANCE,
                                  **dict(self.options, accounts=accounts))
                    + self.extra + extra)

    def start_milter(self, program=None, setup=None, **options):
        """Starts the daemon and waits until it says READY=1 (sd_notify);
        Ended if it does not."""
        self.write_config(**options)
        address = os.path.join(self.root, "notify")
        if os.path.exists(address):
            os.unlink(address)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(address)
            os.chmod(address, 0o777)
            ready.settimeout(0.1)
            with open(self.log, "ab") as log:
                self.milter = subprocess.Popen(
                    [program or os.path.join(self.build, "chaperone-milter"), "-f", "-c",
                     self.config], stderr=log, preexec_fn=setup,
                    env=environment(NOTIFY_SOCKET=address, **self.environment))
            self._wait_ready(ready)
        return self.milter

    def _wait_ready(self, ready):
        end = time.monotonic() + 60
        while True:
            try:
                if b"READY=1" in ready.recv(200):
                    return
            except TimeoutError:
                code = self.milter.poll()
                if code is not None:
                    self.milter = None
                    raise Ended(code) from None
                if time.monotonic() > end:
                    raise

    def stop_milter(self, how=signal.SIGTERM):
        """Ends the daemon; its exit code."""
        if self.milter is None:
            return None
        self.milter.send_signal(how)
        try:
            return self.milter.wait(75)
        finally:
            self.milter = None

    def restart_milter(self, **options):
        self.stop_milter()
        self.start_milter(**options)

    def start(self, **options):
        self.start_milter(**options)
        self.postfix.start()
        return self

    def stop(self):
        try:
            if self.milter is not None:
                self.stop_milter()
        finally:
            self.postfix.stop()
            self.sink.close()

    def clock(self, seconds):
        """The daemon's clock is wrong by so much from its next start on; 0: it
        is right again."""
        for name in ("LD_PRELOAD", "CH_CLOCK_OFFSET", "ASAN_OPTIONS"):
            self.environment.pop(name, None)
        if seconds:
            # A sanitizer wants to come first, but bears not to.
            options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
            self.environment.update(LD_PRELOAD=os.path.join(self.build, "clock.so"),
                                    CH_CLOCK_OFFSET=str(seconds), ASAN_OPTIONS=options)

    # --- sending ------------------------------------------------------------

    def connect(self, user=AUTHOR):
        client = smtplib.SMTP("127.0.0.1", self.postfix.port, timeout=90)
        client.ehlo("client.example")
        if user:
            client.user, client.password = f"{user}@{REALM}", PASSWORD
            client.auth("PLAIN", client.auth_plain)
        return client

    def send(self, recipients, data, user=AUTHOR, sender=None, client=None):
        """Sends over SMTP; the text of the 250, or Reply."""
        own = client is None
        client = client or self.connect(user)
        try:
            steps = [lambda: client.mail(LOGIN if sender is None else sender)]
            steps += [lambda r=r: client.rcpt(r) for r in recipients]
            for step in steps:
                code, text = step()
                if code != 250:
                    raise Reply(code, text)
            try:
                code, text = client.data(data)
            except smtplib.SMTPDataError as error:
                code, text = error.smtp_code, error.smtp_error
            if code != 250:
                client.rset()
                raise Reply(code, text)
            return text.decode()
        finally:
            if own:
                client.close()

    def refused(self, *args, **more):
        """Sends and returns the Reply that must come."""
        try:
            text = self.send(*args, **more)
        except Reply as reply:
            return reply
        raise AssertionError("was accepted: " + text)

    def hold(self, recipients, data, **more):
        """Sends what is held; the item's ID."""
        before = {i["id"] for i in self.items("held")}
        self.send(recipients, data, **more)
        return next(i["id"] for i in self.items("held") if i["id"] not in before)

    def release(self, item, note="looked at it"):
        return self.chaperone("quarantine", "release", item, "--note", note,
                              "--reviewer", "Dana").returncode

    # --- looking --------------------------------------------------------------

    def chaperone(self, *args):
        return subprocess.run([os.path.join(self.build, "chaperone"), *args[:2], "-c",
                               self.config, *args[2:]], capture_output=True,
                              env=environment())

    def items(self, state=None):
        """What `quarantine list` shows, as dictionaries."""
        more = ["--state", state] if state else []
        done = self.chaperone("quarantine", "list", "--format", "json", *more)
        if done.returncode != 0:
            raise AssertionError("quarantine list: " + done.stderr.decode())
        return [json.loads(line) for line in done.stdout.splitlines()]

    def item(self, ident):
        return next(i for i in self.items() if i["id"] == ident)

    def wait_state(self, item, state, seconds=20):
        wait(lambda: self.item(item)["state"] == state, seconds, f"{item} to be {state}")
        return self.item(item)

    def export(self, item):
        done = self.chaperone("quarantine", "export", item)
        if done.returncode != 0:
            raise AssertionError("quarantine export: " + done.stderr.decode())
        return done.stdout

    def control(self, command, seconds=60):
        """Lines of the control socket's answer; the last is ok or error."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(seconds)
            s.connect(os.path.join(self.root, "var/control.sock"))
            s.sendall(command.encode() + b"\n")
            answer = b""
            while chunk := s.recv(65536):
                answer += chunk
        return answer.decode().splitlines()

    def log_text(self):
        with open(self.log, "rb") as f:
            return f.read()

    def wait_log(self, text, seconds=10, count=1):
        return wait(lambda: self.log_text().count(text) >= count, seconds,
                    f"log: {text!r}")

    def rss_kib(self):
        with open(f"/proc/{self.milter.pid}/status") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


def wait(condition, seconds=10, what="condition"):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.05)
    return True
