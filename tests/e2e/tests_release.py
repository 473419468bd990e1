"""The way out of quarantine: what a server answers, who may come in by the
release listener, and a kill at every step.  Nothing is ever sent twice."""
import base64
import contextlib
import os
import signal
import smtplib
import socket
import sqlite3
import subprocess
import threading
import time
from types import SimpleNamespace

from scripted import CLOSE, Scripted
from testsite import COMPLIANCE, LOGIN, Reply, crlf, environment, post, wait
from tests_effects import BLOG, BLOG2, OTHER, PERSON, count_at_sink, to, unique

HIDDEN = "hidden@example.net"


def ledger(site, item):
    """Events of an item, in order."""
    with sqlite3.connect(os.path.join(site.root, "var/chaperone.db"), timeout=10) as db:
        return [e for e, in db.execute("SELECT event FROM ledger WHERE id = ? ORDER BY seq",
                                       (item,))]


def make_due(site):
    """What waits for its next attempt is due now."""
    with sqlite3.connect(os.path.join(site.root, "var/chaperone.db"), timeout=10) as db:
        db.execute("UPDATE delivery SET due_us = 0 WHERE state = 'waiting'")
    db.close()
    site.control("send")


def fresh(site, recipients=(BLOG,), text="zibblehold", **more):
    data = post(list(recipients), unique(text), **more)
    return site.hold(list(recipients), data), data


@contextlib.contextmanager
def scripted(site, *scripts):
    """The releaser talks to a scripted server.  It has the port of the real
    listener, on another loopback address: the milter knows the listener by
    its port."""
    with Scripted("127.0.0.2", site.postfix.release_port) as server:
        server.scripts = list(scripts)
        site.write_config(release=server.address)
        site.control("reload")
        try:
            yield server
        finally:
            site.write_config(release=f"127.0.0.1:{site.postfix.release_port}")
            if site.milter is not None:
                site.control("reload")


def listener(site, sender, recipients, data, port=None):
    """Sends to the release listener as the releaser does; code and text."""
    with smtplib.SMTP("127.0.0.1", port or site.postfix.release_port, timeout=60) as client:
        client.ehlo("releaser.example")
        client.mail(sender)
        for recipient in recipients:
            client.rcpt(recipient)
        try:
            return client.data(data)
        except smtplib.SMTPDataError as error:
            return error.smtp_code, error.smtp_error


# --- through Postfix -----------------------------------------------------------------


def test_release_reaches_the_gateway_once_as_approved(site):
    item, data = fresh(site)
    before = count_at_sink(site, BLOG), count_at_sink(site, LOGIN)
    assert site.release(item) == 0
    shown = site.wait_state(item, "released")
    message = site.sink.wait(to(BLOG), before[0] + 1)[-1]
    assert message.sender == LOGIN and message.recipients == [BLOG]
    assert message.body() == data.split(b"\r\n\r\n", 1)[1]
    assert message.header("Subject") == ["A post"]
    assert message.header("Message-ID") == [data.split(b"Message-ID: ")[1].split(b"\r")[0].decode()]
    assert message.header("X-Chaperone-Release") == []
    assert message.header("X-Chaperone-Id") == [item]
    assert message.header("X-Chaperone-Verdict") == ["accept"]
    assert shown["reply"].startswith("250 ") and shown["recipients"][0]["state"] == "sent"
    told = site.sink.wait(lambda m: LOGIN in m.recipients and b".released." in m.data and
                          item.encode() in m.data)
    assert b"was sent on" in told[-1].body()
    site.sink.wait(lambda m: COMPLIANCE in m.recipients and b".released." in m.data and
                   item.encode() in m.data)
    time.sleep(0.5)
    assert count_at_sink(site, BLOG) == before[0] + 1
    assert ledger(site, item) == ["held", "releasing", "release-attempt", "release-sent",
                                  "released"]


def test_a_second_decision_exits_65(site):
    item, _ = fresh(site)
    before = count_at_sink(site, BLOG)
    assert site.release(item) == 0
    assert site.release(item) == 65
    site.wait_state(item, "released")
    assert site.release(item) == 65
    refuse = site.chaperone("quarantine", "refuse", item, "--note", "x")
    assert refuse.returncode == 65
    site.sink.wait(to(BLOG), before + 1)
    time.sleep(0.5)
    assert count_at_sink(site, BLOG) == before + 1


