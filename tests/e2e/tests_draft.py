"""Drafts: to the check address, or marked [check]; reported, never published."""
import email
import email.header
from types import SimpleNamespace

from testsite import AUTHOR, COMPLIANCE, LOGIN, post
from tests_accounts import ACCOUNTS, ALIAS, OUTSIDER, SECRET, check_no_secret, written_by_chaperone
from tests_effects import BLOG, PERSON, count_at_sink, to, unique
from tests_release import ledger

CHECK = "check@social.practice.example"
CANARY = "Wilhelmina"


def report_of(site, before, reader=LOGIN):
    """Header and text of the report that came."""
    message = site.sink.wait(to(reader), before + 1)[-1]
    parsed = email.message_from_bytes(message.data)
    return message, parsed, parsed.get_payload(decode=True).decode()


def draft(site, recipients, data, **more):
    """Sends a draft; its report."""
    before = count_at_sink(site, LOGIN)
    site.send(recipients, data, **more)
    return report_of(site, before)


def test_a_draft_comes_back_to_its_author_alone(site):
    others = len(site.sink.messages)
    text = unique(f"Our patient {CANARY} Kettlewell was here, 512-34-6789.")
    message, parsed, told = draft(site, [CHECK], post([CHECK], text, subject=f"On {CANARY}"))
    assert message.recipients == [LOGIN] and message.sender == ""
    assert parsed["Auto-Submitted"] == "auto-replied" and parsed["To"] == LOGIN
    assert "would be refused" in told and "line 1" in told, told
    assert CANARY not in told and "6789" not in told and CANARY not in str(parsed)
    assert len(site.sink.messages) == others + 1, "and to nobody else"
    ident = parsed["X-Chaperone-Notice"].split()[0]
    assert ledger(site, ident) == ["checked"] and ident not in {i["id"] for i in site.items()}
    for path, data in written_by_chaperone(site):
        assert CANARY.encode() not in data and b"6789" not in data, path


def test_a_harmless_draft_says_when_it_would_appear(site):
    data = post([ALIAS], "Drink water in the heat.\n\n[delay +3 hours]",
                subject="Heat [ Check ] days")
    before = count_at_sink(site, SECRET)
    _, _, told = draft(site, [ALIAS], data)
    assert "it would be published." in told and "WordPress.com: public, at 20" in told, told
    assert "UTC" in told and count_at_sink(site, SECRET) == before
    check_no_secret(site)


def test_a_report_says_what_is_safer(site):
    data = post([BLOG], unique("Thank you for being our patient, we hope your knee is better!"),
                subject="Re: review [check]")
    before = count_at_sink(site, BLOG)
    _, _, told = draft(site, [BLOG], data)
    assert "safer" in told and "would be" in told, told
    assert count_at_sink(site, BLOG) == before


def test_a_draft_in_spanish(site):
    data = post([CHECK], unique("Nuestra paciente de la semana y su cura para la migraña, "
                                "con los mejores resultados de la ciudad."),
                headers="MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
                        "Content-Transfer-Encoding: 8bit\n")
    _, parsed, told = draft(site, [CHECK], data)
    assert "Su borrador fue revisado" in told and "borrador" in parsed["Subject"], told


def test_an_encoded_mark_counts(site):
    subject = email.header.Header("Sonríe [check]", "utf-8").encode()
    before = count_at_sink(site, BLOG)
    draft(site, [BLOG], post([BLOG], unique("Brush twice a day."), subject=subject))
    assert count_at_sink(site, BLOG) == before


def test_a_mark_in_other_mail_means_nothing(site):
    before = count_at_sink(site, PERSON), count_at_sink(site, LOGIN)
    site.send([PERSON], post([PERSON], unique("See you."), subject="[check] the boiler"))
    message = site.sink.wait(to(PERSON), before[0] + 1)[-1]
    assert message.header("X-Chaperone-Verdict") == []
    site.send([BLOG], post([BLOG], unique("Eat well. [check]"), subject="Please check"))
    site.sink.wait(to(BLOG))
    assert count_at_sink(site, LOGIN) == before[1]


def answer(notice, words, **more):
    """What a mail program makes of the answer button."""
    parsed = email.message_from_bytes(notice.data)
    quoted = "\n".join("> " + line for line in
                       parsed.get_payload(decode=True).decode().splitlines())
    subject = str(email.header.make_header(email.header.decode_header(parsed["Subject"])))
    return parsed["Reply-To"], post([parsed["Reply-To"]], f"{words}\n\nChaperone wrote:\n{quoted}",
                                    subject="Re: " + subject, **more)


