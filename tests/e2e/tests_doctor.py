"""The doctor against a real Postfix: all good, then one line wrong at a time."""
import os
import re
import shutil
from types import SimpleNamespace


def doctor(site, etc):
    done = site.chaperone("doctor", f"--postfix-config={etc}")
    return done.returncode, done.stdout.decode()


def altered(site, name, pattern, line):
    """A copy of Postfix's configuration with one line of main.cf changed."""
    etc = os.path.join(site.root, "etc-" + name)
    shutil.copytree(site.postfix.etc, etc)
    main = os.path.join(etc, "main.cf")
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
                 "store", "chaperone-milter"):
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


def test_doctor_sees_that_the_milter_is_down(site):
    site.stop_milter()
    code, text = doctor(site, site.postfix.etc)
    site.start_milter()
    assert code == 69 and re.search(r"^BAD +chaperone-milter:", text, re.M), text


GROUPS = [SimpleNamespace(tests=[test_doctor_finds_nothing_wrong,
                                 test_doctor_names_each_line_to_change,
                                 test_doctor_sees_that_the_milter_is_down],
                          site={"chroot": True}, options={})]
