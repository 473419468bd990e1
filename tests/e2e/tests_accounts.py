"""Accounts: aliases for secret addresses, who may write to them, and that the
secret is nowhere but at the gateway and in the mail server's log."""
import glob
import os
import re
import shutil
import smtplib
import subprocess
from types import SimpleNamespace

from testsite import COMPLIANCE, LOGIN, SECRETS, environment, post
from tests_doctor import altered, doctor
from tests_effects import PERSON, count_at_sink, to, unique
from tests_release import ledger, make_due

ALIAS, PAGE = "blog@social.practice.example", "page@social.practice.example"
SECRET, PAGE_SECRET = SECRETS["blog"], SECRETS["page"]
REVIEWER = "dana@practice.example"
OUTSIDER = "mallory@example.net"
ACCOUNTS = f"""
  {{alias: {ALIAS}, gateway: wordpress, secret_file: SECRETS/blog, authors: [{LOGIN}],
   reviewers: [{REVIEWER}], rules: {{disable: [e2e/tag]}}}},
  {{alias: {PAGE}, gateway: blogger, secret_file: SECRETS/page}}"""
# Whole, and the part that alone gives it away.
GIVEAWAYS = [s.encode() for secret in SECRETS.values() for s in (secret, secret.split("@")[0])]


def holds_secret(data):
    return any(g in data.lower() for g in GIVEAWAYS)


def written_by_chaperone(site):
    """Path and bytes of all that Chaperone keeps: log, store, metrics, cache.
    By another process: to close the store's file here would drop the locks of
    this one's connections (sqlite.org/howtocorrupt.html, 2.2)."""
    paths = [site.log, *glob.glob(os.path.join(site.root, "var/*")),
             *glob.glob(os.path.join(site.root, "cache/*"))]
    for path in filter(os.path.isfile, paths):
        yield path, subprocess.run(["cat", path], capture_output=True, check=True).stdout


def check_no_secret(site):
    """In nothing that Chaperone writes, and in no mail but those to the gateway."""
    for path, data in written_by_chaperone(site):
        assert not holds_secret(data), path
    for message in site.sink.find(lambda m: not set(m.recipients) & set(SECRETS.values())):
        assert message.sender == "" or not holds_secret(message.data) \
            or message.recipients == [COMPLIANCE], message.data
    for item in site.items():
        shown = site.chaperone("quarantine", "show", item["id"], "--reason", "test")
        assert not holds_secret(shown.stdout + shown.stderr), item


# --- on the way -------------------------------------------------------------------


def test_the_alias_becomes_the_secret_at_the_gateway_alone(site):
    data = post([ALIAS], unique("Drink water in the heat."))
    before = count_at_sink(site, SECRET)
    site.send([ALIAS], data)
    message = site.sink.wait(to(SECRET), before + 1)[-1]
    assert message.recipients == [SECRET] and message.sender == COMPLIANCE
    assert message.header("To") == [ALIAS] and not holds_secret(message.data), message.data
    assert message.header("X-Chaperone-Verdict") == ["accept"]
    assert not site.sink.find(to(ALIAS))
    check_no_secret(site)
    assert SECRET.encode() in site.postfix.maillog(), "README says that this log holds it"


def test_two_aliases_and_a_person(site):
    data = post([ALIAS, PAGE, PERSON], unique("Wash your hands."))
    before = [count_at_sink(site, a) for a in (SECRET, PAGE_SECRET, PERSON)]
    site.send([ALIAS, PAGE, PERSON], data)
    for address, n in zip((SECRET, PAGE_SECRET, PERSON), before):
        message = site.sink.wait(to(address), n + 1)[-1]
        assert not holds_secret(message.data)


def test_a_held_post_is_released_to_the_secret(site):
    before = count_at_sink(site, SECRET)
    item = site.hold([ALIAS], post([ALIAS], unique("zibblehold")))
    shown = site.item(item)
    assert shown["account"] == ALIAS and shown["gateway"] == "wordpress", shown
    for reader in (LOGIN, COMPLIANCE, REVIEWER):
        site.sink.wait(lambda m, r=reader: r in m.recipients and item.encode() in m.data)
    assert count_at_sink(site, SECRET) == before
    assert site.release(item) == 0
    make_due(site)
    site.wait_state(item, "released")
    message = site.sink.wait(to(SECRET), before + 1)[-1]
    assert message.recipients == [SECRET] and message.sender == COMPLIANCE
    assert message.header("X-Chaperone-Id") == [item]
    assert ledger(site, item)[-1] == "released"
    check_no_secret(site)


