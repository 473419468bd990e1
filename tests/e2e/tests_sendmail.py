"""Sendmail in the place of Postfix: the same posts, the same outcomes, and
the few that differ (README, "Sendmail")."""
import glob
import os
import time
from types import SimpleNamespace

import demo
import tests_effects
import tests_release
import tests_trouble
from testsite import SOURCE, post, wait
from tests_effects import BLOG, ID, PERSON, to, unique


def test_samples_get_the_verdicts_that_their_names_say(site):
    paths = sorted(glob.glob(os.path.join(SOURCE, "tests/samples/*.eml")))
    assert len(paths) >= 20
    for path in paths:
        row = demo.send_sample(site, path)
        expected = path.rsplit(".", 2)[1]
        assert row["verdict"] == expected, (os.path.basename(path), row["verdict"])
        assert row["reply"].startswith("550 5.7.1 Not posted" if expected == "reject" else "250 ")


def test_sendmail_1_comes_as_smtp_from_localhost(site):
    """Nobody has logged in, so nobody is the author, unless the address is
    trusted: then who the envelope names."""
    for extra, author in (("", None), ("authors: {trusted: [127.0.0.1]}\n", "root@practice.example")):
        site.write_config()
        if extra:
            with open(site.config) as f:
                text = f.read().replace('authors: {trusted: ["local:root"]}\n', extra)
            with open(site.config, "w") as f:
                f.write(text)
        assert site.control("reload")[-1] == "ok"
        held = {i["id"] for i in site.items("held")}
        done = site.postfix.sendmail("root@practice.example", [BLOG],
                                     post([BLOG], unique("local zibblehold")))
        assert done.returncode == 0, done.stderr
        wait(lambda: len(site.items("held")) == len(held) + 1, what="the held item")
        item = next(i for i in site.items("held") if i["id"] not in held)
        assert item["author"] == author, item
    site.write_config()
    assert site.control("reload")[-1] == "ok"


def test_reject_by_sendmail_1_reaches_the_author_in_the_bounce(site):
    site.postfix.sendmail("root@practice.example", [BLOG],
                          post([BLOG], unique("local zibblereject")))
    bounce = site.sink.wait(lambda m: "root@practice.example" in m.recipients and
                            b"multipart/report" in m.data, 1, 20)[-1]
    text = bounce.data.decode()
    assert bounce.sender == ""
    assert "Word that rejects" in text and "Leave out the word." in text and ID.search(text)


def test_without_a_milter_nothing_is_taken(site):
    """F=T: 4xx.  Without F= Sendmail would let everything pass unchecked."""
    site.stop_milter()
    before = len(site.sink.find(to(BLOG)))
    reply = site.refused([BLOG], post([BLOG], unique("nobody judges")), user=None)
    assert reply.code // 100 == 4, reply
    site.start_milter()
    time.sleep(0.5)
    assert len(site.sink.find(to(BLOG))) == before


def test_odd_addresses_of_a_gateway_are_recognised(site):
    """Sendmail resolves them before it asks, so {rcpt_addr} names the
    gateway; what it would not delete for certain is held whole."""
    local, domain = BLOG.split("@")
    rows = [("percent", f"{local}%{domain}@mta.practice.example", True),
            ("bang path", f"{domain}!{local}", True),
            ("quoted route", f'"{local}@{domain}"@mta.practice.example', True),
            ("quoted", f'"{local}"@{domain}', True),
            ("trailing dot", f"{local}@{domain}.", True),
            ("route", f"@relay.example:{local}@{domain}", False)]
    for name, odd, whole in rows:
        before = len(site.sink.find(to(PERSON)))
        held = {i["id"] for i in site.items("held")}
        site.send([f"<{odd}>", PERSON], post([BLOG, PERSON], unique(f"{name} zibblehold")))
        assert len([i for i in site.items("held") if i["id"] not in held]) == 1, name
        if not whole:
            site.sink.wait(to(PERSON), before + 1)
        time.sleep(0.3)
        assert len(site.sink.find(to(PERSON))) == before + (not whole), name


OTHERWISE = (tests_effects.test_reject_by_sendmail_reaches_the_author_in_the_bounce,
             tests_effects.test_hold_by_sendmail)

GROUPS = [
    SimpleNamespace(site={"sendmail": True}, options={}, tests=[
        *(t for t in tests_effects.MAIN if t not in OTHERWISE),
        test_sendmail_1_comes_as_smtp_from_localhost,
        test_reject_by_sendmail_1_reaches_the_author_in_the_bounce,
        test_odd_addresses_of_a_gateway_are_recognised,
        test_without_a_milter_nothing_is_taken,
        tests_trouble.test_sigterm_finishes_the_message_under_way,
        tests_trouble.test_kill_9_in_the_middle_defers_and_loses_nothing,
        tests_trouble.test_locked_store_defers_and_recovers,
        tests_trouble.test_oversize_is_552,
        tests_trouble.test_parallel_senders,
        tests_release.test_release_reaches_the_gateway_once_as_approved,
        tests_release.test_two_gateways_a_person_and_a_bcc_get_it_once_each,
        tests_release.test_a_recipient_given_twice_is_deleted_and_released_once,
        tests_release.test_odd_bytes_are_released_as_approved,
        tests_release.test_452_then_250,
        tests_release.test_the_right_mail_passes_once_and_a_replayed_token_does_not,
        tests_release.test_a_changed_byte_is_refused,
        tests_release.test_a_token_on_another_message_or_recipient_is_refused,
        tests_release.test_the_listener_judges_what_has_no_token,
    ]),
    SimpleNamespace(site={"sendmail": True, "rules": [os.path.join(SOURCE, "rules")]}, options={},
                    tests=[test_samples_get_the_verdicts_that_their_names_say]),
]