def test_two_gateways_a_person_and_a_bcc_get_it_once_each(site):
    everybody = [BLOG, OTHER, PERSON, HIDDEN]
    before = [count_at_sink(site, r) for r in everybody]
    data = post(everybody[:3], unique("both zibblehold"))
    item = site.hold(everybody, data)
    for address, old in list(zip(everybody, before))[2:]:
        site.sink.wait(to(address), old + 1)
    assert site.release(item) == 0
    site.wait_state(item, "released")
    for address, old in zip(everybody, before):
        site.sink.wait(to(address), old + 1)
    time.sleep(1)
    assert [count_at_sink(site, r) for r in everybody] == [n + 1 for n in before]
    for address in (BLOG, OTHER):
        message = site.sink.find(to(address))[-1]
        assert message.recipients == [address], "one envelope each"
        assert HIDDEN.encode() not in message.data


def test_odd_recipients_hold_the_whole_mail_and_release_reaches_all(site):
    """Forms of an address that the MTA could read in its own way.  Postfix
    takes a source route away before a milter sees it: that one is split."""
    local, domain = BLOG2.split("@")
    rows = [("quoted", f'"{local}"@{domain}', True),
            ("percent", f"{local}%{domain}@local.practice.example", True),
            ("percent at the gateway", f"{local}%x@{domain}", True),
            ("trailing dot", f"{local}@{domain}.", True),
            ("route", f"@relay.example:{local}@{domain}", False)]
    counts = {"held whole": 0, "split": 0, "not taken by Postfix": 0}
    for name, odd, whole in rows:
        before = count_at_sink(site, PERSON), count_at_sink(site, BLOG2)
        ids = {i["id"] for i in site.items("held")}
        try:
            site.send([f"<{odd}>", PERSON], post([BLOG2, PERSON], unique(f"{name} zibblehold")))
        except Reply as reply:
            assert reply.text.startswith("5.1.3 "), (name, reply)
            counts["not taken by Postfix"] += 1
            continue
        new = [i["id"] for i in site.items("held") if i["id"] not in ids]
        assert len(new) == 1, name
        time.sleep(0.5)
        assert count_at_sink(site, BLOG2) == before[1], name
        assert count_at_sink(site, PERSON) == before[0] + (not whole), name
        assert site.release(new[0]) == 0, name
        shown = site.wait_state(new[0], "released")
        assert len(shown["recipients"]) == (2 if whole else 1), name
        message = site.sink.wait(to(PERSON), before[0] + 1)[-1]
        assert message.header("X-Chaperone-Release") == [], name
        time.sleep(0.5)
        assert count_at_sink(site, PERSON) == before[0] + 1, f"{name}: once"
        counts["held whole" if whole else "split"] += 1
    print("        " + ", ".join(f"{name} {n}" for name, n in counts.items()))
    assert counts["split"] == 1 and counts["held whole"] >= 2


def test_a_recipient_given_twice_is_deleted_and_released_once(site):
    before = count_at_sink(site, BLOG), count_at_sink(site, PERSON)
    data = post([BLOG, PERSON], unique("twice zibblehold"))
    item = site.hold([BLOG, PERSON, BLOG], data)
    site.sink.wait(to(PERSON), before[1] + 1)
    time.sleep(0.5)
    assert count_at_sink(site, BLOG) == before[0], "both are deleted"
    assert site.release(item) == 0
    site.wait_state(item, "released")
    site.sink.wait(to(BLOG), before[0] + 1)
    time.sleep(0.5)
    assert count_at_sink(site, BLOG) == before[0] + 1
    assert count_at_sink(site, PERSON) == before[1] + 1


