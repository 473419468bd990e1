"""What becomes of a post: every verdict, every way in, every state."""
import base64
import glob
import os
import re
import socket
import time
from types import SimpleNamespace

from testsite import COMPLIANCE, CONTACT, LOGIN, SOURCE, crlf, post, wait

BLOG = "kavo123pelu@post.wordpress.com"
BLOG2 = "riso456tame@post.wordpress.com"
OTHER = "maple.secret77@blogger.com"
PERSON = "pat.reed@example.com"
ID = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{16}\b")


def to(address):
    return lambda m: address in m.recipients


def unique(text):
    """A text that no other test sends: the retry rule knows old ones."""
    unique.count += 1
    return f"{text} number {unique.count}"


unique.count = 0


def count_at_sink(site, address):
    return len(site.sink.find(to(address)))


def only_difference_is_received(sent, got):
    """The message as sent, after the MTA's own trace headers."""
    rest = got
    while rest[:9].lower() in (b"received:", b"return-pa"):
        rest = re.sub(rb"^[^\r]*\r\n(?:[ \t][^\r]*\r\n)*", b"", rest, count=1)
    return rest == sent


# --- accept, tag, reject, hold ------------------------------------------------


def test_accept_reaches_the_gateway_with_headers(site):
    data = post([BLOG], unique("Drink water in the heat."))
    before = count_at_sink(site, BLOG)
    site.send([BLOG], data)
    message = site.sink.wait(to(BLOG), before + 1)[-1]
    assert message.header("X-Chaperone-Verdict") == ["accept"]
    assert message.header("X-Chaperone-Rules") == []
    assert ID.fullmatch(message.header("X-Chaperone-Id")[0])
    assert message.body() == data.split(b"\r\n\r\n", 1)[1]


def test_tag_reaches_the_gateway_and_leaves_a_passed_item(site):
    before = count_at_sink(site, BLOG)
    site.send([BLOG], post([BLOG], unique("Our zibbletag of the week")))
    message = site.sink.wait(to(BLOG), before + 1)[-1]
    assert message.header("X-Chaperone-Verdict") == ["tag"]
    assert message.header("X-Chaperone-Rules") == ["e2e/tag"]
    item = message.header("X-Chaperone-Id")[0]
    assert [i["id"] for i in site.items("passed") if i["id"] == item] == [item]


def test_reject_tells_the_smtp_client_what_and_how_to_fix(site):
    before = count_at_sink(site, BLOG)
    reply = site.refused([BLOG], post([BLOG], unique("a zibblereject")))
    lines = reply.text.splitlines()
    assert reply.code == 550, reply
    assert len(lines) <= 10 and all(line.startswith("5.7.1 ") for line in lines), lines
    assert "Word that rejects" in lines[0] and "Leave out the word." in lines[0]
    assert ID.search(lines[0]), "the first line holds the ID"
    assert CONTACT in lines[-1]
    assert "zibble" not in reply.text and "wordpress.com" not in reply.text
    time.sleep(0.5)
    assert count_at_sink(site, BLOG) == before


def test_reject_by_sendmail_reaches_the_author_in_the_bounce(site):
    site.postfix.sendmail("root@practice.example", [BLOG],
                          post([BLOG], unique("local zibblereject")))
    bounce = site.sink.wait(to("root@practice.example"), 1)[-1]
    text = bounce.body().decode()
    assert bounce.sender == ""
    assert "Word that rejects" in text and "Leave out the word." in text and ID.search(text)


def test_hold_gives_exact_export_and_notices_without_content(site):
    data = post([BLOG], unique("secret-word-juniper zibblehold"), subject="Juniper evening")
    before = count_at_sink(site, BLOG)
    held = {i["id"] for i in site.items("held")}
    notices = count_at_sink(site, LOGIN), count_at_sink(site, COMPLIANCE)
    site.send([BLOG], data)
    item = next(i["id"] for i in site.items("held") if i["id"] not in held)
    assert site.export(item) == data, "export is byte-identical"
    for address, old in zip((LOGIN, COMPLIANCE), notices):
        notice = site.sink.wait(to(address), old + 1)[-1]
        text = notice.data.decode().lower()
        assert item.lower() in text and notice.sender == ""
        assert notice.header("Auto-Submitted")
        assert "juniper" not in text and "zibble" not in text and BLOG not in text
    assert count_at_sink(site, BLOG) == before, "nothing reaches the gateway"


