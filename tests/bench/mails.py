"""Mail to measure with: made from word lists by a seeded generator, the same
on every machine.  Files are named after the verdict that is due.

  posts    1 to 4 KB to gateways, all clean
  planted  the same, every tenth with a violation
  out      mail between people: out of scope
  mixed    posts, pictures of 0.2 to 2 MB, newsletters, some mail to people
  large    one message of 25 MiB

Fictional people and reserved domains only.
"""
import base64
import io
import os
import random

from PIL import Image

GATEWAYS = ["kavo123pelu@post.wordpress.com", "anna.secret77@blogger.com",
            "trigger@applet.ifttt.com", "q7w8e9r0t1@tumblr.com",
            "upload42river@photos.flickr.com"]

SENTENCES = """\
The lights in the lobby stay on until seven on weekdays.
The front desk has moved to the second floor while the lobby is painted.
The garage on the north side has the most free spaces before nine.
Our offices are closed on Monday for the holiday and open again on Tuesday.
Thank you to everyone who joined the gardening afternoon, what a turnout.
Handwashing for twenty seconds is still the simplest way to keep germs away.
Hats and sunscreen belong in every beach bag.
A list of questions on paper is easier than one in the head.
Kids are heading back to school, so drive slowly on Cedar Street.
Readers of novels meet in the community room on Thursdays.
A balanced breakfast can be oats, fruit and a handful of nuts.
We are collecting canned food for the neighborhood pantry all month.
Stretch for a minute every hour if you work at a desk.
What is your favorite walk in town?
The street in front of our house is being paved.
Drink water, rest, and take the stairs when you can.
The new waiting room has more light and a corner for children.
Our leaflets come in three languages.
Cooking soup together is fun on a cold evening.
Reading before bed is a calm end to a long day.
The bus line 12 now stops right in front of our door.
The clocks go back an hour on Sunday night.
The choir of the high school sings in our lobby on Friday.
A big thank you to the volunteers of the park cleanup.
Our newsletter is about posture, hobbies and good lunches.
""".splitlines()

# One violation each, and none whose verdict hangs on wording rules;
# without a text: an archive, which nobody can look into.
PLANTED = [
    ("reject", "The form on the chair belongs to Mr. Tobias Fenn, SSN 512-34-6789."),
    ("quarantine", None),
]

HTML = """<html><head><title>{title}</title><style>p {{ color: #333; }}</style></head>
<body><table><tr><td>{body}</td></tr></table></body></html>
"""


def paragraphs(rand, size):
    """About size bytes of prose, lines of at most 76."""
    text, line, lines = 0, "", []
    while text < size:
        sentence = rand.choice(SENTENCES)
        for word in sentence.split():
            if len(line) + len(word) > 74:
                lines.append(line)
                text += len(line) + 1
                line = word
            else:
                line = f"{line} {word}".strip()
        if rand.random() < 0.2:
            lines += [line, ""]
            text += len(line) + 2
            line = ""
    return "\n".join(lines + [line])


def head(rand, number, to):
    subject = " ".join(rand.choice(SENTENCES).rstrip(".?!").split()[:5])
    return (f"Received: from client.example (client.example [192.0.2.25])\n"
            f"\tby mta.practice.example (Postfix) with ESMTPSA id 4L{number:08X}\n"
            f"\tfor <{to}>; Mon, 2 Nov 2026 10:00:00 -0500 (EST)\n"
            f"From: Anna Field <anna@practice.example>\nTo: {to}\nSubject: {subject}\n"
            f"Date: Mon, 2 Nov 2026 10:00:00 -0500\n"
            f"Message-ID: <bench-{number}-{rand.getrandbits(32):x}@practice.example>\n"
            f"MIME-Version: 1.0\n")


def html_of(text):
    body = "".join(f"<p>{p}</p>\n" for p in text.split("\n\n"))
    return HTML.format(title="News of the practice", body=body)


def multipart(kind, parts):
    mark = "=_bench_5f2a"
    inner = "".join(f"--{mark}\n{p}\n" for p in parts)
    return f"Content-Type: multipart/{kind}; boundary=\"{mark}\"\n\n{inner}--{mark}--\n"