def test_odd_bytes_are_released_as_approved(site):
    rows = [
        ("8-bit", b"Subject: x\r\n", "zibblehold Señora".encode() + b"\xff\xfe\r\n"),
        ("folds", b"Subject: a\r\n\tb\r\n   c\r\nX-No-Space:v\r\nContent-Type:text/plain;\r\n"
         b"\tcharset=us-ascii\r\n", b"zibblehold folds\r\n"),
        ("no end", b"Subject:no space, blanks after \r\n", b"zibblehold\r\n\r\n\r\n"),
        ("dots", b"Subject: d\r\nX-Chaperone-Release: FORGED\r\n", b"zibblehold\r\n.x\r\n..x\r\n"),
        ("no From, Date, Message-ID", b"Subject: n\r\nBcc: hidden@example.net\r\n",
         b"zibblehold alone\r\n"),
    ]
    for name, headers, body in rows:
        data = b"To: <" + BLOG.encode() + b">\r\n" + headers + b"\r\n" + body
        item = site.hold([BLOG], data)
        before = count_at_sink(site, BLOG)
        assert site.release(item) == 0
        wait(lambda: site.item(item)["state"] != "releasing", 20, name)
        assert site.item(item)["state"] == "released", (name, site.item(item))
        message = site.sink.wait(to(BLOG), before + 1)[-1]
        assert message.body() == body, (name, message.body())
        assert b"FORGED" not in message.data and message.header("X-Chaperone-Release") == []


def test_smtputf8_and_8bitmime_are_carried(site):
    """A mail that came with SMTPUTF8, to an address that needs it."""
    recipient = "niño.secreto@post.wordpress.com"
    text = crlf(f"From: <{LOGIN}>\nTo: <{recipient}>\nSubject: Año\nMIME-Version: 1.0\n"
                "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
                f"Señora zibblehold {unique('utf8')}\n".encode())
    ids = {i["id"] for i in site.items("held")}
    client = site.connect()
    client.command_encoding = "utf-8"
    assert client.mail(LOGIN, ["SMTPUTF8", "BODY=8BITMIME"])[0] == 250
    assert client.rcpt(recipient)[0] == 250
    assert client.data(text)[0] == 250
    client.close()
    item = next(i["id"] for i in site.items("held") if i["id"] not in ids)
    offers = "250-scripted.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 DSN"
    with scripted(site, {"ehlo": offers, "end": "554 5.6.0 not here"}) as server:
        assert site.release(item) == 0
        site.wait_state(item, "release_failed")
        lines = [line.decode().strip() for line in server.lines]
        assert f"MAIL FROM:<{LOGIN}> BODY=8BITMIME SMTPUTF8" in lines, lines
        assert f"RCPT TO:<{recipient}> NOTIFY=NEVER" in lines, lines
    assert site.release(item) == 0
    site.wait_state(item, "released")
    message = site.sink.wait(lambda m: "post.wordpress.com" in m.recipients[0] and
                             "Señora".encode() in m.data and item.encode() in m.data)[-1]
    assert message.recipients == [recipient]


# --- what a server answers --------------------------------------------------------------


def test_452_then_250(site):
    with scripted(site, {"end": "452 4.3.1 Insufficient system storage"}) as server:
        item, data = fresh(site)
        assert site.release(item) == 0
        wait(lambda: site.item(item)["reply"], what="the reply")
        shown = site.item(item)
        assert shown["state"] == "releasing" and shown["recipients"][0]["state"] == "waiting"
        assert shown["reply"] == "452 4.3.1 Insufficient system storage"
        assert site.release(item) == 65, "it is decided"
        make_due(site)
        shown = site.wait_state(item, "released")
        assert shown["recipients"][0]["attempts"] == 2
        assert len(server.messages) == 2
        tokens = {m.split(b"\r\n")[0] for m in server.messages}
        assert len(tokens) == 2, "each attempt has a token of its own"
        assert server.messages[1].split(b"\r\n", 1)[1] == data
        assert any(b"NOTIFY=NEVER" in line for line in server.lines)
    assert "release-deferred" in ledger(site, item)