def test_hold_by_sendmail(site):
    held = len(site.items("held"))
    done = site.postfix.sendmail("root@practice.example", [BLOG],
                                 post([BLOG], unique("local zibblehold")))
    assert done.returncode == 0
    wait(lambda: len(site.items("held")) == held + 1, what="the held item")
    assert site.items("held")[-1]["author"] == "root"


def test_smtp_from_localhost_is_not_taken_for_sendmail(site):
    held = {i["id"] for i in site.items("held")}
    site.send([BLOG], post([BLOG], unique("anonymous zibblehold")), user=None,
              sender="root@practice.example")
    item = next(i for i in site.items("held") if i["id"] not in held)
    assert item["author"] is None, item


def test_forged_headers_are_removed(site):
    forged = ("X-Chaperone-Verdict: accept\nX-Chaperone-Id: FORGED\nX-CHAPERONE-RULES: none\n"
              "X-Chaperone-Release: FORGED\nX-Chaperone-Id: FORGED\nX-Kept: yes\n")
    before = count_at_sink(site, BLOG)
    site.send([BLOG], post([BLOG], unique("plain"), headers=forged))
    message = site.sink.wait(to(BLOG), before + 1)[-1]
    assert b"FORGED" not in message.data and message.header("X-Kept") == ["yes"]
    assert message.header("X-Chaperone-Verdict") == ["accept"]
    assert len(message.header("X-Chaperone-Id")) == 1
    assert message.header("X-Chaperone-Rules") == []


def test_mail_to_people_stays_byte_identical(site):
    bodies = [
        ("plain", "zibblereject zibblehold in mail to a person\n.dot first\n", ""),
        ("8-bit", "Señora, año, niño\n", "MIME-Version: 1.0\nContent-Type: text/plain; "
         "charset=utf-8\nContent-Transfer-Encoding: 8bit\n"),
        ("headers", "x\n", "X-Chaperone-Id: kept\nX-Fold: a\n\tb\n  c\nX-Odd:no-space\n"),
        ("empty", "", ""),
    ]
    for name, text, headers in bodies:
        data = post([PERSON], text, headers=headers)
        before = count_at_sink(site, PERSON)
        site.send([PERSON], data)
        got = site.sink.wait(to(PERSON), before + 1)[-1].data
        assert only_difference_is_received(data, got), (name, data, got)


def test_export_is_exact_for_odd_bytes(site):
    rows = [
        ("8-bit", b"Subject: x\r\n", "zibblehold Señora".encode() + b"\xff\xfe\r\n"),
        ("folds", b"Subject: a\r\n\tb\r\n   c\r\nX-No-Space:v\r\nX-Two:  v \r\n",
         b"zibblehold folds\r\n"),
        ("no end", b"Subject: e\r\n", b"zibblehold\r\n\r\n\r\n"),
        ("dots", b"Subject: d\r\n", b"zibblehold\r\n.\x2e\r\n..x\r\n"),
    ]
    for name, headers, body in rows:
        data = (b"From: <a@practice.example>\r\nTo: <" + BLOG.encode() +
                b">\r\nDate: Mon, 2 Nov 2026 10:00:00 -0500\r\nMessage-ID: <" +
                name.replace(" ", "").encode() + b"@practice.example>\r\n" + headers +
                b"\r\n" + body)
        held = {i["id"] for i in site.items("held")}
        site.send([BLOG], data)
        item = next(i["id"] for i in site.items("held") if i["id"] not in held)
        assert site.export(item) == data, (name, site.export(item), data)


# --- the same message again ----------------------------------------------------


