"""The ledger, audited: heads outside of the database, tampering, the binder."""
import json
import os
import re
import shutil
import sqlite3
from types import SimpleNamespace

from testsite import COMPLIANCE, post
from tests_effects import BLOG, count_at_sink, to, unique
from tests_release import make_due

HEAD = rb"ledger-head.*?head=(\d+:[0-9a-f]{64})"


def database(site):
    return os.path.join(site.root, "var/chaperone.db")


def hold(site):
    return site.hold([BLOG], post([BLOG], unique("A zibblehold post.")))


def heads(site):
    return [h.decode() for h in re.findall(HEAD, site.log_text())]


def verify(site, head=None):
    done = site.chaperone("audit", "verify", *(["--head", head] if head else []))
    return done.returncode, done.stdout.decode()


def export(site, *args):
    done = site.chaperone("audit", "export", *args)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def tamper(site, *statements):
    """As somebody who owns the database and knows SQL."""
    with sqlite3.connect(database(site), timeout=10) as db:
        for trigger in ("ledger_no_update", "ledger_no_delete"):
            db.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        for statement in statements:
            db.execute(statement)
    db.close()


def last_row(site):
    with sqlite3.connect(database(site), timeout=10) as db:
        number = db.execute("SELECT max(seq) FROM ledger").fetchone()[0]
    db.close()
    return number


def test_head_stands_in_the_log_at_start_and_stop(site):
    first = heads(site)[-1]
    hold(site)
    site.stop_milter()
    last = heads(site)[-1]
    assert int(last.split(":")[0]) > int(first.split(":")[0])
    for head in (first, last):
        code, text = verify(site, head)
        assert code == 0 and " 0 faults" in text and "without --head" not in text, text
    site.start_milter()


def test_each_configuration_is_a_row(site):
    site.control("reload")
    rows = [json.loads(line) for line in export(site).splitlines()]
    notes = [r["note"] for r in rows if r["event"] == "configuration"]
    assert len(notes) >= 2 and all(re.fullmatch(
        r"mode enforce, \d+ rules [0-9a-f]{16}, configuration [0-9a-f]{16}", n) for n in notes), notes
    assert [r["seq"] for r in rows] == list(range(1, len(rows) + 1))


def test_a_notice_to_compliance_holds_a_head_that_verifies(site):
    item = hold(site)
    mail = site.sink.wait(lambda m: m.recipients == [COMPLIANCE] and item.encode() in m.data)[0]
    body = mail.body().replace(b"=\r\n", b"").replace(b"=3D", b"=").decode()
    head = re.search(r"\d+:[0-9a-f]{64}", body).group()
    code, text = verify(site, head)
    assert code == 0, text


def test_binder_says_who_decided_what_and_holds_no_words(site):
    item = hold(site)
    done = site.chaperone("quarantine", "refuse", item, "--note", "<b>not</b> ours",
                          "--reviewer", "Dana & Co")
    assert done.returncode == 0
    page = export(site, "--format", "html")
    row = next(line for line in page.splitlines() if line.startswith(f"<tr><td>{item}"))
    assert "&lt;b&gt;not&lt;/b&gt; ours" in row and "Dana &amp; Co" in row and ">refused<" in row, row
    assert "<b>" not in page and "zibblehold post" not in page
    assert "rows proved, 0 faults" in page and "<h2>Policy now in force</h2>" in page
    tomorrow = export(site, "--from", "2099-01-01")
    assert tomorrow == ""


def test_tampering_is_named(site):
    hold(site)
    site.stop_milter()
    last, head = last_row(site), heads(site)[-1]
    kept = os.path.join(site.root, "kept.db")
    for what, place, head_is_needed in (
            (["UPDATE ledger SET actor = 'x' WHERE seq = 2"], "row 2: changed", False),
            (["DELETE FROM ledger WHERE seq = 2"], "row 2: missing", False),
            ([f"DELETE FROM ledger WHERE seq = {last}"], f"row {last}: missing at the end", True)):
        shutil.copy(database(site), kept)
        tamper(site, *what)
        assert verify(site)[0] == (0 if head_is_needed else 65), what
        code, text = verify(site, head)
        assert code == 65 and place in text, text
        shutil.copy(kept, database(site))
    assert verify(site, head)[0] == 0
    site.start_milter()


def test_yesterdays_database_is_found_out(site):
    site.stop_milter()
    kept = os.path.join(site.root, "yesterday.db")
    shutil.copy(database(site), kept)
    site.start_milter()
    hold(site)
    site.stop_milter()
    head = heads(site)[-1]
    for name in ("-wal", "-shm"):
        if os.path.exists(database(site) + name):
            os.unlink(database(site) + name)
    shutil.copy(kept, database(site))
    shutil.chown(database(site), *site_owner(site))
    code, text = verify(site, head)
    assert code == 65 and "older database" in text, text
    site.start_milter()
    hold(site)
    code, text = verify(site, head)
    assert code == 65 and "the chain was rewritten" in text, text


def site_owner(site):
    found = os.stat(os.path.join(site.root, "var"))
    return found.st_uid, found.st_gid


def test_a_new_key_opens_what_the_old_one_sealed(site):
    data = post([BLOG], unique("A zibblehold post."))
    item = site.hold([BLOG], data)
    running = site.chaperone("store", "rotate-key")
    assert running.returncode == 69 and b"stop it" in running.stderr, running
    site.stop_milter()
    done = site.chaperone("store", "rotate-key")
    assert done.returncode == 0 and b"sealed anew" in done.stdout, done.stderr
    site.start_milter()
    assert site.export(item) == data
    before = count_at_sink(site, BLOG)
    assert site.release(item) == 0
    make_due(site)
    site.wait_state(item, "released")
    site.sink.wait(to(BLOG), before + 1)
    assert verify(site)[0] == 0


def test_usage_of_audit(site):
    for args in (("verify", "--head", "12"), ("verify", "--from", "2026-01-01"), ("export", "--from", "May"),
                 ("export", "--format", "pdf"), ("begin",), ("nothing",)):
        done = site.chaperone("audit", *args)
        assert done.returncode == 64 and done.stdout == b"" and b"audit" in done.stderr, args


GROUPS = [SimpleNamespace(site={}, options={}, tests=[
    test_head_stands_in_the_log_at_start_and_stop,
    test_each_configuration_is_a_row,
    test_a_notice_to_compliance_holds_a_head_that_verifies,
    test_binder_says_who_decided_what_and_holds_no_words,
    test_a_new_key_opens_what_the_old_one_sealed,
    test_usage_of_audit,
    test_tampering_is_named,
    test_yesterdays_database_is_found_out,
])]