def test_5xx_is_shown_and_can_be_decided_again(site):
    with scripted(site, {"rcpt": f"550 5.1.1 <{BLOG}>: Recipient address rejected"}) as server:
        item, _ = fresh(site)
        assert site.release(item) == 0
        shown = site.wait_state(item, "release_failed")
        assert shown["reply"] == "550 5.1.1 <address> Recipient address rejected", shown
        text = site.chaperone("quarantine", "show", item, "--reason", "x").stdout.decode()
        assert "550 5.1.1 <address>" in text
        site.sink.wait(lambda m: COMPLIANCE in m.recipients and b"release_failed" in m.data and
                       item.encode() in m.data)
        time.sleep(1)
        assert server.sessions == 1, "not tried again by itself"
        assert site.release(item) == 0
        site.wait_state(item, "released")
        assert len(server.messages) == 1
    assert BLOG.encode() not in site.log_text()


def test_only_who_has_not_got_it_is_sent_to_again(site):
    with scripted(site, {}, {"end": "554 5.6.0 No"}) as server:
        item, _ = fresh(site, (BLOG, OTHER))
        assert site.release(item) == 0
        site.wait_state(item, "release_failed")
        assert site.release(item) == 0
        site.wait_state(item, "released")
        asked = [line for line in server.lines if line.startswith(b"RCPT")]
        assert [BLOG.encode() in line for line in asked] == [True, False, False], asked


def test_connection_lost_after_data_waits_for_a_person(site):
    with scripted(site, {"end": CLOSE}) as server:
        item, _ = fresh(site)
        assert site.release(item) == 0
        wait(lambda: site.item(item)["recipients"][0]["state"] == "unknown", 20, "unknown")
        make_due(site)
        time.sleep(1)
        site.restart_milter()
        time.sleep(1)
        assert site.item(item)["state"] == "releasing" and server.sessions == 1
        assert site.release(item) == 65
        done = site.chaperone("quarantine", "settle", item, "--outcome", "lost",
                              "--note", "not in the MTA's log")
        assert done.returncode == 0, done.stderr
        assert site.item(item)["state"] == "release_failed"
        assert site.release(item) == 0
        site.wait_state(item, "released")
        assert server.sessions == 2


def test_no_server_is_tried_again(site):
    with scripted(site):
        pass
    site.write_config(release="127.0.0.2:1")
    site.control("reload")
    item, _ = fresh(site)
    assert site.release(item) == 0
    wait(lambda: site.item(item)["recipients"][0]["attempts"] == 1 and
         site.item(item)["recipients"][0]["state"] == "waiting", what="the attempt")
    site.write_config(release=f"127.0.0.1:{site.postfix.release_port}")
    site.control("reload")
    make_due(site)
    site.wait_state(item, "released")


def test_sigterm_waits_for_the_reply_to_an_attempt(site):
    reached = threading.Event()

    def slow():
        reached.set()
        time.sleep(2)
        return "250 2.0.0 Ok"

    with scripted(site, {"end": slow}) as server:
        item, _ = fresh(site)
        assert site.release(item) == 0
        assert reached.wait(10)
        assert site.stop_milter() == 0
        assert site.item(item)["state"] == "released"
        site.start_milter()
        time.sleep(0.5)
        assert server.sessions == 1


def test_a_locked_store_after_the_250_sends_nothing_twice(site):
    """The reply cannot be written down for a while: then it is, and nobody
    gets the post again."""
    with scripted(site) as server:
        item, _ = fresh(site)
        lock = sqlite3.connect(os.path.join(site.root, "var/chaperone.db"), isolation_level=None,
                               check_same_thread=False)

        def locking():
            lock.execute("BEGIN IMMEDIATE")
            return "250 2.0.0 Ok"

        server.scripts = [{"end": locking}]
        assert site.release(item) == 0
        time.sleep(6)  # longer than a writer waits
        lock.execute("ROLLBACK")
        lock.close()
        site.wait_state(item, "released")
        assert server.sessions == 1


def test_monitor_mode_changes_nothing_about_tokens(site):
    before = count_at_sink(site, BLOG)
    with attempt(site) as a:
        site.write_config(mode="monitor")
        site.control("reload")
        try:
            refused(listener(site, LOGIN, [BLOG], a.mail + b"x\r\n"), b"(content)")
            assert listener(site, LOGIN, [BLOG], a.mail)[0] == 250
        finally:
            site.write_config(mode="enforce")
            site.control("reload")
    message = site.sink.wait(to(BLOG), before + 1)[-1]
    assert message.header("X-Chaperone-Id") == [a.item]
    assert message.header("X-Chaperone-Release") == []