def test_the_address_may_change_while_a_post_is_held(site):
    item = site.hold([PAGE], post([PAGE], unique("zibblehold")))
    anew = "maple.n3wsekret@blogger.com"
    site.write_secret("page", anew)
    assert site.control("reload")[-1].startswith("ok")
    assert site.release(item) == 0
    make_due(site)
    site.wait_state(item, "released")
    assert site.sink.wait(to(anew))[-1].recipients == [anew]
    site.write_secret("page", PAGE_SECRET)
    assert site.control("reload")[-1].startswith("ok")


def test_a_reject_and_a_rule_that_the_account_does_without(site):
    reply = site.refused([ALIAS], post([ALIAS], unique("a zibblereject")))
    assert reply.code == 550 and not holds_secret(reply.text.encode())
    before = count_at_sink(site, SECRET), count_at_sink(site, PAGE_SECRET)
    site.send([ALIAS, PAGE], post([ALIAS, PAGE], unique("Our zibbletag of the week")))
    message = site.sink.wait(to(SECRET), before[0] + 1)[-1]
    site.sink.wait(to(PAGE_SECRET), before[1] + 1)
    assert message.header("X-Chaperone-Verdict") == ["tag"], "the other account's"
    site.send([ALIAS], post([ALIAS], unique("Our zibbletag of the week")))
    message = site.sink.wait(to(SECRET), before[0] + 2)[-1]
    assert message.header("X-Chaperone-Verdict") == ["accept"]


def test_a_gateway_that_refuses_tells_compliance_and_not_the_author(site):
    text = unique("Rest when you are ill.")
    site.sink.refuse.add(SECRET)
    before = count_at_sink(site, LOGIN)
    try:
        site.send([ALIAS], post([ALIAS], text, subject="Not taken"))
        bounce = site.sink.wait(lambda m: COMPLIANCE in m.recipients and m.sender != COMPLIANCE
                                and b"no such mailbox" in m.data)[-1]
    finally:
        site.sink.refuse.discard(SECRET)
    assert bounce.recipients == [COMPLIANCE] and text.encode() not in bounce.data
    assert count_at_sink(site, LOGIN) == before, "the author would read the address"


def test_without_the_milter_the_alias_bounces(site):
    before = count_at_sink(site, SECRET)
    with smtplib.SMTP("127.0.0.1", site.postfix.bare_port, timeout=30) as client:
        client.sendmail(LOGIN, [ALIAS], post([ALIAS], unique("Eat fruit.")))
    bounce = site.sink.wait(lambda m: LOGIN in m.recipients and b"is not attached" in m.data)[-1]
    assert not holds_secret(bounce.data) and count_at_sink(site, SECRET) == before


def test_a_failure_in_monitor_mode_still_hides_the_secret(site):
    before = count_at_sink(site, SECRET)
    site.send([ALIAS], post([ALIAS], unique("a zibblereject and zibblehold")))
    assert site.sink.wait(to(SECRET), before + 1)[-1].recipients == [SECRET]
    reply = site.refused([ALIAS], post([ALIAS], unique("Hello")), user=None)
    assert reply.code == 550
    check_no_secret(site)


# --- who may ----------------------------------------------------------------------


def test_nobody_else_gets_in_at_the_alias(site):
    before = count_at_sink(site, SECRET)
    data = post([ALIAS], unique("Vaccines are in."))
    rows = [("outsider", dict(user=None, sender=OUTSIDER), "nobody has logged in"),
            ("forged From", dict(user=None, sender=LOGIN), "nobody has logged in"),
            ("unlisted author", dict(user="bea", sender=LOGIN), "not among the authors"),
            ("null sender", dict(user=None, sender=""), "nobody has logged in")]
    for name, how, words in rows:
        reply = site.refused([ALIAS], data, **how)
        assert reply.code == 550 and reply.text.startswith("5.7.1 "), (name, reply)
        assert words in reply.text and not holds_secret(reply.text.encode()), (name, reply)
    assert site.wait_log(b"turned-away", count=len(rows))
    assert count_at_sink(site, SECRET) == before
    with site.connect("bea") as client:  # the others of a mail go on
        client.mail("bea@practice.example")
        assert [client.rcpt(r)[0] for r in (PERSON, ALIAS, PAGE)] == [250, 550, 250]


