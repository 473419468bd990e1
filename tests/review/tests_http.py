"""The review page as hostile and careless clients see it."""
import json
import os
import re
import socket
import sqlite3
import threading
import time

import pictures
from reviewsite import ALIAS, CHECK, GATEWAY, PASSWORD, ROLES, SOURCE_DIR, totp
from testsite import COMPLIANCE, post, wait

HELD = "We treated a lady today who was sure it was a spider bite. Shingles, of course!"
NO_ITEM = "0123456789ABCDEF"
ALL = {"reviewer", "senior", "auditor", "admin"}
DECIDE = {"reviewer", "senior", "admin"}
SENIORS = {"senior", "admin"}
ANYBODY = None

VERBS = {verb: DECIDE for verb in ("take", "let-go", "release", "refuse", "escalate", "ask", "answer",
                                   "seen")}
VERBS.update({verb: SENIORS for verb in ("evidence", "end-evidence", "settle")})

# Who may: written by hand, not read from the program.
TABLE = {
    ("GET", "/"): ANYBODY, ("GET", "/healthz"): ANYBODY, ("GET", "/metrics"): ANYBODY,
    ("GET", "/assets/style.css"): ANYBODY, ("GET", "/assets/page.js"): ANYBODY,
    ("GET", "/setup/*"): ANYBODY, ("POST", "/setup/*"): ANYBODY,
    ("GET", "/sign-in"): ANYBODY, ("POST", "/sign-in"): ANYBODY,
    ("GET", "/code"): ALL, ("POST", "/code"): ALL,
    ("GET", "/enrol"): ALL, ("POST", "/enrol"): ALL,
    ("POST", "/sign-out"): ALL, ("POST", "/language"): ANYBODY,
    ("GET", "/me"): ALL, ("POST", "/me/password"): ALL, ("POST", "/me/sign-out-all"): ALL,
    ("GET", "/people"): {"admin"}, ("POST", "/people"): {"admin"},
    ("POST", "/people/*"): {"admin"},
    ("GET", "/queue"): ALL, ("GET", "/passed"): ALL, ("GET", "/done"): ALL,
    ("GET", "/numbers"): ALL, ("POST", "/refuse"): DECIDE,
    ("GET", "/open/*"): ALL, ("GET", "/item/*"): ALL, ("POST", "/item/*/open"): ALL,
    ("GET", "/item/*/picture"): DECIDE, ("GET", "/item/*/raw"): DECIDE, ("GET", "/item/*/download"): DECIDE,
    ("GET", "/api/v1/openapi.json"): ANYBODY, ("POST", "/api/v1/session"): ANYBODY,
    ("POST", "/api/v1/session/end"): ALL, ("GET", "/api/v1/counts"): ALL,
    ("GET", "/api/v1/numbers"): ALL, ("GET", "/api/v1/items"): ALL,
    ("GET", "/api/v1/items/*"): ALL, ("GET", "/api/v1/items/*/history"): ALL,
}
TABLE.update({("POST", f"/item/*/{verb}"): who for verb, who in VERBS.items()})
TABLE.update({("POST", f"/api/v1/items/*/{verb}"): who for verb, who in VERBS.items()})

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
                               "img-src 'self'; connect-src 'self'; form-action 'self'; "
                               "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def hold(site, text=HELD, subject="A post"):
    """Each time another post: the same one again would get the same ID."""
    return site.hold([GATEWAY], post([GATEWAY], f"{text}\n{time.time()}", subject))


def raw_request(site, data, seconds=10):
    """Bytes as they are; what comes back until the end."""
    with socket.create_connection(("127.0.0.1", site.ports["optional"]), seconds) as s:
        s.settimeout(seconds)
        s.sendall(data)
        answer = b""
        try:
            while chunk := s.recv(65536):
                answer += chunk
        except OSError:
            pass
    return answer


def test_the_table_is_the_programs(site):
    with open(os.path.join(SOURCE_DIR, "src/review/routes.c")) as f:
        known = set(re.findall(r'\{"(GET|POST)",\s*"([^"]+)"', f.read()))
    assert known == set(TABLE), known ^ set(TABLE)


def test_roles_and_endpoints(site):
    """Each route by nobody and by each role: refused or not, never half."""
    checked = 0
    clients = {name: site.signed_in(name) for name in ("dana", "sam", "ada", "root")}
    clients[None] = site.client()
    # Here the answer is about the form, not about who may.
    wrong_words = ("/sign-in", "/me/password", "/api/v1/session")
    for (method, pattern), allowed in TABLE.items():
        path = pattern.replace("*", NO_ITEM)
        for name, client in clients.items():
            ends = pattern in ("/me/sign-out-all", "/sign-out", "/api/v1/session/end")
            form = None
            if method == "POST":
                token = client.get("/sign-in" if name is None else "/me").csrf()
                form = dict(csrf=token or "none", x="1")
            answer = client.ask(method, path, form=form)
            role = ROLES.get(name)
            if allowed is ANYBODY or role in allowed:
                assert answer.status not in (401, 403, 500) or pattern in wrong_words, \
                    (method, path, name, answer.status)
            elif name is None:
                right = 303 if method == "GET" and not path.startswith("/api") else 401
                assert answer.status == right, (method, path, answer.status)
                assert right == 401 or answer.header("Location") == "/sign-in"
            else:
                assert answer.status == 403, (method, path, name, answer.status)
            checked += 1
            if name is not None and ends:
                assert client.get("/me").status == 303, (path, name)
                client.sign_in(name)
    assert checked == len(TABLE) * 5