def test_an_author_writes_about_a_held_post(site):
    item = site.hold([BLOG], post([BLOG], unique("zibblehold")))
    held = site.sink.wait(lambda m: LOGIN in m.recipients and item.encode() in m.data)[-1]
    to_address, letter = answer(held, f"{CANARY} signed the form.")
    assert to_address == CHECK
    before = count_at_sink(site, LOGIN)
    site.send([CHECK], letter)
    told = site.sink.wait(lambda m: COMPLIANCE in m.recipients and item.encode() in m.data
                          and b"wrote" in m.data)[-1]
    assert told.header("Reply-To") == [] and not site.sink.find(to(CHECK))
    assert not site.sink.find(lambda m: CANARY.encode() in m.data), "and its words to nobody"
    assert count_at_sink(site, LOGIN) == before, "no report: it is no draft"
    assert ledger(site, item)[-1] == "author-wrote" and site.item(item)["state"] == "held"
    for path, data in written_by_chaperone(site):
        assert CANARY.encode() not in data, path


def test_letters_about_no_post_of_ones_own(site):
    item = site.hold([BLOG], post([BLOG], unique("zibblehold")))
    for user, ident, text, words in (
            ("bea", item, "Please review.", "no post of yours"),
            (AUTHOR, "0123456789ABCDEF", "Please review.", "no post of yours"),
            (AUTHOR, item, "> only a quote", "nothing is written")):
        reply = site.refused([CHECK], post([CHECK], text, subject=f"Re: it (ID {ident})"),
                             user=user)
        assert reply.code == 550 and words in reply.text, reply
    automatic = post([CHECK], "I am out of office.", subject=f"Re: it (ID {item})",
                     headers="Auto-Submitted: auto-replied\n")
    assert site.refused([CHECK], automatic).code == 550
    reply = site.refused([CHECK], post([CHECK], "x", subject=f"(ID {item})"), user=None,
                         sender=LOGIN)
    assert reply.code == 550
    assert "author-wrote" not in ledger(site, item)


def test_nobody_else_gets_a_report(site):
    before = len(site.sink.messages)
    data = post([CHECK], unique("Hello"))
    for how in (dict(user=None, sender=OUTSIDER), dict(user=None, sender=LOGIN),
                dict(user=None, sender="")):
        reply = site.refused([CHECK], data, **how)
        assert reply.code == 550 and "logged in" in reply.text, (how, reply)
    marked = post([BLOG], unique("Hello"), subject="[check] hello")
    assert site.refused([BLOG], marked, user=None, sender=LOGIN).code == 550
    reply = site.refused([ALIAS], post([ALIAS], "Hello", subject="[check]"), user="bea")
    assert reply.code == 550 and "not among the authors" in reply.text
    assert len(site.sink.messages) == before


def test_what_a_program_sends_is_not_answered(site):
    before = len(site.sink.messages)
    for headers in ("Auto-Submitted: auto-replied\n", "Precedence: bulk\n", "List-Id: <a.b>\n"):
        reply = site.refused([CHECK], post([CHECK], unique("Hello"), headers=headers))
        assert reply.code == 550 and "a program sent this" in reply.text, (headers, reply)
    reply = site.refused([CHECK], post([CHECK], unique("Hello")), sender="")
    assert reply.code == 550, "an empty sender is a bounce, whoever logged in"
    assert len(site.sink.messages) == before


def test_a_draft_with_people_is_refused(site):
    before = len(site.sink.messages)
    for recipients, subject in (([CHECK, PERSON], "A"), ([BLOG, PERSON], "[check] B")):
        reply = site.refused(recipients, post(recipients, unique("Hello"), subject=subject))
        assert reply.code == 550 and "people among" in reply.text, reply
    assert len(site.sink.messages) == before
    draft(site, [CHECK, BLOG], post([CHECK, BLOG], unique("Rest.")))
    assert len(site.sink.messages) == before + 1


def test_too_many_drafts_in_an_hour(site):
    old = site.options["per_hour"]
    site.restart_milter(per_hour=2)
    try:
        for _ in range(2):
            before = count_at_sink(site, "bea@practice.example")
            site.send([CHECK], post([CHECK], unique("Rest.")), user="bea")
            report_of(site, before, "bea@practice.example")
        reply = site.refused([CHECK], post([CHECK], unique("Rest.")), user="bea")
        assert reply.code == 550 and "too many drafts" in reply.text, reply
    finally:
        site.restart_milter(per_hour=old)


ON = {"accounts": ACCOUNTS, "check": CHECK}
GROUPS = [SimpleNamespace(site={}, options=ON, tests=[
    test_a_draft_comes_back_to_its_author_alone,
    test_a_harmless_draft_says_when_it_would_appear,
    test_a_report_says_what_is_safer,
    test_a_draft_in_spanish,
    test_an_encoded_mark_counts,
    test_a_mark_in_other_mail_means_nothing,
    test_nobody_else_gets_a_report,
    test_what_a_program_sends_is_not_answered,
    test_a_draft_with_people_is_refused,
    test_an_author_writes_about_a_held_post,
    test_letters_about_no_post_of_ones_own,
    test_too_many_drafts_in_an_hour,
]), SimpleNamespace(site={}, options={**ON, "mode": "monitor"}, tests=[
    test_an_encoded_mark_counts,
    test_nobody_else_gets_a_report,
]), SimpleNamespace(site={"sendmail": True}, options=ON, tests=[
    test_a_draft_comes_back_to_its_author_alone,
    test_an_author_writes_about_a_held_post,
    test_nobody_else_gets_a_report,
])]
