"""Patients' authorizations on their way: added, named, stripped, revoked."""
import email
import email.header
import json
import os
import sqlite3
import subprocess
from types import SimpleNamespace

from testsite import LOGIN, post
from tests_effects import BLOG, count_at_sink, to, unique
from tests_release import ledger, make_due

CAPTION = "Look at this smile! Our little champ after her first cleaning."


def auth(site, *args):
    done = subprocess.run([os.path.join(site.build, "chaperone"), "auth", *args,
                           "-c", site.config], capture_output=True, text=True, timeout=60)
    return done


def show(site, item):
    return site.chaperone("quarantine", "show", item, "--reason", "test").stdout.decode()


def picture(recipients, subject, headers=""):
    """A caption with a picture."""
    text = (f"--=_p\nContent-Type: text/plain\n\n{unique(CAPTION)}\n"
            "--=_p\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n"
            "iVBORw0KGgo=\n--=_p--")
    return post(recipients, text, subject=subject, headers="MIME-Version: 1.0\nContent-Type: "
                f"multipart/mixed; boundary=\"=_p\"\n{headers}")


def expire(site, ident):
    """The last day of an authorization was long ago."""
    with sqlite3.connect(os.path.join(site.root, "var/chaperone.db"), timeout=10) as db:
        db.execute("UPDATE authorization SET until_us = 1 WHERE id = ?", (ident,))
    db.close()


def published(site, data):
    before = count_at_sink(site, BLOG)
    site.send([BLOG], data)
    message = site.sink.wait(to(BLOG), before + 1)[-1]
    return message, message.header("X-Chaperone-Id")[0]


def decoded_subject(message):
    return str(email.header.make_header(email.header.decode_header(
        message.header("Subject")[0])))


def add(site, ident, scope="photo"):
    done = auth(site, "add", ident, "--scope", scope, "--until", "2099-12-31")
    assert done.returncode == 0, done.stderr


def test_a_valid_authorization_in_the_subject_publishes_without_a_trace(site):
    site.hold([BLOG], picture([BLOG], "Smile day [auth P-2026.0117]"))  # not yet known
    add(site, "P-2026.0117")
    message, item = published(site, picture([BLOG], "Smile day [auth P-2026.0117] at last"))
    assert message.header("X-Chaperone-Verdict") == ["tag"]
    assert message.header("Subject") == ["Smile day at last"]
    assert b"P-2026.0117" not in message.data and b"[auth" not in message.data
    assert [i["id"] for i in site.items("passed") if i["id"] == item] == [item]
    shown = show(site, item)
    assert "authorization P-2026.0117" in shown and "authorization/" not in shown, shown
    assert ledger(site, "P-2026.0117") == ["authorization-added"]


def test_a_valid_authorization_in_the_header_publishes_without_a_trace(site):
    add(site, "P-2")
    message, item = published(site, picture([BLOG], "Smile day",
                                            "Authorization-Ref: P-2\nauthorization-REF: none\n"))
    assert message.header("X-Chaperone-Verdict") == ["tag"]
    assert message.header("Authorization-Ref") == [] and b"P-2" not in message.data
    assert message.header("Subject") == ["Smile day"]
    shown = show(site, item)
    assert "authorization P-2" in shown and "authorization/unknown" in shown, shown


def test_a_subject_that_is_encoded_is_encoded_anew(site):
    add(site, "P-3")
    subject = email.header.Header("Sonrisa de la niña, señal [auth P-3] y mañana", "utf-8").encode()
    message, _ = published(site, picture([BLOG], subject))
    assert decoded_subject(message) == "Sonrisa de la niña, señal y mañana", message.head()
    assert message.header("X-Chaperone-Verdict") == ["tag"]


def test_an_expired_one_is_held_with_a_hint(site):
    add(site, "P-4")
    expire(site, "P-4")
    data = picture([BLOG], "Smile day [auth P-4]")
    item = site.hold([BLOG], data)
    notice = site.sink.wait(lambda m: LOGIN in m.recipients and item.encode() in m.data)[-1]
    told = email.message_from_bytes(notice.data).get_payload(decode=True).decode()
    assert "names an authorization that has ended" in " ".join(told.split()), told
    assert "P-4" not in told
    shown = show(site, item)
    assert "authorization/expired" in shown and "authorization P-4" not in shown, shown
    assert "--- authorizations named\nP-4\n" in shown, shown
    assert site.export(item) == data, "what is kept is what was sent"