def test_headers_of_every_response(site):
    item = hold(site)
    client = site.signed_in("sam")
    answers = []
    for (method, pattern) in TABLE:
        for ident in (item, NO_ITEM, "x"):
            path = pattern.replace("*", ident)
            if method == "GET":
                answers.append((path, client.get(path)))
            else:
                answers.append((path, client.ask("POST", path, form=dict(a="b"))))
    answers += [(p, client.get(p)) for p in ("/nope", "/%2e%2e/x", "/item/%00")]
    answers += [("PUT", client.ask("PUT", "/queue")), ("413", client.ask(
        "POST", "/refuse", body=b"a" * 70000))]
    for path, answer in answers:
        for name, value in HEADERS.items():
            assert answer.header(name) == value, (path, answer.status, name)
        kept = path.startswith("/assets") or path.endswith("openapi.json")
        assert answer.header("Cache-Control") == ("max-age=3600" if kept else "no-store"), path
        assert answer.header("Content-Type"), path
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                assert "HttpOnly" in value and "SameSite=Lax" in value and "Path=/" in value
    download = client.get(f"/item/{item}/download")
    assert download.header("Content-Disposition") == f'attachment; filename="{item}.eml"'
    assert download.header("Content-Type") == "application/octet-stream"


def test_no_inline_and_no_outside(site):
    """What the policy forbids is not even there."""
    item = hold(site)
    client = site.signed_in("root")
    for path in ("/queue", "/passed", "/done", "/numbers", "/people", "/me", f"/item/{item}",
                 f"/item/{item}/raw"):
        text = client.get(path).text
        assert not re.search(r"<[^>]*\s(style|on\w+)=", text), path
        assert not re.search(r"<style|javascript:|<iframe|<img|<object|<embed", text), path
        for address in re.findall(r'(?:href|src|action)="([^"]*)"', text):
            assert address[0] in "/#?" and not address.startswith("//"), (path, address)


def test_forged_forms(site):
    item = hold(site)
    dana, eli = site.signed_in("dana"), site.signed_in("eli")
    card = dana.get(f"/item/{item}")
    content = card.hidden("content")
    for token in (None, "", "0" * 32, eli.get("/me").csrf(), card.csrf()[:-1], card.csrf() + "0"):
        form = dict(content=content, note="x")
        if token is not None:
            form["csrf"] = token
        for verb in ("take", "release", "refuse", "escalate"):
            answer = dana.ask("POST", f"/item/{item}/{verb}", form=form)
            assert answer.status == 403, (token, verb, answer.status)
    # As JSON or plain text, which another site could send, it is no form.
    body = f"csrf={card.csrf()}&content={content}"
    for kind in ("text/plain", "application/json", "multipart/form-data"):
        answer = dana.ask("POST", f"/item/{item}/release", body=body,
                          headers={"Content-Type": kind})
        assert answer.status == 403, (kind, answer.status)
    assert site.item(item)["state"] == "held"


def test_an_approval_is_for_what_was_shown(site):
    item, other = hold(site), hold(site, HELD + " Really.")
    dana = site.signed_in("dana")
    wrong = dana.get(f"/item/{other}").hidden("content")
    for content in (wrong, "", "0" * 64, "zz"):
        answer = dana.post(f"/item/{item}/release", dict(content=content, note="x"))
        assert answer.status == 409, (content, answer.status)
    assert site.item(item)["state"] == "held"


def test_replayed_forms(site):
    item = hold(site)
    dana = site.signed_in("dana")
    card = dana.get(f"/item/{item}")
    form = dict(csrf=card.csrf(), content=card.hidden("content"), note="fine")
    assert dana.ask("POST", f"/item/{item}/release", form=form).status == 303
    for verb in ("release", "refuse", "take", "escalate"):
        assert dana.ask("POST", f"/item/{item}/{verb}", form=form).status == 409, verb
    site.wait_state(item, "released")
    got = site.sink.find(lambda m: m.header("X-Chaperone-Id") == [item] and m.sender != "")
    assert len(got) == 1


def test_a_stolen_cookie_after_sign_out(site):
    dana = site.signed_in("dana")
    thief = site.client()
    thief.cookies = dict(dana.cookies)
    assert thief.get("/queue").status == 200
    token = dana.get("/me").csrf()
    assert dana.ask("POST", "/sign-out", form=dict(csrf=token)).status == 303
    assert thief.get("/queue").status == 303
    assert thief.ask("POST", "/me/sign-out-all", form=dict(csrf=token)).status == 401
    # Everywhere.
    one, two = site.signed_in("dana"), site.signed_in("dana")
    assert one.post("/me/sign-out-all").status == 303
    assert two.get("/queue").status == 303


def test_the_link_of_a_notice(site):
    """Opens its card once one has signed in, and once only."""
    item = hold(site, HELD + " Link.")
    client = site.client()
    assert client.get(f"/item/{item}").header("Location") == "/sign-in"
    form = dict(name="dana", password=PASSWORD)
    answer = client.post("/sign-in", form, page="/sign-in")
    assert answer.header("Location") == f"/item/{item}", answer.headers
    assert "Shingles" in client.get(f"/item/{item}").text
    client.post("/sign-out")
    again = client.post("/sign-in", form, page="/sign-in")
    assert again.header("Location") == "/queue"
    # Nothing but a post of this site is ever gone to.
    for value in ("//evil.example", "../people", "0" * 63, "g" * 64, "https://evil.example/", NO_ITEM + "/x", ""):
        client = site.client()
        client.cookies["chaperone-next"] = value
        assert client.post("/sign-in", form, page="/sign-in").header("Location") == "/queue", value
    for path in ("/people", "/item/x", f"/item/{item}/raw"):
        client = site.client()
        client.get(path)
        assert "chaperone-next" not in client.cookies, path


