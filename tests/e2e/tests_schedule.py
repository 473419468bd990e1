"""Posts with a time of publication: held, released later, still in time."""
import base64
import email
import os
from types import SimpleNamespace

from testsite import COMPLIANCE, LOGIN, post
from tests_accounts import ACCOUNTS, ALIAS, SECRET, check_no_secret
from tests_effects import BLOG, count_at_sink, to, unique
from tests_release import ledger, make_due

HOUR = 3600


def hold_earlier(site, recipients, data, seconds=HOUR):
    """Sends what is held, so long ago; the item's ID."""
    site.stop_milter()
    site.clock(-seconds)
    site.start_milter()
    try:
        return site.hold(recipients, data)
    finally:
        site.stop_milter()
        site.clock(0)
        site.start_milter()


def released(site, item, address, *more):
    """Releases it; the mail as it comes to the gateway, and what was said."""
    before = count_at_sink(site, address)
    done = site.chaperone("quarantine", "release", item, "--note", "looked at it", *more)
    assert done.returncode == 0, done.stderr
    make_due(site)
    site.wait_state(item, "released")
    return site.sink.wait(to(address), before + 1)[-1], done.stdout.decode()


def minutes_of(text):
    """N of "[delay +N minutes]"."""
    return int(text.split("[delay +", 1)[1].split(" minute", 1)[0])


def body_of(message):
    return email.message_from_bytes(message.data).get_payload(decode=True).decode()


def test_a_delay_is_rewritten_so_that_the_post_appears_in_time(site):
    text = unique("zibblehold")
    data = post([ALIAS], f"{text}\n[delay +2 hours] and so on\n-- \nAna", subject="Soon")
    item = hold_earlier(site, [ALIAS], data)
    shown = site.item(item)
    assert shown["deadline"] == shown["publish_at"] > shown["time"], shown
    told = site.chaperone("quarantine", "show", item, "--reason", "test").stdout.decode()
    assert "by delay; its delay is written anew" in told and "UTC" not in told.split("appears:")[0]
    message, said = released(site, item, SECRET)
    assert "its delay is written anew" in said, said
    body = message.body().decode()
    assert 58 <= minutes_of(body) <= 60, body
    sent = data.split(b"\r\n\r\n", 1)[1].decode()
    start = body.index("[delay")
    assert body[:start] == sent[:start] and body[body.index("]"):] == sent[sent.index("]"):]
    assert ledger(site, item).count("release-derived") == 1
    assert site.export(item) == data, "what is kept is what was sent"
    check_no_secret(site)


def test_a_delay_in_base64_and_in_html(site):
    plain = base64.encodebytes(f"{unique('zibblehold')}\n[delay +3 hours]\n".encode()).decode()
    text = ("--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
            f"{plain}--b\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n"
            "<p class=3Da>zibblehold</p><p>=5Bdelay +3=\n hours]</p>\n--b--")
    data = post([BLOG], text, headers="MIME-Version: 1.0\nContent-Type: "
                "multipart/alternative; boundary=b\n")
    item = hold_earlier(site, [BLOG], data)
    message, _ = released(site, item, BLOG)
    parts = [p.get_payload(decode=True).decode()
             for p in email.message_from_bytes(message.data).get_payload()]
    assert all(118 <= minutes_of(p) <= 120 for p in parts), parts
    assert b"<p class=3Da>zibblehold</p><p>[delay +1" in message.data


def test_a_date_is_left_alone(site):
    data = post([BLOG], unique("zibblehold") + "\n[delay 2036-01-02 09:00]")
    item = hold_earlier(site, [BLOG], data)
    message, said = released(site, item, BLOG)
    assert message.body() == data.split(b"\r\n\r\n", 1)[1], message.body()
    assert "by date" in said and "release-derived" not in ledger(site, item)