def test_an_alias_in_any_spelling(site):
    before, subject = count_at_sink(site, SECRET), unique("Any case")
    site.send(["Blog@Social.Practice.EXAMPLE"], post([ALIAS], "Hello", subject=subject))
    site.sink.wait(to(SECRET), before + 1)
    told = site.sink.find(lambda m: COMPLIANCE in m.recipients and subject.encode() in m.data)
    assert not told, "the alias itself is gone: nothing bounces"
    reply = site.refused(['"blog"@social.practice.example'], post([ALIAS], unique("Quoted.")))
    assert reply.code == 550 and count_at_sink(site, SECRET) == before + 1


def test_the_secret_itself_is_refused(site):
    before = count_at_sink(site, SECRET)
    for user in ("anna", None):
        reply = site.refused([SECRET.upper()], post([SECRET], unique("By hand.")), user=user)
        assert reply.code == 550 and "local address" in reply.text, reply
        assert not holds_secret(reply.text.encode()), reply
    assert count_at_sink(site, SECRET) == before


def test_mail_of_local_users(site):
    before = count_at_sink(site, SECRET), count_at_sink(site, PAGE_SECRET)
    site.postfix.sendmail("root@practice.example", [PAGE], post([PAGE], unique("From cron.")))
    assert site.sink.wait(to(PAGE_SECRET), before[1] + 1)[-1].recipients == [PAGE_SECRET]
    site.postfix.sendmail("root@practice.example", [ALIAS], post([ALIAS], unique("From cron.")))
    bounce = site.sink.wait(lambda m: "root@practice.example" in m.recipients
                            and b"not among the authors" in m.data)[-1]
    assert not holds_secret(bounce.data) and count_at_sink(site, SECRET) == before[0]


# --- given away -------------------------------------------------------------------


def test_a_leaked_secret_is_held(site):
    local = SECRET.split("@")[0]
    places = [(f"Mail your pictures to {SECRET}", {}), (f"It is {local} at wordpress", {}),
              (unique("In the subject"), {"subject": f"To {SECRET}"}),
              (unique("In a header"), {"headers": f"X-Reply-To: <{SECRET}>\n"})]
    for text, more in places:
        item = site.hold([PAGE], post([PAGE], unique(text), **more))
        assert "structure/posting-address" in site.item(item)["rules"], (text, more)
    notice = site.sink.wait(lambda m: LOGIN in m.recipients and item.encode() in m.data)[-1]
    assert b"make a new one" in notice.data and not holds_secret(notice.data)
    person = count_at_sink(site, PERSON)
    site.hold([PAGE, PERSON], post([PAGE, PERSON], unique(f"Ours is {SECRET}")))
    assert count_at_sink(site, PERSON) == person, "people do not get it either"


def test_a_leaked_secret_to_a_person(site):
    before = count_at_sink(site, PERSON)
    site.send([PERSON], post([PERSON], unique("The zibblereject is fine in a letter.")))
    message = site.sink.wait(to(PERSON), before + 1)[-1]
    assert message.header("X-Chaperone-Verdict") == [], "not touched"
    item = site.hold([PERSON], post([PERSON], unique(f"Post to {SECRET}, it is easy")))
    assert site.item(item)["rules"] == ["structure/posting-address"]
    assert count_at_sink(site, PERSON) == before + 1


# --- the file ---------------------------------------------------------------------


def refused_start(site):
    """Exit code and what the daemon says."""
    done = subprocess.run([os.path.join(site.build, "chaperone-milter"), "-f", "-c", site.config],
                          capture_output=True, env=environment(), timeout=60)
    return done.returncode, done.stderr