def test_the_link_of_a_notice_with_a_second_step(site):
    site.add_users({"zoe": "reviewer"})
    item = hold(site, HELD + " Second step.")
    client = site.client("required")
    client.get(f"/item/{item}")
    answer = client.post("/sign-in", dict(name="zoe", password=PASSWORD), page="/sign-in")
    assert answer.header("Location") == "/enrol"
    page = client.get("/enrol")
    key = page.hidden("key")
    answer = client.ask("POST", "/enrol", form=dict(csrf=page.csrf(), key=key, code=totp(key)))
    assert answer.header("Location") == f"/item/{item}", answer.text


def link_of(site, item):
    """The path of the link in compliance's letter about it."""
    def fits(m):
        return COMPLIANCE in m.recipients and item in " ".join(m.header("Subject"))
    text = site.sink.wait(fits)[0].body().replace(b"=\r\n", b"").decode()
    return re.search(r"https://review\.practice\.example(/open/[0-9a-f]{64})\r\n", text)[1]


def with_links(site, test):
    """Letters have links only where the page has an address."""
    plain = site.extra
    site.extra = plain.replace("review: {", 'review: {base_url: "https://review.practice.example", ')
    site.restart_milter()
    try:
        test()
    finally:
        site.extra = plain
        site.restart_milter()


def test_a_link_works_once(site):
    def run():
        item, other = hold(site, HELD + " Once."), hold(site, HELD + " Too late.")
        path = link_of(site, item)
        form = dict(name="dana", password=PASSWORD)
        client = site.client()
        # It signs nobody in, and who is not is sent to do that: nothing is spent.
        assert client.get(path).header("Location") == "/sign-in"
        assert client.get("/queue").header("Location") == "/sign-in"
        answer = client.post("/sign-in", form, page="/sign-in")
        assert answer.header("Location") == path, answer.headers
        assert client.ask("HEAD", path).header("Location") == "/queue"
        assert client.get(path).header("Location") == f"/item/{item}"
        assert "Shingles" in client.get(f"/item/{item}").text
        # Spent, for everybody; by its ID the post still opens.
        for who in (client, site.signed_in("sam"), site.signed_in("ada")):
            answer = who.get(path)
            assert answer.status == 410 and item in answer.text and 'href="/queue"' in answer.text
            assert who.get(f"/item/{item}").status == 200
        late = link_of(site, other)
        with sqlite3.connect(os.path.join(site.root, "var/chaperone.db")) as db:
            db.execute("UPDATE link SET until_us = 1 WHERE id = ?", (other,))
        answer = client.get(late)
        assert answer.status == 410 and other in answer.text and "time" in answer.text
        for wrong in ("/open/" + "0" * 64, path[:-1], path + "0", "/open/" + item, "/open/x"):
            answer = client.get(wrong)
            assert answer.status == 404 and 'href="/queue"' in answer.text, wrong
        token = path.rsplit("/", 1)[1]
        logs = site.log_text().decode("utf-8", "replace") + site.log_of_review()
        assert token not in logs and token[:16] not in logs
        assert "reason=link-spent" in logs and "reason=link-foreign" in logs
        assert token.encode() not in site.chaperone("audit", "export").stdout
        with sqlite3.connect(os.path.join(site.root, "var/chaperone.db")) as db:
            rows = db.execute("SELECT recipient, used_us IS NOT NULL FROM link WHERE id = ?",
                              (item,)).fetchall()
        assert rows == [(COMPLIANCE, 1)], rows
    with_links(site, run)


