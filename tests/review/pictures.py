"""Posts with pictures: a real photo that tells where it was taken, and hostile ones."""
import base64
import json
import os
import struct
import subprocess
import sys

from reviewsite import GATEWAY, SOURCE_DIR
from testsite import post

sys.path.insert(0, os.path.join(SOURCE_DIR, "tests/extract"))
import documents as d  # noqa: E402

PLACE = ("40.1234567", "83.7654321")
ARTIST = "Zora Quill"
HIDDEN = b"<script>window.__ran=1</script>"


DRAW = """
import sys
from PIL import Image
width, height, kind = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
image = Image.new("RGB", (width, height), (220, 20, 20))
image.paste((20, 20, 220), (width // 2, 0, width, height))
image.save(sys.stdout.buffer, kind)
"""
LOOK = """
import io, json, sys
from PIL import Image
image = Image.open(io.BytesIO(sys.stdin.buffer.read()))
(width, height), pixels = image.size, image.convert("RGB")
print(json.dumps(dict(format=image.format, size=image.size, exif=len(image.getexif()),
                      left=pixels.getpixel((width // 5, height // 2)),
                      right=pixels.getpixel((width * 4 // 5, height // 2)),
                      top=pixels.getpixel((width // 2, height // 5)),
                      bottom=pixels.getpixel((width // 2, height * 4 // 5)))))
"""


def debian(script, *args, data=b""):
    """By the Python that Debian's Pillow is for."""
    return subprocess.run(["/usr/bin/python3", "-c", script, *map(str, args)], input=data,
                          capture_output=True, check=True).stdout


def drawn(width, height, kind="JPEG"):
    """Red on the left, blue on the right."""
    return debian(DRAW, width, height, kind)


def look(data):
    """Format, size and four pixels."""
    return json.loads(debian(LOOK, data=data))


WRITE = """
import sys
from PIL import Image, ImageDraw, ImageFont
font = ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", 40)
page = Image.new("L", (1600, 1200), 255)
ImageDraw.Draw(page).text((int(sys.argv[1]), int(sys.argv[2])), sys.argv[3], font=font)
page.save(sys.stdout.buffer, "PNG")
"""


def written(text, x, y):
    """A picture of 1600 by 1200 with these words there."""
    return debian(WRITE, x, y, text)


def photo():
    """As a phone held upright writes it: turned, with place, author, a comment."""
    return d.photo(f"-GPSLatitude={PLACE[0]}", "-GPSLatitudeRef=N", f"-GPSLongitude={PLACE[1]}",
                   "-GPSLongitudeRef=W", f"-Artist={ARTIST}", "-Orientation#=6",
                   data=drawn(1200, 800))


def noisy_jpeg():
    """With markup in a comment and behind its end."""
    data = drawn(300, 200)
    comment = b"\xff\xfe" + struct.pack(">H", len(HIDDEN) + 2) + HIDDEN
    return data[:2] + comment + data[2:] + HIDDEN


def hostile():
    """Name, type, bytes; whether the bytes say that they are a picture."""
    return [
        ("huge.png", "image/png", d.huge_png(60000), True),
        ("huge.bmp", "image/bmp", d.huge_bmp(60000), True),
        ("noise.png", "image/png", b"\x89PNG\r\n\x1a\n" + os.urandom(5000), True),
        ("cut.gif", "image/gif", drawn(300, 200, "GIF")[:60], True),
        ("both.jpg", "image/jpeg", noisy_jpeg(), True),
        ("page.jpg", "image/jpeg", b"<html>" + HIDDEN + b"</html>", False),
        ("line.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'>" + HIDDEN
         + b"</svg>", False),
    ]


def with_files(text, files):
    body = f"--B\nContent-Type: text/plain\n\n{text}\n"
    for name, kind, data in files:
        body += (f'--B\nContent-Type: {kind}; name="{name}"\n'
                 f'Content-Disposition: attachment; filename="{name}"\n'
                 "Content-Transfer-Encoding: base64\n\n"
                 f"{base64.encodebytes(data).decode()}")
    return post([GATEWAY], body + "--B--",
                headers='MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="B"\n')
