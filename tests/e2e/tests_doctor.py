"""The doctor against a real Postfix: all good, then one line wrong at a time."""
import os
import re
import shutil
from types import SimpleNamespace

from testsite import COMPLIANCE


def doctor(site, etc):
    done = site.chaperone("doctor", f"--postfix-config={etc}")
    return done.returncode, done.stdout.decode()


def altered(site, name, pattern, line, file="main.cf"):
    """A copy of Postfix's configuration with one line of it changed."""
    etc = os.path.join(site.root, "etc-" + name)
    shutil.copytree(site.postfix.etc, etc)
    main = os.path.join(etc, file)
    with open(main) as f:
        text = f.read()
    with open(main, "w") as f:
        f.write(re.sub(pattern, line, text, flags=re.M))
    return etc


def test_doctor_finds_nothing_wrong(site):
    code, text = doctor(site, site.postfix.etc)
    bad = [line for line in text.splitlines() if line.startswith("BAD")]
    assert code == 0 and not bad, text
    for what in ("smtpd_milters", "non_smtpd_milters", "milter_default_action", "milter.socket",
                 "store", "chaperone-milter", "chaperone-extract", "words in pictures",
                 "release listener", "release: smtpd_milters",
                 "release: local_header_rewrite_clients", "release: content_filter",
                 "release: who may connect"):
        assert re.search(rf"^ok +{re.escape(what)}:", text, re.M), (what, text)


def test_doctor_names_each_line_to_change(site):
    rows = [
        ("action", r"^milter_default_action.*", "milter_default_action = accept",
         "milter_default_action", "main.cf: milter_default_action = tempfail"),
        ("missing", r"^smtpd_milters.*", "smtpd_milters =",
         "smtpd_milters", "main.cf: smtpd_milters = unix:chaperone/milter.sock"),
        ("local", r"^non_smtpd_milters.*", "non_smtpd_milters =",
         "non_smtpd_milters", "main.cf: non_smtpd_milters = unix:chaperone/milter.sock"),
        ("signer", r"^smtpd_milters.*",
         "smtpd_milters = inet:127.0.0.1:8891, unix:chaperone/milter.sock",
         "smtpd_milters: a DKIM signer comes before", "before a DKIM signer"),
        ("jail", r"^smtpd_milters.*", f"smtpd_milters = unix:{site.socket_path}",
         "smtpd_milters", "main.cf: smtpd_milters = unix:chaperone/milter.sock"),
        ("protocol", r"^milter_protocol.*", "milter_protocol = 2",
         "milter_protocol", "main.cf: milter_protocol = 6"),
    ]
    for name, pattern, line, what, mend in rows:
        code, text = doctor(site, altered(site, name, pattern, line))
        bad = re.search(rf"^BAD +{re.escape(what)}[^\n]*\n +-> ([^\n]*)", text, re.M)
        assert code == 69 and bad and mend in bad[1], (name, text)


def test_doctor_names_each_line_of_the_release_listener(site):
    port = site.postfix.release_port
    rows = [
        ("rewrite", r"^  -o local_header_rewrite_clients=\n", "", "BAD",
         "release: local_header_rewrite_clients", "-o local_header_rewrite_clients="),
        ("filter", r"-o content_filter=$", "-o content_filter=scan:[127.0.0.1]:10", "BAD",
         "release: content_filter", "-o content_filter="),
        ("nomilter", r"-o content_filter=$", "-o content_filter=\n  -o smtpd_milters=", "BAD",
         "release: smtpd_milters", "no -o smtpd_milters"),
        ("override", r"-o content_filter=$",
         "-o content_filter=\n  -o receive_override_options=no_milters", "BAD",
         "release: smtpd_milters", "no no_milters"),
        ("open", rf"^127.0.0.1:{port} inet", f"{port} inet", "warn",
         "release: who may connect", "127.0.0.1:10025 inet"),
        ("networks", r"-o mynetworks=127.0.0.0/8", "-o mynetworks=127.0.0.0/8,192.0.2.0/24",
         "warn", "release: who may connect", "-o mynetworks=127.0.0.0/8"),
        ("relay", r"-o smtpd_relay_restrictions=permit_mynetworks,reject",
         "-o smtpd_relay_restrictions=permit", "warn",
         "release: who may connect", "-o smtpd_relay_restrictions="),
        ("none", rf"^127.0.0.1:{port} inet", "127.0.0.1:9 inet", "BAD",
         "release: master.cf", "-o local_header_rewrite_clients="),
    ]
    for name, pattern, line, grade, what, mend in rows:
        code, text = doctor(site, altered(site, "r" + name, pattern, line, "master.cf"))
        seen = re.search(rf"^(?:{grade}) +{re.escape(what)}[^\n]*\n +-> ([^\n]*)", text, re.M)
        assert seen and mend in seen[1], (name, text)
        assert (code == 69) == (grade == "BAD"), (name, code)


def test_doctor_sees_that_the_milter_is_down(site):
    site.stop_milter()
    code, text = doctor(site, site.postfix.etc)
    site.start_milter()
    assert code == 69 and re.search(r"^BAD +chaperone-milter:", text, re.M), text


def test_doctor_sends_a_test_notice(site):
    """By the daemon: without it nothing goes, and that is told."""
    def run():
        done = site.chaperone("doctor", f"--postfix-config={site.postfix.etc}", "--notice")
        return re.search(r"^(ok|BAD) +test notice: ([^\n]*)", done.stdout.decode(), re.M)
    found = run()
    assert found and found[1] == "ok", found
    mail = site.sink.wait(lambda m: b"a test of notices" in m.data)[0]
    assert mail.recipients == [COMPLIANCE] and mail.header("Auto-Submitted")
    with open(os.path.join(site.root, "var/metrics.prom")) as f:
        assert "chaperone_notice_last_success_seconds" in f.read()
    site.stop_milter()
    found = run()
    assert found and found[1] == "BAD" and "not sent" in found[2], found
    site.start_milter()


GROUPS = [SimpleNamespace(tests=[test_doctor_finds_nothing_wrong,
                                 test_doctor_names_each_line_to_change,
                                 test_doctor_names_each_line_of_the_release_listener,
                                 test_doctor_sees_that_the_milter_is_down,
                                 test_doctor_sends_a_test_notice],
                          site={"chroot": True}, options={})]