def test_a_revoked_one_and_one_for_something_else_are_held(site):
    add(site, "P-5")
    assert auth(site, "revoke", "P-5", "--note", "asked us to").returncode == 0
    add(site, "S-5", "story")
    for ident, hint in (("P-5", "revoked"), ("S-5", "scope"), ("X-5", "unknown")):
        item = site.hold([BLOG], picture([BLOG], f"Smile day [auth {ident}]"))
        assert f"authorization/{hint}" in show(site, item)
    assert ledger(site, "P-5") == ["authorization-added", "authorization-revoked"]
    listed = [json.loads(line) for line in
              auth(site, "list", "--format", "json").stdout.splitlines()]
    assert {a["id"]: a["state"] for a in listed}["P-5"] == "revoked"


def test_check_asks_the_store_for_what_is_valid(site):
    add(site, "P-9")
    data = picture([BLOG], "Smile day [auth P-9]")
    path = os.path.join(site.root, "post.eml")
    with open(path, "wb") as f:
        f.write(data)
    done = site.chaperone("check", path, "--format", "json")
    got = json.loads(done.stdout)
    assert done.returncode == 1 and got["verdict"] == "tag", got
    assert {f.get("authorization") for f in got["findings"]} == {"P-9"}, got
    assert [n["id"] for n in got["notes"]] == ["structure/unsupported"], got


def test_usage_of_the_register(site):
    for args in (("add", "Q", "--scope", "photo"), ("add", "Q", "--until", "2099-01-01"),
                 ("add", "Q", "--scope", "hat", "--until", "2099-01-01"),
                 ("add", "Q", "--scope", "photo", "--until", "2099-13-01"),
                 ("add", "Q", "--scope", "photo", "--until", "2020-01-01")):
        done = auth(site, *args)
        assert done.returncode == 64 and done.stderr and not done.stdout, done
    add(site, "P-10")
    again = auth(site, "add", "P-10", "--scope", "story", "--until", "2099-01-01")
    assert again.returncode == 65 and "P-10" in again.stderr, again
    assert auth(site, "revoke", "never").returncode == 65
    assert "P-10" in auth(site, "list").stdout


def test_a_reject_stays_a_reject(site):
    add(site, "P-6")
    reply = site.refused([BLOG], picture([BLOG], "zibblereject [auth P-6]"))
    assert reply.code == 550 and "P-6" not in reply.text


def test_monitor_mode_takes_it_out_too(site):
    message, _ = published(site, picture([BLOG], "Smile day [auth P-11]",
                                         "Authorization-Ref: P-12\n"))
    assert message.header("X-Chaperone-Verdict") == ["accept"]
    assert b"P-11" not in message.data and b"P-12" not in message.data


def test_a_release_carries_neither_token_nor_header(site):
    data = picture([BLOG], "Smile day [auth P-7]", "Authorization-Ref: P-8\n")
    item = site.hold([BLOG], data)
    before = count_at_sink(site, BLOG)
    assert site.release(item) == 0
    make_due(site)
    site.wait_state(item, "released")
    message = site.sink.wait(to(BLOG), before + 1)[-1]
    assert message.header("Subject") == ["Smile day"]
    assert message.header("Authorization-Ref") == []
    assert b"P-7" not in message.data and b"P-8" not in message.data
    assert message.body() == data.split(b"\r\n\r\n", 1)[1]
    assert site.export(item) == data


GROUPS = [SimpleNamespace(site={}, options={}, tests=[
    test_a_valid_authorization_in_the_subject_publishes_without_a_trace,
    test_a_valid_authorization_in_the_header_publishes_without_a_trace,
    test_a_subject_that_is_encoded_is_encoded_anew,
    test_an_expired_one_is_held_with_a_hint,
    test_a_revoked_one_and_one_for_something_else_are_held,
    test_check_asks_the_store_for_what_is_valid,
    test_usage_of_the_register,
    test_a_reject_stays_a_reject,
    test_a_release_carries_neither_token_nor_header,
]), SimpleNamespace(site={"sendmail": True}, options={}, tests=[
    test_a_valid_authorization_in_the_subject_publishes_without_a_trace,
    test_a_valid_authorization_in_the_header_publishes_without_a_trace,
    test_a_subject_that_is_encoded_is_encoded_anew,
    test_a_release_carries_neither_token_nor_header,
]), SimpleNamespace(site={}, options={"mode": "monitor"}, tests=[
    test_monitor_mode_takes_it_out_too,
])]