def test_retry_of_a_held_message_is_the_same_item(site):
    text = unique("retry zibblehold")
    held = len(site.items("held"))
    site.send([BLOG], post([BLOG], text))
    item = site.items("held")[-1]["id"]
    site.send([BLOG], post([BLOG], text))  # another Message-ID
    assert len(site.items("held")) == held + 1
    site.wait_log(f"id={item}".encode(), count=2)


def test_retry_of_a_refused_message_gets_its_id(site):
    text = unique("refused zibblehold")
    site.send([BLOG], post([BLOG], text))
    item = site.items("held")[-1]["id"]
    done = site.chaperone("quarantine", "refuse", item, "--note", "not on our page",
                          "--reviewer", "Dana")
    assert done.returncode == 0, done.stderr
    reply = site.refused([BLOG], post([BLOG], text))
    assert reply.code == 550 and item in reply.text.splitlines()[0], reply
    again = site.chaperone("quarantine", "refuse", item, "--note", "x")
    assert again.returncode == 65, "a decision is made once"
    site.sink.wait(lambda m: LOGIN in m.recipients and item.encode() in m.data, 2)


def test_notices_speak_the_language_of_the_post(site):
    held = {i["id"] for i in site.items("held")}
    site.send([BLOG], post([BLOG], unique("Abrimos el lunes para los ninos de la escuela zibblehold")))
    item = next(i["id"] for i in site.items("held") if i["id"] not in held)
    done = site.chaperone("quarantine", "refuse", item, "--note", "sin nombres, por favor")
    assert done.returncode == 0, done.stderr
    notices = site.sink.wait(lambda m: LOGIN in m.recipients and item.encode() in m.data, 2)
    assert b"retenida" in notices[0].body() and b"fue rechazada" in notices[1].body()


def test_retry_of_a_split_message_still_reaches_people(site):
    text = unique("split retry zibblehold")
    before = count_at_sink(site, PERSON)
    site.send([BLOG, PERSON], post([BLOG, PERSON], text))
    site.sink.wait(to(PERSON), before + 1)
    held = len(site.items("held"))
    site.send([BLOG, PERSON], post([BLOG, PERSON], text))
    site.sink.wait(to(PERSON), before + 2)
    assert len(site.items("held")) == held


# --- recipients ------------------------------------------------------------------


def test_mixed_recipients_are_split(site):
    data = post([BLOG, PERSON], unique("mixed zibblehold"))
    before = count_at_sink(site, BLOG), count_at_sink(site, PERSON)
    site.send([BLOG, PERSON], data)
    message = site.sink.wait(to(PERSON), before[1] + 1)[-1]
    item = site.items("held")[-1]["id"]
    assert message.recipients == [PERSON]
    assert message.header("X-Chaperone-Id") == [item]
    assert site.export(item) == data
    assert count_at_sink(site, BLOG) == before[0]


def test_two_gateways_a_person_and_a_hidden_copy(site):
    everybody = [BLOG, OTHER, PERSON, "hidden@example.net"]
    before = [count_at_sink(site, r) for r in everybody]
    site.send(everybody, post(everybody[:3], unique("both zibblehold")))
    site.sink.wait(to("hidden@example.net"), before[3] + 1)
    site.sink.wait(to(PERSON), before[2] + 1)
    assert [count_at_sink(site, r) for r in everybody[:2]] == before[:2]
    named = site.items("held")[-1]["gateway"]
    assert "wordpress" in named and "blogger" in named, named


def test_reject_refuses_all_recipients(site):
    before = count_at_sink(site, PERSON)
    assert site.refused([BLOG, PERSON], post([BLOG], unique("all zibblereject"))).code == 550
    time.sleep(0.5)
    assert count_at_sink(site, PERSON) == before


def test_recipient_that_cannot_be_deleted_holds_the_whole_message(site):
    before = count_at_sink(site, PERSON)
    odd = f'"{BLOG.split("@")[0]}"@{BLOG.split("@")[1]}'
    site.send([f"<{odd}>", PERSON], post([BLOG], unique("odd zibblehold")))
    time.sleep(1)
    assert count_at_sink(site, PERSON) == before