def test_kill_9_at_every_step_of_a_release(site):
    """The daemon dies when the server is about to answer a step; then it is
    started again.  Nobody gets two.  Returns how many kills there were."""
    counts = {"kills": 0, "waits for a person": 0, "sent by itself": 0, "twice": 0}

    def die():
        site.stop_milter(signal.SIGKILL)
        return CLOSE

    def die_after_250():
        site.stop_milter(signal.SIGKILL)
        return "250 2.0.0 Ok"

    for step in ("greeting", "ehlo", "mail", "rcpt", "data", "end", "after 250"):
        script = {"end": die_after_250} if step == "after 250" else {step: die}
        with scripted(site, script) as server:
            item, _ = fresh(site, text=f"killed at {step.replace(' ', '-')} zibblehold")
            assert site.release(item) == 0
            wait(lambda: site.milter is None, 20, f"the kill at {step}")
            counts["kills"] += 1
            site.start_milter()
            wait(lambda: site.item(item)["recipients"][0]["state"] == "unknown", 20, step)
            make_due(site)
            time.sleep(0.5)
            shown = site.item(item)
            assert shown["state"] == "releasing" and server.sessions == 1, (step, shown)
            assert "ended during the attempt" in shown["reply"]
            assert site.release(item) == 65
            counts["waits for a person"] += 1
            counts["twice"] += len(server.messages) > 1
    # Decided while no daemon runs, or dead before the first attempt: goes on by itself.
    with scripted(site) as server:
        item, _ = fresh(site)
        site.stop_milter(signal.SIGKILL)
        counts["kills"] += 1
        assert site.release(item) == 0
        site.start_milter()
        site.wait_state(item, "released")
        counts["sent by itself"] += 1
        site.stop_milter(signal.SIGKILL)  # after all was written down
        counts["kills"] += 1
        site.start_milter()
        time.sleep(0.5)
        assert site.item(item)["state"] == "released" and len(server.messages) == 1
    print("        " + ", ".join(f"{name} {n}" for name, n in counts.items()))
    assert counts["twice"] == 0
    return counts["kills"]


# --- tokens -------------------------------------------------------------------------------


class Attempt:
    """A release whose server does not answer the dot: its token is live."""

    def __init__(self, site, server):
        self.answer = threading.Event()
        self.data = None
        self.item, self.sent = fresh(site)
        server.scripts = [{"end": self._hold}]
        assert site.release(self.item) == 0
        wait(lambda: server.messages, 20, "the attempt")
        self.mail = server.messages[-1]
        self.header = self.mail.split(b"\r\n")[0] + b"\r\n"

    def _hold(self):
        self.answer.wait(50)
        return "250 2.0.0 Ok"


@contextlib.contextmanager
def attempt(site):
    with scripted(site) as server:
        running = Attempt(site, server)
        try:
            yield running
        finally:
            running.answer.set()
            site.wait_state(running.item, "released")


def refused(answer, reason):
    code, text = answer
    assert code == 550 and text.startswith(b"5.7.1 ") and reason in text, answer


def test_the_right_mail_passes_once_and_a_replayed_token_does_not(site):
    before = count_at_sink(site, BLOG)
    with attempt(site) as a:
        assert a.header.startswith(b"X-Chaperone-Release: ")
        code, text = listener(site, LOGIN, [BLOG], a.mail)
        assert code == 250, text
        message = site.sink.wait(to(BLOG), before + 1)[-1]
        assert message.header("X-Chaperone-Release") == []
        refused(listener(site, LOGIN, [BLOG], a.mail), b"(spent)")
    refused(listener(site, LOGIN, [BLOG], a.mail), b"(token)")
    time.sleep(0.5)
    assert count_at_sink(site, BLOG) == before + 1