def part(media, text):
    return f"Content-Type: {media}; charset=utf-8\n\n{text}\n"


def post(rand, size, sentence=None):
    """A post: half plain, half with an HTML twin.  size is of the file."""
    twin = rand.random() < 0.5
    text = paragraphs(rand, max(300, (size - 800) // (2 if twin else 1)))
    if sentence:
        text = f"{sentence}\n\n{text}"
    if not twin:
        return part("text/plain", text)
    return multipart("alternative", [part("text/plain", text),
                                     part("text/html", html_of(text))])


def jpeg(rand, size):
    """A photograph of clouds and grain, of about size bytes."""
    side = max(64, int((size / 0.42) ** 0.5))
    clouds = Image.frombytes("RGB", (12, 12), rand.randbytes(12 * 12 * 3))
    grain = Image.frombytes("L", (side, side), rand.randbytes(side * side)).convert("RGB")
    photo = Image.blend(clouds.resize((side, side), Image.BICUBIC), grain, 0.06)
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=97)
    return out.getvalue()


def picture(rand, size):
    return ("Content-Type: image/jpeg; name=\"photo.jpg\"\n"
            "Content-Disposition: attachment; filename=\"photo.jpg\"\n"
            "Content-Transfer-Encoding: base64\n\n"
            + base64.encodebytes(jpeg(rand, size)).decode())


def with_picture(rand, size):
    return multipart("mixed", [part("text/plain", paragraphs(rand, 800)), picture(rand, size)])


ARCHIVE = ("Content-Type: application/zip; name=\"photos.zip\"\n"
           "Content-Disposition: attachment; filename=\"photos.zip\"\n"
           "Content-Transfer-Encoding: base64\n\n"
           "UEsDBBQAAAAIAAAAIVhzEJKBBAAAAAQAAAAFAAAAYS50eHQrSS0uAQA=\n")


def planted(rand, number, size):
    """The verdict that is due, and a post that calls for it."""
    verdict, sentence = PLANTED[number % len(PLANTED)]
    if sentence:
        return verdict, post(rand, size, sentence)
    return verdict, multipart("mixed", [part("text/plain", paragraphs(rand, size)), ARCHIVE])


def newsletter(rand, size):
    text = paragraphs(rand, size // 2)
    return multipart("alternative", [part("text/plain", text), part("text/html", html_of(text))])


def mixed(rand, number):
    """The verdict that is due, the recipient, and the rest of a message."""
    to, roll = GATEWAYS[number % len(GATEWAYS)], rand.random()
    if roll < 0.05:
        return "out", f"friend{number}@example.net", post(rand, 2000)
    if roll < 0.10:
        verdict, rest = planted(rand, number, 2000)
        return verdict, to, rest
    if roll < 0.25:
        return "accept", to, with_picture(rand, rand.randint(140_000, 1_450_000))
    if roll < 0.35:
        return "accept", to, newsletter(rand, rand.randint(20_000, 80_000))
    return "accept", to, post(rand, rand.randint(1000, 4000))


def write(directory, number, verdict, to, rand, rest):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, f"{verdict}-{number:04d}.eml"), "w") as f:
        f.write(head(rand, number, to) + rest)


def make(root, count=200):
    """All kinds below root; count messages of each."""
    rand = random.Random(20261102)
    for n in range(count):
        to, size = GATEWAYS[n % len(GATEWAYS)], rand.randint(1000, 4000)
        write(f"{root}/posts", n, "accept", to, rand, post(rand, size))
        verdict, rest = planted(rand, n // 10, size) if n % 10 == 0 else ("accept", post(rand, size))
        write(f"{root}/planted", n, verdict, to, rand, rest)
        write(f"{root}/out", n, "out", f"friend{n}@example.net", rand, post(rand, size))
        verdict, to, rest = mixed(rand, n)
        write(f"{root}/mixed", n, verdict, to, rand, rest)
    write(f"{root}/large", 0, "accept", GATEWAYS[0], rand, with_picture(rand, 25 * 1024 * 1024 * 54 // 73))