def test_a_notice_says_until_when(site):
    item = site.hold([BLOG], post([BLOG], unique("zibblehold") + "\n[delay +2 hours]"))
    notice = site.sink.wait(lambda m: COMPLIANCE in m.recipients and item.encode() in m.data)[-1]
    told = " ".join(body_of(notice).split())
    assert "UTC" in told and "Decide before then" in told, told
    notice = site.sink.wait(lambda m: LOGIN in m.recipients and item.encode() in m.data)[-1]
    assert "Decide before then" not in " ".join(body_of(notice).split())


def test_a_time_that_is_over_is_published_at_once(site):
    data = post([BLOG], unique("zibblehold") + "\n[delay +30 minutes]\nBye")
    item = hold_earlier(site, [BLOG], data)
    message, said = released(site, item, BLOG)
    assert "its time is over: at once" in said, said
    assert b"[delay" not in message.body() and message.body().endswith(b"\r\n\r\nBye\r\n")


def test_a_time_that_is_over_as_it_is(site):
    data = post([BLOG], unique("zibblehold") + "\n[delay +30 minutes]\nBye")
    item = hold_earlier(site, [BLOG], data)
    message, said = released(site, item, BLOG, "--as-is")
    assert said == "" and b"[delay +30 minutes]" in message.body()


def test_a_time_that_is_over_waits_anew(site):
    data = post([BLOG], unique("zibblehold") + "\n[delay +30 minutes]")
    item = hold_earlier(site, [BLOG], data)
    message, said = released(site, item, BLOG)
    assert "it waits anew" in said and b"[delay +30 minutes]" in message.body()


def test_a_time_that_is_over_is_refused(site):
    item = hold_earlier(site, [BLOG], post([BLOG], unique("zibblehold") + "\n[delay +30 minutes]"))
    done = site.chaperone("quarantine", "release", item, "--note", "x")
    assert done.returncode == 65 and b"time of publication is over" in done.stderr, done
    assert b"--as-is" in done.stderr and site.item(item)["state"] == "held"
    soon = hold_earlier(site, [BLOG], post([BLOG], unique("zibblehold") + "\n[delay +3 hours]"))
    message, _ = released(site, soon, BLOG)
    assert 118 <= minutes_of(message.body().decode()) <= 120


def test_postie_that_counts_from_arrival(site):
    path = os.path.join(site.root, "more.yaml")
    with open(path, "w") as f:
        f.write("gateways:\n  - {name: hourly, like: postie, domains: [hourly.example.org], "
                "base: arrival, verified: 2026-11-29, source: a test}\n")
    site.restart_milter(more_gateways=f", {path}")
    there = "blog@hourly.example.org"
    data = post([there], f"{unique('zibblehold')}\ndelay: 2h\nBye")
    item = hold_earlier(site, [there], data)
    message, _ = released(site, item, there)
    minutes = int(message.body().decode().split("delay: ", 1)[1].split("m", 1)[0])
    assert 58 <= minutes <= 60 and message.body().endswith(b"m\r\nBye\r\n"), message.body()


ON = {"accounts": ACCOUNTS}
GROUPS = [SimpleNamespace(site={}, options=ON, tests=[
    test_a_delay_is_rewritten_so_that_the_post_appears_in_time,
    test_a_delay_in_base64_and_in_html,
    test_a_date_is_left_alone,
    test_a_notice_says_until_when,
    test_a_time_that_is_over_is_published_at_once,
    test_a_time_that_is_over_as_it_is,
    test_postie_that_counts_from_arrival,
]), SimpleNamespace(site={}, options={"late": "retime"}, tests=[
    test_a_time_that_is_over_waits_anew,
]), SimpleNamespace(site={}, options={"late": "refuse"}, tests=[
    test_a_time_that_is_over_is_refused,
]), SimpleNamespace(site={"sendmail": True}, options=ON, tests=[
    test_a_delay_is_rewritten_so_that_the_post_appears_in_time,
])]