def test_files_that_are_not_fit(site):
    site.stop_milter()
    rows = [("open to others", SECRET, 0o640, b"chmod 0600"),
            ("no address", "hello", 0o600, b"holds no mail address"),
            ("of another gateway", PAGE_SECRET, 0o600, b"one of blogger, not of wordpress")]
    try:
        for name, text, mode, words in rows:
            site.write_secret("blog", text, mode)
            code, said = refused_start(site)
            assert code == 78 and words in said and not holds_secret(said), (name, code, said)
        os.unlink(os.path.join(site.secrets, "blog"))
        code, said = refused_start(site)
        assert code == 78 and b"No such file" in said, said
    finally:
        site.write_secret("blog", SECRET)
        site.start_milter()
    site.write_secret("blog", "hello")
    assert site.control("reload")[-1].startswith("error")
    site.write_secret("blog", SECRET)
    assert site.control("reload")[-1].startswith("ok")


def test_a_credential_and_a_reload_without_root(site):
    """Root reads it at the start; later the daemon keeps what it has."""
    site.stop_milter()
    path = os.path.join(site.secrets, "blog-credential")
    with open(path, "w") as f:
        f.write(SECRET)
    os.chmod(path, 0o400)
    site.environment["CREDENTIALS_DIRECTORY"] = site.secrets
    old = site.options["accounts"]
    try:
        site.start_milter(accounts=f"{{alias: {ALIAS}, gateway: wordpress, "
                                   "credential: blog-credential}")
        assert site.control("reload")[-1].startswith("ok")
        before = count_at_sink(site, SECRET)
        site.send([ALIAS], post([ALIAS], unique("By credential.")))
        site.sink.wait(to(SECRET), before + 1)
    finally:
        del site.environment["CREDENTIALS_DIRECTORY"]
        os.unlink(path)
        site.restart_milter(accounts=old)


def test_the_doctor_looks_at_accounts(site):
    code, text = doctor(site, site.postfix.etc)
    assert re.search(rf"^ok +account {ALIAS}:", text, re.M) and code == 0, text
    assert re.search(r"^ok +transport of social.practice.example:", text, re.M), text
    for file in ("transport", "virtual"):
        code, text = doctor(site, altered(site, "a" + file, r"^.*social.*$", "", file))
        assert re.search(r"^warn +transport of social.practice.example:", text, re.M), text
    os.chmod(os.path.join(site.secrets, "blog"), 0o644)
    code, text = doctor(site, site.postfix.etc)
    assert code == 69 and re.search(rf"^BAD +account {ALIAS}:.*chmod 0600", text, re.M), text
    site.write_secret("blog", SECRET)
    shutil.chown(os.path.join(site.secrets, "blog"), "root")
    code, text = doctor(site, site.postfix.etc)
    assert re.search(rf"^warn +account {ALIAS}:", text, re.M), text
    assert not holds_secret(text.encode())
    site.write_secret("blog", SECRET)


ON = {"accounts": ACCOUNTS}
GROUPS = [SimpleNamespace(site={}, options=ON, tests=[
    test_the_alias_becomes_the_secret_at_the_gateway_alone,
    test_two_aliases_and_a_person,
    test_a_held_post_is_released_to_the_secret,
    test_the_address_may_change_while_a_post_is_held,
    test_a_reject_and_a_rule_that_the_account_does_without,
    test_a_gateway_that_refuses_tells_compliance_and_not_the_author,
    test_without_the_milter_the_alias_bounces,
    test_nobody_else_gets_in_at_the_alias,
    test_an_alias_in_any_spelling,
    test_the_secret_itself_is_refused,
    test_mail_of_local_users,
    test_files_that_are_not_fit,
    test_a_credential_and_a_reload_without_root,
    test_a_leaked_secret_is_held,
    test_the_doctor_looks_at_accounts,
]), SimpleNamespace(site={}, options={**ON, "scope": "secrets"}, tests=[
    test_a_leaked_secret_to_a_person,
]), SimpleNamespace(site={}, options={**ON, "mode": "monitor"}, tests=[
    test_a_failure_in_monitor_mode_still_hides_the_secret,
]), SimpleNamespace(site={"inet": True}, options=ON, tests=[
    test_the_alias_becomes_the_secret_at_the_gateway_alone,
    test_nobody_else_gets_in_at_the_alias,
]), SimpleNamespace(site={"sendmail": True}, options=ON, tests=[
    test_two_aliases_and_a_person,
    test_a_held_post_is_released_to_the_secret,
    test_nobody_else_gets_in_at_the_alias,
])]
