"""Photos that tell too much, through a real Postfix and a real Sendmail: cleaned
where that is configured and nothing else is wrong, else as they came."""
import base64
import json
import os
import stat
from types import SimpleNamespace

from testsite import post
from tests_attach import d
from tests_effects import BLOG, BLOG2, PERSON, to, unique

# One pixel has no words, and a loaded machine takes its time.
QUICK = "ocr: false, timeout: 60s"
ON = f"extract: {{clean: true, {QUICK}}}\n"
KEEP = f"extract: {{clean: true, keep_original: true, {QUICK}}}\n"
PLACE = ("-GPSLatitude=40.1234567", "-GPSLatitudeRef=N", "-GPSLongitude=83.7654321",
         "-GPSLongitudeRef=W")


# A profile of colours: its length, then for us just bytes.
ICC = (204).to_bytes(4, "big") + bytes(range(200))


def with_icc(jpeg):
    segment = b"ICC_PROFILE\0\1\1" + ICC
    return jpeg[:2] + b"\xff\xe2" + (len(segment) + 2).to_bytes(2, "big") + segment + jpeg[2:]


def photo():
    """Of somebody's phone: another picture each time, by its comment."""
    return d.photo(*PLACE, "-Orientation#=6", "-SerialNumber=77-4455", "-Artist=Ana Field",
                   "-XMP:Title=Room 4", f"-Comment={unique('comment')}", data=with_icc(d.JPEG))


def tags(jpeg):
    text = d.tool(["sh", "-c", "exiftool -j -n -G1 a.jpg >out"], {"a.jpg": jpeg}, "out")
    return {name: value for name, value in json.loads(text)[0].items()
            if not name.startswith(("File:", "System:", "ExifTool:", "Composite:", "SourceFile"))}


def with_photo(jpeg, text=None, recipients=(BLOG,), headers=""):
    body = ("This is a multi-part message in MIME format.\n--B\nContent-Type: text/plain; charset=us-ascii\n\n"
            f"{text or unique('The news')}\n--B\n"
            "Content-Type: image/jpeg; name=us.jpg\nContent-Disposition: attachment;\n"
            "\tfilename=us.jpg\nContent-Transfer-Encoding: base64\n\n"
            f"{base64.encodebytes(jpeg).decode()}--B\nContent-Type: text/plain\n\nBye.  \n--B--\nrest")
    return post(list(recipients), body, headers=headers +
                'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="B"\n')


def split(mail):
    """The body before the photo, its lines, and what follows."""
    body = mail.split(b"\r\n\r\n", 1)[1]
    before, rest = body.split(b"base64\r\n\r\n", 1)
    lines, after = rest.split(b"\r\n--B", 1)
    return before, lines, after


def deliver(site, data, recipients=(BLOG,)):
    before = len(site.sink.find(to(recipients[0])))
    site.send(list(recipients), data)
    return site.sink.wait(to(recipients[0]), before + 1)[-1]


def cleaned_part(data, message):
    """The photo that came, when all else of the body is as sent."""
    sent, got = split(data), split(message.data)
    assert (got[0], got[2]) == (sent[0], sent[2]), "other bytes have changed"
    assert all(len(line) == 76 for line in got[1].split(b"\r\n")[:-1]), got[1]
    return base64.b64decode(got[1], validate=False)


def assert_untouched(data, message):
    assert message.header("X-Chaperone-Cleaned") == []
    assert message.body() == data.split(b"\r\n\r\n", 1)[1], "byte for byte"


# --- cleaned ----------------------------------------------------------------------


def test_photo_comes_out_without_its_place_and_nothing_else_changed(site):
    jpeg = photo()
    data = with_photo(jpeg, headers="X-Chaperone-Cleaned: 9\nX-Chaperone-Verdict: tag\n")
    message = deliver(site, data)
    assert message.header("X-Chaperone-Verdict") == ["accept"]
    assert message.header("X-Chaperone-Rules") == []
    assert message.header("X-Chaperone-Cleaned") == ["2"], "ours, not the one that came"
    assert message.header("MIME-Version") == ["1.0"] and message.header("Subject") == ["A post"]
    got = tags(cleaned_part(data, message))
    assert got.pop("IFD0:Orientation") == 6
    assert not [name for name in got if name.startswith(("GPS", "XMP", "Exif", "IFD"))], got
    assert ICC in cleaned_part(data, message), "the profile of colours"
    item = message.header("X-Chaperone-Id")[0]
    assert f"id={item} ".encode() in site.log_text() and b" cleaned=2 " in site.log_text()
    assert item not in {i["id"] for i in site.items()}, "an accept leaves nothing in the store"
    rows = [json.loads(line) for line in
            site.chaperone("audit", "export").stdout.splitlines()]
    assert [r["note"] for r in rows if r["event"] == "cleaned"][-1] == f"{item}: part 2"


def test_two_gateways_get_the_same_clean_photo(site):
    data = with_photo(photo(), recipients=(BLOG, BLOG2))
    message = deliver(site, data, (BLOG, BLOG2))
    assert message.header("X-Chaperone-Cleaned") == ["2"]
    assert "IFD0:Orientation" in tags(cleaned_part(data, message))