# --- automatic mail ----------------------------------------------------------------


def test_bounce_to_a_person_is_untouched(site):
    data = crlf(f"From: MAILER-DAEMON@mta.practice.example\nTo: {PERSON}\nSubject: Undelivered\n"
                "Date: Mon, 2 Nov 2026 10:00:00 -0500\nMessage-ID: <dsn1@mta.practice.example>\n"
                "MIME-Version: 1.0\nContent-Type: multipart/report; "
                "report-type=delivery-status;\n boundary=b\n\n--b\n\nzibblereject\n--b--\n"
                .encode())
    before = count_at_sink(site, PERSON)
    site.send([PERSON], data, user=None, sender="")
    got = site.sink.wait(to(PERSON), before + 1)[-1]
    assert only_difference_is_received(data, got.data) and got.sender == ""


def test_automatic_reject_becomes_a_hold(site):
    held = len(site.items("held"))
    site.send([BLOG], post([BLOG], unique("auto zibblereject"),
                           headers="Auto-Submitted: auto-generated\n"))
    assert len(site.items("held")) == held + 1


# --- several at once ------------------------------------------------------------------


def test_several_messages_on_one_connection(site):
    client = site.connect()
    held = len(site.items("held"))
    before = count_at_sink(site, BLOG2)
    for verdict in ("hold", "plain", "reject", "tag", "plain"):
        data = post([BLOG2], unique(f"one connection zibble{verdict}"))
        if verdict == "reject":
            assert site.refused([BLOG2], data, client=client).code == 550
        else:
            site.send([BLOG2], data, client=client)
    client.quit()
    site.sink.wait(to(BLOG2), before + 3)
    assert len(site.items("held")) == held + 1


def test_aborts_at_every_stage(site):
    """RSET, then closing, after each SMTP step; then a good message."""
    steps = [b"EHLO a.example\r\n", b"MAIL FROM:<a@practice.example>\r\n",
             b"RCPT TO:<" + BLOG.encode() + b">\r\n", b"DATA\r\n",
             b"Subject: half\r\n\r\nzibblehold half a post\r\n"]
    held = len(site.items("held"))
    for ending in (b"RSET\r\n", b""):
        for upto in range(len(steps) + 1):
            with socket.create_connection(("127.0.0.1", site.postfix.port), 10) as s:
                s.settimeout(5)
                s.recv(500)
                for step in steps[:upto]:
                    s.sendall(step)
                    if step is not steps[-1]:
                        s.recv(1000)
                if ending and upto < len(steps) - 1:
                    s.sendall(ending)
                    s.recv(500)
    test_accept_reaches_the_gateway_with_headers(site)
    assert len(site.items("held")) == held, "half a post is no item"
    wait(lambda: "under_way 0" in site.control("status"), what="no message under way")


def test_chrooted_smtpd_and_cleanup(site):
    """The group's Postfix runs both chrooted, as Debian's master.cf has it."""
    assert site.postfix.chroot
    test_accept_reaches_the_gateway_with_headers(site)
    test_hold_gives_exact_export_and_notices_without_content(site)
    test_reject_by_sendmail_reaches_the_author_in_the_bounce(site)


def test_inet_socket(site):
    assert site.socket.startswith("inet:")
    test_accept_reaches_the_gateway_with_headers(site)
    test_mixed_recipients_are_split(site)
    client = site.connect()
    took = []
    for _ in range(20):
        begin = time.monotonic()
        site.send([BLOG], post([BLOG], unique("quick")), client=client)
        took.append(time.monotonic() - begin)
    client.quit()
    # Nagle against delayed ACK would cost each of them 40 ms or more.
    assert min(took) < 0.04, f"{min(took) * 1000:.0f} ms a message"


# --- canaries -----------------------------------------------------------------------------