def test_two_who_follow_a_link_at_once(site):
    def run():
        item = hold(site, HELD + " At once.")
        path = link_of(site, item)
        clients = [site.signed_in(name) for name in ("dana", "eli", "sam", "root")]
        answers = []
        threads = [threading.Thread(target=lambda c=c: answers.append(c.get(path).status))
                   for c in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [303, 410, 410, 410], answers
    with_links(site, run)


def test_a_link_with_a_second_step(site):
    def run():
        site.add_users({"uma": "reviewer"})
        item = hold(site, HELD + " A link and a second step.")
        path = link_of(site, item)
        client = site.client("required")
        client.get(path)
        client.post("/sign-in", dict(name="uma", password=PASSWORD), page="/sign-in")
        assert client.get(path).header("Location") == "/enrol", "half is not enough"
        page = client.get("/enrol")
        key = page.hidden("key")
        answer = client.ask("POST", "/enrol", form=dict(csrf=page.csrf(), key=key, code=totp(key)))
        assert answer.header("Location") == path
        assert client.get(path).header("Location") == f"/item/{item}"
    with_links(site, run)


def test_a_session_gets_a_token_of_its_own(site):
    client = site.client()
    client.cookies["chaperone"] = "0" * 64
    client.sign_in("dana")
    assert client.cookies["chaperone"] != "0" * 64
    before = client.cookies["chaperone"]
    client.cookies.pop("chaperone-form", None)
    client.post("/sign-in", dict(name="dana", password=PASSWORD), page="/me")
    assert client.cookies["chaperone"] != before


def test_get_changes_nothing(site):
    item = hold(site)
    client = site.signed_in("root")
    before = [(i["id"], i["state"]) for i in site.items()]
    for (_, pattern) in TABLE:
        path = pattern.replace("*", item)
        if not path.endswith(("/raw", "/download")):
            client.get(path + "?note=x&csrf=x&do=disable&lang=es")
    assert [(i["id"], i["state"]) for i in site.items()] == before
    assert client.get("/queue").text.count('lang="en"') == 1


def test_paths_and_methods(site):
    for target in ("/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/../queue",
                   "/assets/%2e%2e%2fstyle.css", "//evil.example/", "/item/../queue", "/item/%00",
                   "/queue%0d%0aX-Evil:1", "/\\evil.example", "/assets//style.css", "/%ff"):
        answer = raw_request(site, f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                             .encode())
        assert answer.startswith(b"HTTP/1.1 4"), (target, answer[:80])
        assert b"X-Evil" not in answer and b"root:" not in answer
    for method in ("BREW", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "CONNECT", "get"):
        answer = raw_request(site, f"{method} /queue HTTP/1.1\r\nHost: x\r\n"
                             "Connection: close\r\n\r\n".encode())
        assert not answer.startswith(b"HTTP/1.1 2"), (method, answer[:80])
    head = raw_request(site, b"HEAD /sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200") and head.endswith(b"\r\n\r\n")
    for junk in (b"\0\1\2\3\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                 b"GET / HTTP/1.1\r\n" + b"A: " + b"a" * 200000 + b"\r\n\r\n",
                 b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
                 b"POST /sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"):
        assert not raw_request(site, junk, 5).startswith(b"HTTP/1.1 2"), junk[:40]
    assert site.answers("optional")


def children(page):
    found = []
    for task in os.listdir(f"/proc/{page.pid}/task"):
        with open(f"/proc/{page.pid}/task/{task}/children") as f:
            found += f.read().split()
    return found


def rss_kib(page):
    with open(f"/proc/{page.pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


def test_bodies_of_100_megabytes(site):
    before = rss_kib(site.pages["optional"])
    said = raw_request(site, b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/"
                       b"x-www-form-urlencoded\r\nContent-Length: 104857600\r\n\r\n" + b"a" * 65536)
    assert said.startswith(b"HTTP/1.1 413"), said[:80]
    with socket.create_connection(("127.0.0.1", site.ports["optional"]), 20) as s:
        s.sendall(b"POST /sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        sent, chunk = 0, b"10000\r\n" + b"a" * 65536 + b"\r\n"
        try:
            while sent < 100 << 20:
                s.sendall(chunk)
                sent += 65536
        except OSError:
            pass
    assert sent < 20 << 20, f"{sent} bytes were taken"
    assert rss_kib(site.pages["optional"]) - before < 20000
    assert site.answers("optional")


def test_slow_loris(site):
    """A byte now and then ends after the total deadline; others are served meanwhile."""
    slow = []
    for _ in range(100):
        s = socket.create_connection(("127.0.0.1", site.ports["optional"]), 5)
        s.sendall(b"GET /queue HTTP/1.1\r\nHost: x\r\n")
        slow.append(s)
    client = site.signed_in("dana")
    begin, alive, worst = time.monotonic(), slow[:], 0.0
    while alive and time.monotonic() - begin < 45:
        for s in alive[:]:
            try:
                s.sendall(b"X")
            except OSError:
                alive.remove(s)
        asked = time.monotonic()
        assert client.get("/queue").status == 200
        worst = max(worst, time.monotonic() - asked)
        time.sleep(1)
    took = time.monotonic() - begin
    for s in slow:
        s.close()
    assert not alive and took < 40, (len(alive), took)
    print(f"      100 slow connections ended after {took:.0f} s; the queue took at most "
          f"{worst * 1000:.0f} ms", flush=True)
    wait(lambda: "reason=deadline" in site.log_of_review(), 5, "the log")


def test_lock_out(site):
    site.add_users({"lockme": "reviewer"})
    client = site.client()
    for _ in range(5):
        answer = client.post("/sign-in", dict(name="lockme", password="wrong wrong wrong"),
                             page="/sign-in")
        assert answer.status == 401
    answer = client.post("/sign-in", dict(name="lockme", password=PASSWORD), page="/sign-in")
    assert answer.status == 401
    unknown = client.post("/sign-in", dict(name="nobody-here", password=PASSWORD), page="/sign-in")
    strip = re.compile(r'value="\w{32}"')
    assert strip.sub("", answer.text) == strip.sub("", unknown.text), "names can be found out"


def test_an_auditor_sees_stars(site):
    item = hold(site, HELD + " Her name is Wilhelmina.")
    ada = site.signed_in("ada")
    text = ada.get(f"/item/{item}").text
    assert "Wilhelmina" not in text and "shingles" not in text.lower()
    assert "W*********" in text
    assert ada.get(f"/item/{item}/raw").status == 403
    assert "Your decision" not in text


def test_a_photo(site):
    """Shown small, upright and without all that it told beside its pixels."""
    item = site.hold([GATEWAY], pictures.with_files(
        f"{HELD} {time.time()}", [("photo.jpg", "image/jpeg", pictures.photo())]))
    dana, eli, ada = (site.signed_in(name) for name in ("dana", "eli", "ada"))
    card = dana.get(f"/item/{item}").text
    path, = re.findall(r'<img class="thumbnail" src="([^"]+)" alt="Picture 1[^"]+"', card)
    assert "tells where it was taken" in card and f"Artist: {pictures.ARTIST}" in card
    assert "Sent today, the verdict would be" not in card, "it is read as the milter read it"
    for number in pictures.PLACE:
        assert number[:5] not in card, "no place"
    answer = dana.get(path)
    assert answer.status == 200 and answer.header("Content-Type") == "image/png"
    assert answer.header("Cache-Control") == "no-store"
    image = pictures.look(answer.body)
    assert image["format"] == "PNG" and image["size"] == [320, 480], image
    assert image["exif"] == 0, image
    assert set(re.findall(rb"(?:IHDR|IDAT|IEND|pHYs|[a-z]{2}[A-Z]t|eXIf|iCCP)", answer.body)) \
        <= {b"IHDR", b"IDAT", b"IEND", b"pHYs"}
    top, bottom = image["top"], image["bottom"]
    assert top[0] > 150 > top[2] and bottom[2] > 150 > bottom[0], (top, bottom)
    # Who has not opened the card has not seen it; an auditor sees neither words nor pictures.
    assert eli.get(path).status == 409 and ada.get(path).status == 403
    masked = ada.get(f"/item/{item}").text
    assert "<img" not in masked and "Quill" not in masked
    assert site.client().get(path).header("Location") == "/sign-in"


def in_spanish(client, path):
    """The language is the account's: English again after that."""
    assert client.post("/language", dict(lang="es")).status == 303
    try:
        return client.get(path).text
    finally:
        assert client.post("/language", dict(lang="en")).status == 303


def test_where_in_a_picture_something_was_found(site):
    site.restart_milter(extra="extract: {timeout: 60s}\n")
    try:
        for x, y, words, palabras in ((40, 40, "picture, upper left", "imagen, arriba a la izquierda"),
                                      (1000, 1100, "picture, lower right",
                                       "imagen, abajo a la derecha")):
            item = site.hold([GATEWAY], pictures.with_files(
                f"The news {time.time()}",
                [("a.png", "image/png", pictures.written("Our zibblehold here", x, y))]))
            assert site.item(item)["rules"] == ["e2e/hold"]
            dana = site.signed_in("dana")
            assert words in dana.get(f"/item/{item}").text
            found = json.loads(dana.get(f"/api/v1/items/{item}").text)["findings"]
            assert [f["place"] for f in found] == [words], found
            assert palabras in in_spanish(dana, f"/item/{item}")
    finally:
        site.restart_milter()


def test_that_pictures_were_cleaned(site):
    site.restart_milter(
        extra="extract: {clean: true, keep_original: true, ocr: false, timeout: 60s}\n")
    try:
        before = {i["id"] for i in site.items("passed")}
        site.send([GATEWAY], pictures.with_files(f"The news {time.time()}",
                                                 [("a.jpg", "image/jpeg", pictures.photo())]))
        item = next(i["id"] for i in site.items("passed") if i["id"] not in before)
    finally:
        site.restart_milter()
    dana = site.signed_in("dana")
    card = dana.get(f"/item/{item}").text
    assert "was taken out before the post went on." in card
    assert "Here it is as it was received." in card
    assert "Sent today, the verdict would be" not in card
    assert pictures.PLACE[0][:6] not in card
    assert "se quitó antes de enviar la publicación." in in_spanish(dana, f"/item/{item}")
    assert "was taken out before" not in dana.get(f"/item/{hold(site)}").text


def test_hostile_pictures(site):
    """Nothing of the file's bytes reaches a browser, whatever they are."""
    made = pictures.hostile()
    item = site.hold([GATEWAY], pictures.with_files(f"{HELD} {time.time()}",
                                                    [row[:3] for row in made]))
    dana = site.signed_in("dana")
    card = dana.get(f"/item/{item}").text
    shown = [p.replace("&amp;", "&") for p in re.findall(r'<img [^>]*src="([^"]+)"', card)]
    assert len(shown) == sum(row[3] for row in made), shown
    good = 0
    for part in range(len(made) + 3):
        path = f"/item/{item}/picture?part={part}"
        answer = dana.get(path)
        assert answer.status in (200, 404), (path, answer.status)
        assert pictures.HIDDEN not in answer.body, path
        if answer.status == 200:
            assert path in shown and pictures.look(answer.body)["size"] == [300, 200]
            good += 1
    assert good == 1, "both.jpg is a picture; the others cannot be shown"
    for part in ("", "../1", "1.1.1", "2%00", "99999999999", "-1"):
        assert dana.get(f"/item/{item}/picture?part={part}").status in (400, 404), part
    assert site.answers("optional")


def test_slow_pictures_delay_nobody(site):
    """A reader that hangs: lists answer all the same, on each thread."""
    item = site.hold([GATEWAY], pictures.with_files(
        f"{HELD} {time.time()}", [("a.jpg", "image/jpeg", pictures.drawn(40, 30))]))
    program = os.path.join(site.root, "hanging")
    with open(program, "w") as f:
        f.write("#!/bin/sh\nprintf R >&0\nexec sleep 60\n")
    os.chmod(program, 0o755)
    site.start_page("hangs", "optional",
                    more=f'extract: {{program: "{program}", timeout: 8s}}\n')
    dana = site.client("hangs").sign_in("dana")
    site.signed_in("dana").get(f"/item/{item}")
    done = []

    def ask():
        try:
            done.append(dana.get(f"/item/{item}/picture?part=2").status)
        except OSError:
            done.append(None)
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    wait(lambda: len(children(site.pages["hangs"])) > 0, 10, "a reader at work")
    for _ in range(12):
        assert dana.get("/queue").status == 200
    assert not done, "a picture was faster than a list"
    for thread in threads:
        thread.join()
    assert done == [404] * 4, done


def test_own_posts(site):
    """anna sends; who has her login cannot release, but others can."""
    site.add_users({"anna": "admin"})
    item = hold(site, HELD + " Own.")
    anna = site.signed_in("anna")
    page = anna.get(f"/item/{item}")
    assert "your own post" in page.text
    content = site.signed_in("dana").get(f"/item/{item}").hidden("content")
    answer = anna.post(f"/item/{item}/release", dict(content=content, note="x"))
    assert answer.status == 409 and "nobody approves his own post" in answer.text
    assert site.signed_in("dana").post(f"/item/{item}/release",
                                       dict(content=content, note="x")).status == 303


def test_an_accounts_reviewers(site):
    """dana@ is the account's; eli may not, a senior may."""
    def hold_there():
        return site.hold([ALIAS], post([ALIAS], f"{HELD}\n{time.time()}"))
    item = hold_there()
    dana, eli, sam = (site.signed_in(name) for name in ("dana", "eli", "sam"))
    card = eli.get(f"/item/{item}")
    assert "has reviewers of its own" in card.text and "/release" not in card.text
    content = dana.get(f"/item/{item}").hidden("content")
    form = dict(content=content, note="x", canned="tone")
    for verb in ("take", "release", "refuse", "ask", "escalate"):
        answer = eli.post(f"/item/{item}/{verb}", form)
        assert answer.status == 409 and "other reviewers" in answer.text, (verb, answer.status)
    assert eli.post("/refuse", dict(id=item, canned="tone")).status == 409
    assert site.item(item)["state"] == "held"
    assert dana.post(f"/item/{item}/release", form).status == 303
    assert sam.post(f"/item/{hold_there()}/refuse", form).status == 303


def hold_earlier(site, texts, seconds):
    """What came in so long ago."""
    site.stop_milter()
    site.clock(-seconds)
    site.start_milter()
    try:
        return [hold(site, text) for text in texts]
    finally:
        site.stop_milter()
        site.clock(0)
        site.start_milter()


def test_the_card_tells_what_a_release_does_now(site):
    """By a senior: what is late is escalated by then."""
    import json
    sam = site.signed_in("sam")
    rows = [
        ("", "published as it is, at once", "none", "publish it as it is"),
        ("\n[delay 2036-01-02 09:00]", "published as it is, and appears", "none",
         "publish it as it is"),
        ("\n[delay +2 hours]", "the delay is rewritten to", "kept", "its delay rewritten"),
        ("\n[delay +30 minutes]", "its delay is taken out", "late", "at once, its time is over"),
    ]
    items = hold_earlier(site, [f"{HELD}{row[0]}\n" for row in rows], 3600)
    for item, (directive, words, kind, button) in zip(items, rows):
        card = sam.get(f"/item/{item}")
        assert words in card.text, (directive, card.text)
        assert re.search(rf"<button[^>]*>Release:[^<]*{button}<", card.text), directive
        told = json.loads(sam.get(f"/api/v1/items/{item}").text)["on_release"]
        assert [t["kind"] for t in told] == [kind], told
        form = dict(content=card.hidden("content"), note="x")
        assert sam.post(f"/item/{item}/release", form).status == 303, directive
        site.wait_state(item, "released", 60)
        got = site.sink.find(lambda m: m.header("X-Chaperone-Id") == [item] and m.sender != "")
        if kind == "kept":
            minutes = int(re.search(r"\[delay \+(\d+) minutes\]", told[0]["directive"])[1])
            assert 55 <= minutes <= 60, told
            sent = int(re.search(rb"\[delay \+(\d+) minutes\]", got[0].data)[1])
            assert minutes - 2 <= sent <= minutes, (minutes, sent)
        else:
            assert (b"[delay" in got[0].data) == ("2036" in directive), got[0].data


def test_what_is_late_has_no_button_where_it_is_refused(site):
    site.start_page("refuses", "optional", late="refuse")
    item, = hold_earlier(site, [HELD + "\n[delay +30 minutes]\n"], 3600)
    sam = site.client("refuses").sign_in("sam")
    card = sam.get(f"/item/{item}")
    assert "here what is late is refused" in card.text and "--as-is" in card.text
    assert f"/item/{item}/release" not in card.text
    form = dict(content=site.signed_in("sam").get(f"/item/{item}").hidden("content"), note="x")
    answer = sam.post(f"/item/{item}/release", form)
    assert answer.status == 409 and "time of publication is over" in answer.text
    assert site.item(item)["state"] == "held"


def test_escalation_and_evidence(site):
    item = hold(site, HELD + " Escalate.")
    dana, sam = site.signed_in("dana"), site.signed_in("sam")
    assert dana.post(f"/item/{item}/evidence").status == 403
    assert dana.post(f"/item/{item}/escalate", dict(note="please look")).status == 303
    assert dana.post(f"/item/{item}/refuse", dict(canned="tone")).status == 409
    assert sam.post(f"/item/{item}/evidence").status == 303
    assert sam.post(f"/item/{item}/refuse", dict(canned="tone")).status == 303
    history = sam.get(f"/api/v1/items/{item}/history").text
    for event in ("escalated", "evidence", "refused"):
        assert f'"{event}"' in history, event


def test_the_author_is_asked(site):
    item = hold(site, HELD + " Ask.")
    dana = site.signed_in("dana")
    assert dana.post(f"/item/{item}/ask", dict(note="")).status == 400
    assert dana.post(f"/item/{item}/ask", dict(note="Is there a written consent?")).status == 303
    mail = site.sink.wait(lambda m: item.encode() in m.data and b"question about" in m.data)[0]
    assert mail.recipients == ["anna@practice.example"]
    assert b"Is there a written consent?" in mail.data and b"Shingles" not in mail.data
    assert site.item(item)["state"] == "held"


def test_an_author_writes_and_is_answered(site):
    """"Please review" by mail, read on the card, answered by mail."""
    item = hold(site, HELD + " Letter.")
    dana, ada = site.signed_in("dana"), site.signed_in("ada")
    assert "/answer" not in dana.get(f"/item/{item}").text
    assert dana.post(f"/item/{item}/ask", dict(note="Is there a consent?")).status == 303
    site.send([CHECK], post([CHECK], "Yes. Wilhelmina signed it <b>today</b>.",
                            subject=f"Re: Chaperone: a question about your post (ID {item})"))
    card = dana.get(f"/item/{item}").text
    assert "Wilhelmina signed it &lt;b&gt;today" in card and "author-wrote" in card
    assert "Wilhelmina" not in ada.get(f"/item/{item}").text
    assert "author wrote" in dana.get(f"/queue?q={item}").text
    assert '"author_wrote":null' not in dana.get(f"/api/v1/items/{item}").text
    assert dana.post(f"/item/{item}/answer", dict(note="")).status == 400
    assert dana.post(f"/item/{item}/refuse", dict(canned="tone")).status == 303
    # Also when it was decided: the answer is no decision.
    assert dana.post(f"/item/{item}/answer", dict(note="Please leave the name out.")).status == 303
    mail = site.sink.wait(lambda m: item.encode() in m.data and b"Please leave the name" in m.data)
    assert mail[0].recipients == ["anna@practice.example"] and b"Wilhelmina" not in mail[0].data
    assert site.item(item)["state"] == "refused"
    told = site.sink.find(lambda m: item.encode() in m.data and b"wrote to you" in m.data)
    assert [m.recipients for m in told] == [["compliance@practice.example"]]


def test_the_api(site):
    import json
    item = hold(site, HELD + " By the API.")
    client = site.client()
    assert client.ask("POST", "/api/v1/session", form=dict(
        name="dana", password=PASSWORD)).status == 403
    answer = client.ask("POST", "/api/v1/session", form=dict(name="dana", password=PASSWORD),
                        headers={"X-CSRF-Token": "new"})
    assert answer.status == 200, answer.text
    token = {"X-CSRF-Token": json.loads(answer.text)["csrf"]}
    shown = json.loads(client.get(f"/api/v1/items/{item}").text)
    assert shown["state"] == "held" and "Shingles" not in json.dumps(shown)
    assert client.ask("POST", f"/api/v1/items/{item}/release", form={}).status == 403
    done = client.ask("POST", f"/api/v1/items/{item}/release",
                      form=dict(content=shown["content"], note="by the API"), headers=token)
    assert done.status == 200 and json.loads(done.text)["state"] in ("releasing", "released")
    listed = json.loads(client.get("/api/v1/items?list=all&limit=5").text)
    assert 1 <= len(listed["items"]) <= 5 and listed["total"] >= len(listed["items"])
    described = json.loads(client.get("/api/v1/openapi.json").text)
    paths = {p.replace("/api/v1", "").replace("*", "{id}") for _, p in TABLE
             if p.startswith("/api/v1")}
    assert set(described["paths"]) == paths, set(described["paths"]) ^ paths
    assert client.ask("POST", "/api/v1/session/end", form={}, headers=token).status == 200
    assert client.get("/api/v1/counts").status == 401


def test_two_people_and_a_reason(site):
    """Both switched on, on a page of its own over the same store."""
    site.start_page("strict", "optional", ", two_people: true, ask_reason: true")
    item = hold(site, HELD + " Strict.")
    dana, eli = (site.client("strict").sign_in(name) for name in ("dana", "eli"))
    asked = dana.get(f"/item/{item}")
    assert "Why do you open this post?" in asked.text and "Shingles" not in asked.text
    assert "Shingles" not in dana.post(f"/item/{item}/open", dict(reason=" ")).text
    shown = dana.post(f"/item/{item}/open", dict(reason="daily round"))
    assert "Shingles" in shown.text and "approval of two people" in shown.text
    form = dict(content=shown.hidden("content"), note="fine")
    assert "Shingles" in dana.get(f"/item/{item}").text, "the reason holds for a while"
    assert dana.post(f"/item/{item}/release", form).status == 303
    assert site.item(item)["state"] == "held"
    again = dana.post(f"/item/{item}/release", form)
    assert again.status == 409 and "another person" in again.text
    assert eli.post(f"/item/{item}/release", form).status == 303
    site.wait_state(item, "released")
    history = eli.get(f"/api/v1/items/{item}/history").text
    assert '"approved-first"' in history and '"daily round"' in history


def age(site, item, days):
    with sqlite3.connect(os.path.join(site.root, "var/chaperone.db")) as db:
        by = int(days * 86400 * 1000000)
        db.execute("UPDATE item SET time_us = time_us - ?, deadline_us = deadline_us - ?"
                   " WHERE id = ?", (by, by, item))


def test_reminder_and_escalation(site):
    """Of three days: after half a reminder, after three quarters a senior's."""
    early, half, late = (hold(site, f"{HELD} {n}") for n in ("early", "half", "late"))
    for item, days in ((early, 1), (half, 2), (late, 2.5)):
        age(site, item, days)
    sam = site.signed_in("sam")

    def history(item):
        return sam.get(f"/api/v1/items/{item}/history").text

    wait(lambda: '"warned"' in history(late) and '"reminded"' in history(half), 45, "the marks")
    assert '"reminded"' not in history(early) and '"warned"' not in history(half)
    assert site.signed_in("dana").post(f"/item/{late}/refuse", dict(canned="tone")).status == 409
    for item, words in ((half, b"half of its"), (late, b"senior reviewer")):
        mail = site.sink.wait(lambda m: item.encode() in m.data and words in m.data)[0]
        assert mail.recipients == ["compliance@practice.example"]
        assert b"Shingles" not in mail.data
    assert site.item(late)["state"] == "held"


def test_a_proxy_that_signs_people_in(site):
    site.start_page("proxy", "optional", ', proxies: [127.0.0.1], proxy_login: X-Login')
    client = site.client("proxy")
    assert client.get("/queue").status == 303
    assert client.get("/queue", headers={"X-Login": "nobody-known"}).status == 303
    page = client.get("/queue", headers={"X-Login": "dana"})
    assert page.status == 200 and "dana" in page.text
    assert client.get("/people", headers={"X-Login": "dana"}).status == 403
    assert client.ask("POST", "/language", form=dict(csrf="x", lang="es"),
                      headers={"X-Login": "dana"}).status == 403
    assert site.client().get("/queue", headers={"X-Login": "dana"}).status == 303


def about(lines, what):
    """Grade and what is to change, of the one line about that."""
    found = [(grade, mend) for grade, line, mend in lines if line.startswith(what + ": ")]
    assert len(found) == 1, (what, lines)
    return found[0]


def test_doctor_looks_at_the_page(site):
    lines = site.doctor("required")
    for what in ("review.listen", "review: user", "review: store.key_file", "review: store",
                 "review: directory of the store", "review: /healthz"):
        assert about(lines, what)[0] == "ok", what
    grade, mend = about(lines, "review.base_url")
    assert grade == "warn" and "base_url" in mend
    var = os.path.join(site.root, "var")
    modes = {os.path.join(var, "store.key"): 0o004, os.path.join(var, "chaperone.db"): 0o440}
    before = {path: os.stat(path).st_mode & 0o777 for path in modes}
    try:
        for path, mode in modes.items():
            os.chmod(path, mode)
        lines = site.doctor("required")
    finally:
        for path, mode in before.items():
            os.chmod(path, mode)
    for what, words in (("review: store.key_file", "chmod 0640"), ("review: store", "chmod 0660")):
        grade, mend = about(lines, what)
        assert grade == "BAD" and words in mend, (what, mend)


def test_doctor_looks_at_the_certificate(site):
    site.tls_page(300)
    lines = site.doctor("tls")
    for what in ("review.tls: certificate", "review.tls: key", "review: certificate",
                 "review: /healthz", "review.listen"):
        assert about(lines, what)[0] == "ok", what
    site.stop_page("tls")
    site.tls_page(5)
    os.chmod(os.path.join(site.root, "5.key"), 0o644)
    lines = site.doctor("tls")
    grade, mend = about(lines, "review: certificate")
    assert grade == "warn" and "renew" in mend
    grade, mend = about(lines, "review.tls: key")
    assert grade == "BAD" and "chmod 0600" in mend
    site.stop_page("tls")
    os.unlink(os.path.join(site.root, "5.crt"))
    lines = site.doctor("tls")
    assert about(lines, "review: /healthz")[0] == "warn"
    assert about(lines, "review.tls: certificate")[0] == "BAD"


def test_doctor_says_that_the_page_would_not_start(site):
    with open(os.path.join(site.root, "review-required.yaml")) as f:
        text = f.read()
    with open(os.path.join(site.root, "review-open.yaml"), "w") as f:
        f.write(text.replace('listen: "127.0.0.1:', 'listen: "0.0.0.0:'))
    grade, mend = about(site.doctor("open"), "review.listen")
    assert grade == "BAD" and "in the clear" in mend


def test_metrics(site):
    text = site.client().get("/metrics").text
    for name in ("chaperone_review_waiting", "chaperone_review_sign_ins_total",
                 "chaperone_rules_loaded"):
        assert name in text, name


def test_no_log_holds_words(site):
    text = site.log_of_review() + site.log_text().decode()
    for word in ("Shingles", "spider", "Wilhelmina", PASSWORD, "correct horse"):
        assert word not in text, word
    for name in ("required", "optional"):
        with open(os.path.join(site.root, f"review-{name}.out")) as f:
            assert "Shingles" not in f.read()


TESTS = [value for name, value in list(globals().items()) if name.startswith("test_")]