def test_tagged_word_is_tagged_and_its_photo_cleaned(site):
    data = with_photo(photo(), text=unique("Our zibbletag of the week"))
    message = deliver(site, data)
    assert message.header("X-Chaperone-Rules") == ["e2e/tag"]
    assert message.header("X-Chaperone-Cleaned") == ["2"]
    kept = site.export(message.header("X-Chaperone-Id")[0])
    assert cleaned_part(data, message) == base64.b64decode(split(kept)[1]), "what went on"


def test_original_is_kept_among_the_passed_where_configured(site):
    site.extra = KEEP
    site.restart_milter()
    try:
        data = with_photo(photo())
        message = deliver(site, data)
        assert message.header("X-Chaperone-Cleaned") == ["2"]
        item = message.header("X-Chaperone-Id")[0]
        assert site.item(item)["state"] == "passed"
        assert split(site.export(item)) == split(data), "as received"
    finally:
        site.extra = ON
        site.restart_milter()


# --- not cleaned ------------------------------------------------------------------


def test_off_by_default(site):
    data = with_photo(photo())
    message = deliver(site, data)
    assert message.header("X-Chaperone-Rules") == ["privacy/photo-location"]
    assert_untouched(data, message)


def test_held_post_is_held_as_it_came_and_released_so(site):
    data = with_photo(photo(), text=unique("Our zibblehold of the week"))
    logged = site.log_text().count(b" cleaned=2 ")
    item = site.hold([BLOG], data)
    assert set(site.item(item)["rules"]) >= {"e2e/hold", "privacy/photo-location"}
    assert split(site.export(item)) == split(data)
    before = len(site.sink.find(to(BLOG)))
    assert site.release(item) == 0
    assert_untouched(data, site.sink.wait(to(BLOG), before + 1)[-1])
    assert site.log_text().count(b" cleaned=2 ") == logged


def test_refused_post_is_refused(site):
    reply = site.refused([BLOG], with_photo(photo(), text=unique("a zibblereject")))
    assert reply.code == 550, reply


def test_mail_to_a_person_too_is_not_changed(site):
    data = with_photo(photo(), recipients=(BLOG, PERSON))
    message = deliver(site, data, (BLOG, PERSON))
    assert "privacy/photo-location" in message.header("X-Chaperone-Rules")[0]
    assert_untouched(data, message)


def test_photo_that_has_two_exifs_is_not_cleaned(site):
    jpeg = photo()
    at = jpeg.index(b"\xff\xe1")
    size = int.from_bytes(jpeg[at + 2:at + 4], "big")
    data = with_photo(jpeg[:at] + jpeg[at:at + 2 + size] + jpeg[at:])
    message = deliver(site, data)
    assert message.header("X-Chaperone-Rules") == ["privacy/photo-location"]
    assert_untouched(data, message)


def test_cleaner_that_cannot_be_started_defers(site):
    """Trouble of ours: nothing passes as it came, nothing is lost."""
    program = os.path.join(site.root, "reader")
    with open(program, "w", encoding="ascii") as f:
        f.write('#!/bin/sh\ncase "$*" in *--clean*) exit 1;; esac\n'
                f'exec {os.path.join(site.build, "chaperone-extract")} "$@"\n')
    os.chmod(program, os.stat(program).st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    site.extra = f"extract: {{clean: true, program: {program}, {QUICK}}}\n"
    site.restart_milter()
    data, before = with_photo(photo()), len(site.sink.find(to(BLOG)))
    try:
        reply = site.refused([BLOG], data)
        assert reply.code == 451, reply
        assert len(site.sink.find(to(BLOG))) == before
    finally:
        site.extra = ON
        site.restart_milter()
    assert deliver(site, data).header("X-Chaperone-Cleaned") == ["2"], "and on it goes"


def test_change_of_the_configuration_counts_after_a_reload(site):
    site.extra = f"extract: {{{QUICK}}}\n"
    site.write_config()
    assert site.control("reload")[-1] == "ok"
    try:
        data = with_photo(photo())
        assert_untouched(data, deliver(site, data))
    finally:
        site.extra = ON
        site.write_config()
    assert site.control("reload")[-1] == "ok"
    assert deliver(site, with_photo(photo())).header("X-Chaperone-Cleaned") == ["2"]


GROUPS = [
    SimpleNamespace(site={}, options={"extra": f"extract: {{{QUICK}}}\n"}, tests=[test_off_by_default]),
    SimpleNamespace(site={}, options={"extra": ON}, tests=[
        test_photo_comes_out_without_its_place_and_nothing_else_changed,
        test_two_gateways_get_the_same_clean_photo,
        test_tagged_word_is_tagged_and_its_photo_cleaned,
        test_held_post_is_held_as_it_came_and_released_so,
        test_refused_post_is_refused,
        test_mail_to_a_person_too_is_not_changed,
        test_photo_that_has_two_exifs_is_not_cleaned,
        test_original_is_kept_among_the_passed_where_configured,
        test_cleaner_that_cannot_be_started_defers,
        test_change_of_the_configuration_counts_after_a_reload,
    ]),
    SimpleNamespace(site={"sendmail": True}, options={"extra": ON}, tests=[
        test_photo_comes_out_without_its_place_and_nothing_else_changed,
        test_held_post_is_held_as_it_came_and_released_so,
    ]),
]