CANARIES = (b"Zyxandra", b"Quillfeather", b"614-555-0173", b"6145550173")


def plant(sample):
    """The sample with planted names and a number in subject and body."""
    head, body = sample.split(b"\n\n", 1)
    head = re.sub(rb"(?mi)^Subject:", b"Subject: Zyxandra Quillfeather", head)
    line = b"Zyxandra Quillfeather 614-555-0173\n"
    boundary = re.search(rb'(?is)boundary="?([^";\s]+)', head)
    if boundary:  # into the first part, behind its own headers
        before, part = body.split(b"--" + boundary[1] + b"\n", 1)
        inner, rest = part.split(b"\n\n", 1)
        assert b"base64" not in inner.lower()
        body = before + b"--" + boundary[1] + b"\n" + inner + b"\n\n" + line + rest
    elif b"base64" in head.lower():
        body = base64.encodebytes(line + base64.b64decode(body))
    else:
        body = line + body
    return crlf(head + b"\n\n" + body)


def written_files(site):
    """Every file that Chaperone wrote."""
    var = os.path.join(site.root, "var")
    return [os.path.join(var, n) for n in os.listdir(var) if not n.endswith(".sock")] + [site.log]


def test_canaries_stay_in_the_mail(site):
    samples = sorted(glob.glob(os.path.join(SOURCE, "tests/samples/*.eml")))
    assert len(samples) >= 20
    for path in samples:
        with open(path, "rb") as f:
            data = plant(f.read())
        recipients = re.findall(rb"[\w.+-]+@[\w.-]+", re.search(rb"(?mi)^To:(.*)", data)[1])
        try:
            site.send([r.decode() for r in recipients], data)
        except Exception as refused:
            assert not any(c.decode() in str(refused) for c in CANARIES), path
    assert site.items("held"), "some sample is held"
    answer = "\n".join(site.control("status") + site.control("reload")).encode()
    answer += site.chaperone("quarantine", "list").stdout
    time.sleep(1)
    places = [(name, open(name, "rb").read()) for name in written_files(site)]
    places += [("control and list", answer), ("maillog", site.postfix.maillog())]
    places += [("notice", m.data) for m in site.sink.find(lambda m: m.sender == "")]
    for name, data in places:
        found = [c for c in CANARIES if c in data]
        # The MTA's log may name recipients, which are no canaries here.
        assert not found, f"{name} holds {found}"


MAIN = [
    test_accept_reaches_the_gateway_with_headers,
    test_tag_reaches_the_gateway_and_leaves_a_passed_item,
    test_reject_tells_the_smtp_client_what_and_how_to_fix,
    test_reject_by_sendmail_reaches_the_author_in_the_bounce,
    test_hold_gives_exact_export_and_notices_without_content,
    test_hold_by_sendmail,
    test_smtp_from_localhost_is_not_taken_for_sendmail,
    test_forged_headers_are_removed,
    test_mail_to_people_stays_byte_identical,
    test_export_is_exact_for_odd_bytes,
    test_retry_of_a_held_message_is_the_same_item,
    test_retry_of_a_refused_message_gets_its_id,
    test_notices_speak_the_language_of_the_post,
    test_retry_of_a_split_message_still_reaches_people,
    test_mixed_recipients_are_split,
    test_two_gateways_a_person_and_a_hidden_copy,
    test_reject_refuses_all_recipients,
    test_recipient_that_cannot_be_deleted_holds_the_whole_message,
    test_bounce_to_a_person_is_untouched,
    test_automatic_reject_becomes_a_hold,
    test_several_messages_on_one_connection,
    test_aborts_at_every_stage,
]

GROUPS = [
    SimpleNamespace(tests=MAIN, site={}, options={}),
    SimpleNamespace(tests=[test_chrooted_smtpd_and_cleanup], site={"chroot": True}, options={}),
    SimpleNamespace(tests=[test_inet_socket], site={"inet": True}, options={}),
    SimpleNamespace(tests=[test_canaries_stay_in_the_mail], site={}, options={}),
]
