"""A site of the end-to-end tests with chaperone-review, and a client of it.

The review page runs twice over one store: with the second factor required, as
shipped, and optional, so that tests may sign in often.
"""
import base64
import hmac
import http.client
import os
import re
import ssl
import struct
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from postfix import environment, free_port  # noqa: E402
from testsite import SOURCE as SOURCE_DIR, Site, USER, wait  # noqa: E402

PASSWORD = "correct horse battery"
GATEWAY = "pequena123abc@post.wordpress.com"
# Posts to it are dana's to decide.
ALIAS = "blog@social.practice.example"
CHECK = "check@social.practice.example"
ACCOUNTS = (f"{{alias: {ALIAS}, gateway: wordpress, secret_file: SECRETS/blog, "
            "reviewers: [dana@practice.example]}")
ROLES = {"dana": "reviewer", "eli": "reviewer", "sam": "senior", "ada": "auditor",
         "root": "admin"}


def totp(key, now=None):
    """RFC 6238 by the standard library."""
    secret = base64.b32decode(key + "=" * (-len(key) % 8))
    digest = hmac.digest(secret, struct.pack(">Q", int((now or time.time()) // 30)), "sha1")
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 1000000:06d}"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.text = body.decode("utf-8", "replace")

    def header(self, name):
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)

    def csrf(self):
        found = re.search(r'name="csrf" value="(\w+)"', self.text)
        return found[1] if found else None

    def hidden(self, name):
        return re.search(rf'name="{name}" value="([^"]*)"', self.text)[1]


class Client:
    """A browser without scripts: keeps cookies, follows nothing."""

    def __init__(self, port, tls=False):
        self.port, self.cookies, self.tls = port, {}, tls

    def connect(self):
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60,
                                               context=ssl._create_unverified_context())
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, method, path, form=None, headers=None, body=None):
        connection = self.connect()
        more = dict(headers or {})
        if self.cookies:
            more["Cookie"] = "; ".join(f"{n}={v}" for n, v in self.cookies.items())
        if form is not None:
            body = urllib.parse.urlencode(form, doseq=True)
            more["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, more)
            response = connection.getresponse()
            answer = Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                key, rest = value.split("=", 1)
                self.cookies[key] = rest.split(";")[0]
        return answer

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, form=None, page="/me", **more):
        """With the token of a page of one's own."""
        fields = dict(form or {})
        if "csrf" not in fields:
            fields["csrf"] = self.get(page).csrf()
        return self.ask("POST", path, form=fields, **more)

    def sign_in(self, name, password=PASSWORD):
        answer = self.post("/sign-in", dict(name=name, password=password), page="/sign-in")
        assert answer.status == 303, (answer.status, answer.text[:500])
        return self


class ReviewSite(Site):
    """Site with two review pages; extra: further keys of review: in YAML."""

    def __init__(self, root, build, extra=""):
        super().__init__(root, build)
        self.review_extra = extra
        self.pages = {}
        self.review_log = os.path.join(root, "review.log")

    def review_keys(self, port, factor, extra):
        return (f'review: {{listen: "127.0.0.1:{port}", user: {USER}, group: nogroup, '
                f"second_factor: {factor}{extra}}}\n")

    def start(self, **options):
        # The last one's set-up link is the one that counts.
        self.ports = {"optional": free_port(), "required": free_port()}
        self.extra = self.review_keys(self.ports["required"], "required", self.review_extra)
        super().start(**options)
        for factor in list(self.ports):
            self.start_page(factor)
        return self

    def start_page(self, name, factor=None, extra="", late="publish", more=""):
        """A configuration of its own beside the milter's; the set-up link, if one is offered."""
        factor = factor or name
        self.ports.setdefault(name, free_port())
        path = os.path.join(self.root, f"review-{name}.yaml")
        with open(self.config) as f:
            text = f.read()
        keys = self.review_keys(self.ports[name], factor, self.review_extra + extra)
        with open(path, "w") as f:
            text = re.sub(r"(?m)^review: .*\n", keys, text)
            f.write(text.replace("late: publish", f"late: {late}") + more)
        out = open(os.path.join(self.root, f"review-{name}.out"), "w+")
        with open(self.review_log, "ab") as log:
            page = subprocess.Popen([os.path.join(self.build, "chaperone-review"), "-c", path],
                                    stdout=out, stderr=log, env=environment())
        self.pages[name] = page
        wait(lambda: page.poll() is not None or self.answers(name), 30, "the review page")
        assert page.poll() is None, self.log_of_review()[-2000:]
        out.seek(0)
        found = re.search(r"http\S+/setup/\w+", out.read())
        self.link = found[0] if found else None

    def answers(self, factor):
        try:
            return self.client(factor).get("/healthz").status == 200
        except OSError:
            return False

    def doctor(self, name):
        """What doctor says with the configuration of that page: grade, line, what to change."""
        done = subprocess.run([os.path.join(self.build, "chaperone"), "doctor", "-c",
                               os.path.join(self.root, f"review-{name}.yaml"),
                               f"--postfix-config={self.postfix.etc}"], capture_output=True,
                              env=environment())
        return re.findall(r"(?m)^(ok|warn|BAD) +([^\n]*)(?:\n +-> ([^\n]*))?",
                          done.stdout.decode())

    def certificate(self, days):
        """Paths of a certificate that is good so long, and of its key."""
        paths = [os.path.join(self.root, f"{days}.{kind}") for kind in ("crt", "key")]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                        "/CN=review.practice.example", "-days", str(days), "-out", paths[0],
                        "-keyout", paths[1]], check=True, capture_output=True)
        return paths

    def log_of_review(self):
        with open(self.review_log, "rb") as f:
            return f.read().decode("utf-8", "replace")

    def client(self, factor="optional"):
        return Client(self.ports[factor], factor == "tls")

    def url(self, factor="optional"):
        return f"http://127.0.0.1:{self.ports[factor]}"

    def add_users(self, roles=None):
        for name, role in (roles or ROLES).items():
            done = subprocess.run([os.path.join(self.build, "chaperone"), "user", "add", name,
                                   "-c", self.config, "--role", role],
                                  input=PASSWORD.encode() + b"\n", capture_output=True,
                                  env=environment())
            assert done.returncode == 0, done.stderr

    def signed_in(self, name):
        return self.client().sign_in(name)

    def tls_page(self, days):
        certificate, key = self.certificate(days)
        self.start_page("tls", "optional",
                        f", tls: {{certificate: {certificate}, key: {key}}}")

    def stop_page(self, name):
        page = self.pages.pop(name)
        page.terminate()
        code = page.wait(30)
        assert code == 0, f"chaperone-review ended with {code}"

    def stop_pages(self):
        for name in list(self.pages):
            if self.pages[name].poll() is None:
                self.stop_page(name)
        self.pages = {}

    def stop(self):
        try:
            self.stop_pages()
        finally:
            super().stop()