def test_a_changed_byte_is_refused(site):
    before = count_at_sink(site, BLOG)
    with attempt(site) as a:
        for old, new in ((b"zibblehold", b"zibblehald"), (b"Subject: A", b"Subject: B"),
                         (b"Subject:", b"Content-Type: text/html\r\nSubject:")):
            changed = a.mail.replace(old, new, 1)
            assert changed != a.mail
            refused(listener(site, LOGIN, [BLOG], changed), b"(content)")
    assert count_at_sink(site, BLOG) == before


def test_a_token_on_another_message_or_recipient_is_refused(site):
    before = count_at_sink(site, BLOG), count_at_sink(site, BLOG2)
    with attempt(site) as a:
        other = a.header + post([BLOG], unique("quite another post"))
        refused(listener(site, LOGIN, [BLOG], other), b"(content)")
        refused(listener(site, LOGIN, [BLOG2], a.mail), b"(recipient)")
        refused(listener(site, LOGIN, [BLOG, PERSON], a.mail), b"(recipient)")
        refused(listener(site, "else@practice.example", [BLOG], a.mail), b"(sender)")
        refused(listener(site, LOGIN, [BLOG], b"X-Chaperone-Release: 00\r\n" + a.sent), b"(token)")
    assert (count_at_sink(site, BLOG), count_at_sink(site, BLOG2)) == before


def packet(data):
    return len(data).to_bytes(4, "big") + data


def milter_answer(site, client, port, mail):
    """What the milter says to a mail of that client at that listener, spoken
    to it as an MTA does; the last packet."""
    macro = b"DC{daemon_port}\0" + str(port).encode() + b"\0"
    head, body = mail.split(b"\r\n\r\n", 1)
    fields = [line.split(b":", 1) for line in head.split(b"\r\n")]
    packets = [macro, b"C" + b"host.example\0" + b"4\x30\x39" + client.encode() + b"\0",
               b"M<" + LOGIN.encode() + b">\0", b"R<" + BLOG.encode() + b">\0", b"T"]
    packets += [b"L" + name + b"\0" + value + b"\0" for name, value in fields]
    packets += [b"N", b"B" + body, b"E"]
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(20)
        s.connect(site.socket_path)
        s.sendall(b"\0\0\0\rO\0\0\0\6\0\0\1\xff\0\x1f\xff\xff" + b"".join(map(packet, packets)))
        s.shutdown(socket.SHUT_WR)
        with s.makefile("rb") as stream:
            answer = b""
            while len(size := stream.read(4)) == 4:
                answer = stream.read(int.from_bytes(size, "big"))
            return answer


def test_a_token_first_seen_from_another_host_is_refused(site):
    before = count_at_sink(site, BLOG)
    with attempt(site) as a:
        there = site.postfix.release_port
        for client, port in (("192.0.2.7", there), ("192.0.2.7", 25), ("127.0.0.1", 25)):
            answer = milter_answer(site, client, port, a.mail)
            assert b"550 5.7.1" in answer and b"(listener)" in answer, (client, port, answer)
        # Through Postfix, by the door for everybody.
        refused(listener(site, LOGIN, [BLOG], a.mail, site.postfix.port), b"(listener)")
        # The token is not used up by that: the real one still passes.
        assert listener(site, LOGIN, [BLOG], a.mail)[0] == 250
    site.sink.wait(to(BLOG), before + 1)
    assert b"event=release-denied" in site.log_text()


def test_a_forged_token_elsewhere_means_nothing(site):
    forged = "X-Chaperone-Release: " + "ab" * 32 + "\n"
    held = len(site.items("held"))
    site.send([BLOG], post([BLOG], unique("forged zibblehold"), headers=forged))
    assert len(site.items("held")) == held + 1, "judged as any post"


def test_the_listener_judges_what_has_no_token(site):
    held = len(site.items("held"))
    code, _ = listener(site, LOGIN, [BLOG], post([BLOG], unique("no token zibblehold")))
    assert code == 250 and len(site.items("held")) == held + 1


# --- the signer -----------------------------------------------------------------------------


def run_opendkim(site):
    """A signer behind Chaperone; the process."""
    base = os.path.join(site.root, "dkim")
    os.makedirs(base)
    key = os.path.join(base, "key.pem")
    subprocess.run(["openssl", "genrsa", "-out", key, "1024"], check=True, capture_output=True)
    public = subprocess.run(["openssl", "rsa", "-in", key, "-pubout", "-outform", "DER"],
                            check=True, capture_output=True).stdout
    with open(os.path.join(base, "public"), "w") as f:
        f.write("sel._domainkey.practice.example v=DKIM1; k=rsa; p=" +
                base64.b64encode(public).decode() + "\n")
    with open(os.path.join(base, "sign.conf"), "w") as f:
        f.write(f"Domain practice.example\nSelector sel\nKeyFile {key}\nMode s\n"
                f"Socket inet:{site.signer_port}@127.0.0.1\nInternalHosts 127.0.0.0/8\n"
                "Canonicalization relaxed/relaxed\nBackground no\nSyslog no\n"
                "RequireSafeKeys no\nMinimumKeyBits 1024\n")
    with open(os.path.join(base, "verify.conf"), "w") as f:
        f.write(f"Mode v\nTestPublicKeys {base}/public\nSyslog no\nMinimumKeyBits 1024\n")
    signer = subprocess.Popen(["opendkim", "-f", "-x", os.path.join(base, "sign.conf")],
                              env=environment(), stderr=subprocess.PIPE)

    def up():
        assert signer.poll() is None, signer.stderr.read()
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", site.signer_port)) == 0
    wait(up, 10, "opendkim")
    return signer, base


def test_dkim_signature_made_after_release_is_valid(site):
    signer, base = run_opendkim(site)
    try:
        item, _ = fresh(site)
        before = count_at_sink(site, BLOG)
        assert site.release(item) == 0
        site.wait_state(item, "released")
        message = site.sink.wait(to(BLOG), before + 1)[-1]
        assert len(message.header("DKIM-Signature")) == 1
        for name, data, good in (("as sent", message.data, True),
                                 ("changed", message.data.replace(b"zibblehold", b"x"), False)):
            path = os.path.join(base, name.replace(" ", "-"))
            with open(path, "wb") as f:
                f.write(data)
            done = subprocess.run(["opendkim", "-x", os.path.join(base, "verify.conf"), "-vv",
                                   "-t", path], capture_output=True, env=environment(), timeout=30)
            text = (done.stdout + done.stderr).decode()
            assert ("verification (s=sel" in text and "succeeded" in text) == good, (name, text)
    finally:
        signer.terminate()
        signer.wait(10)


GROUPS = [
    SimpleNamespace(site={}, options={}, tests=[
        test_release_reaches_the_gateway_once_as_approved,
        test_a_second_decision_exits_65,
        test_two_gateways_a_person_and_a_bcc_get_it_once_each,
        test_odd_recipients_hold_the_whole_mail_and_release_reaches_all,
        test_a_recipient_given_twice_is_deleted_and_released_once,
        test_odd_bytes_are_released_as_approved,
        test_smtputf8_and_8bitmime_are_carried,
        test_452_then_250,
        test_5xx_is_shown_and_can_be_decided_again,
        test_only_who_has_not_got_it_is_sent_to_again,
        test_connection_lost_after_data_waits_for_a_person,
        test_no_server_is_tried_again,
        test_sigterm_waits_for_the_reply_to_an_attempt,
        test_a_locked_store_after_the_250_sends_nothing_twice,
        test_monitor_mode_changes_nothing_about_tokens,
        test_kill_9_at_every_step_of_a_release,
        test_the_right_mail_passes_once_and_a_replayed_token_does_not,
        test_a_changed_byte_is_refused,
        test_a_token_on_another_message_or_recipient_is_refused,
        test_a_token_first_seen_from_another_host_is_refused,
        test_a_forged_token_elsewhere_means_nothing,
        test_the_listener_judges_what_has_no_token,
    ]),
    SimpleNamespace(site={"signer": True}, options={},
                    tests=[test_dkim_signature_made_after_release_is_valid]),
    SimpleNamespace(site={"chroot": True, "inet": True}, options={},
                    tests=[test_release_reaches_the_gateway_once_as_approved]),
]
