"""Photos as programs make them, through `chaperone-extract --clean`.

    /usr/bin/python3 check_clean.py BUILD

Pillow makes and compares them, exiftool says what they say about themselves;
then posts with them are judged by `chaperone check`.
Ends with "clean: N passed, N failed".
"""
import base64
import io
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile

from PIL import Image, ImageCms, PngImagePlugin

import documents as d

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
TELLING = ("-GPSLatitude=40.1234567", "-GPSLatitudeRef=N", "-GPSLongitude=83.7654321",
           "-GPSLongitudeRef=W", "-SerialNumber=77-4455", "-Artist=Ana Field",
           "-Make=Maker", "-DateTimeOriginal=2026:11:03 09:00:00", "-XMP:Title=Room 4",
           "-XMP-exif:GPSLatitude=40.1234567", "-IPTC:Caption-Abstract=Room 4",
           "-Comment=Room 4")
# What exiftool tells of a picture whatever is in it, and what may stay.
GROUPS = {"File", "System", "ExifTool", "Composite", "JFIF", "Adobe", "PNG", "PNG-pHYs", "SourceFile"}


def scene(size=(64, 48), mode="RGB"):
    image = Image.radial_gradient("L").resize(size)
    bands = (image, image.rotate(90), image.rotate(180))
    return Image.merge("RGB", bands).convert(mode)


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def told(data, name, *tags):
    return d.photo(*tags, data=data, name=name)


def with_preview(data, name):
    """exiftool puts a file in as the preview of another shape."""
    small = saved(Image.radial_gradient("L").resize((80, 20)), "JPEG")
    return d.tool(["exiftool", "-q", "-overwrite_original", "-ThumbnailImage<=small.jpg",
                   name], {name: data, "small.jpg": small}, name)


def jpegs():
    plain = saved(scene(), "JPEG", quality=90, icc_profile=PROFILE)
    for number in range(1, 9):
        yield (f"jpeg, orientation {number}", told(plain, "a.jpg", *TELLING,
                                                  f"-Orientation#={number}"), number)
    yield "jpeg, preview", with_preview(told(plain, "a.jpg", *TELLING), "a.jpg"), 1
    yield "jpeg, progressive", told(saved(scene(), "JPEG", progressive=True), "a.jpg",
                                    *TELLING), 1
    yield "jpeg, CMYK", told(saved(scene(mode="CMYK"), "JPEG"), "a.jpg", *TELLING), 1
    yield "jpeg, grey", told(saved(scene(mode="L"), "JPEG"), "a.jpg", *TELLING), 1
    yield "jpeg, restarts and a tail", told(saved(scene(), "JPEG", restart_marker_rows=1),
                                            "a.jpg", *TELLING) + b"SEFT" * 20, 1
    yield "jpeg, large", told(saved(scene((3000, 2000)), "JPEG", icc_profile=PROFILE),
                              "a.jpg", *TELLING, "-Orientation#=8"), 8
    yield "jpeg of another maker", told(saved(scene(), "JPEG", exif=pillow_exif()), "a.jpg",
                                        *TELLING[:4]), 3


def pillow_exif():
    exif = Image.Exif()
    exif[0x0112] = 3
    exif[0x010E] = "Room 4"
    return exif


def pngs():
    for mode in ("RGB", "RGBA", "P", "L", "1"):
        image = scene(mode="RGB").convert(mode) if mode != "P" else scene().quantize(16)
        yield (f"png, {mode}", told(saved(image, "PNG", icc_profile=PROFILE, dpi=(72, 72)),
                                    "a.png", *TELLING, "-Orientation#=6"), 6)
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "Room 4")
    text.add_text("Author", "Ana Field", zip=True)
    text.add_itxt("Title", "Room 4", lang="en")
    yield "png, texts", saved(scene(), "PNG", pnginfo=text), 1
    moving = [scene(), scene().rotate(45), scene().rotate(90)]
    yield "png, moving", saved(moving[0], "PNG", save_all=True, append_images=moving[1:],
                               pnginfo=text), 1


def hostile():
    """Names and bytes of what must be refused."""
    good = told(saved(scene(), "JPEG"), "a.jpg", *TELLING)
    png = told(saved(scene(), "PNG"), "a.png", *TELLING)
    for share in (0.02, 0.2, 0.5, 0.9):
        yield f"jpeg, {share} of it", good[:int(len(good) * share)]
        yield f"png, {share} of it", png[:int(len(png) * share)]
    at = good.index(b"\xff\xe1")
    size = struct.unpack(">H", good[at + 2:at + 4])[0]
    yield "jpeg, two Exifs", good[:at] + good[at:at + 2 + size] + good[at:]
    yield "jpeg, segment over its end", good[:at + 2] + b"\xff\xff" + good[at + 4:]
    yield "jpeg, Exif that is none", good.replace(b"Exif\0\0MM\0*", b"Exif\0\0MM\0\0")
    yield "png, a wrong sum", png[:-20] + bytes([png[-20] ^ 1]) + png[-19:]
    yield "png, unknown critical chunk", png[:33] + d.png_chunk(b"ABCD", b"x") + png[33:]
    yield "png, huge chunk", png[:33] + b"\xff\xff\xff\xf0tEXt" + png[33:]
    yield "png, sides too large to decode", (
        b"\x89PNG\r\n\x1a\n" + d.png_chunk(b"IHDR", struct.pack(">IIBBBBB", 90000, 90000, 8, 2, 0, 0, 0)) +
        d.png_chunk(b"IDAT", b"x") + d.png_chunk(b"IEND", b""))
    yield "gif", saved(scene(mode="P"), "GIF")
    yield "webp", saved(scene(), "WEBP")
    yield "tiff", saved(scene(), "TIFF")
    yield "text", b"hello" * 100


def clean(build, data):
    """The cleaned picture, or None; its protocol is in extraction.h."""
    ours, theirs = socket.socketpair()
    with ours, subprocess.Popen([os.path.join(build, "chaperone-extract"), "--clean", "--cpu=60"],
                                stdin=theirs, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL) as child:
        theirs.close()
        assert ours.recv(1) == b"R"
        ours.sendall(struct.pack("<Q", len(data)) + data)
        answer = b""
        while chunk := ours.recv(1 << 20):
            answer += chunk
        assert child.wait(60) == 0, "it ended by itself"
    assert answer.endswith(b"E\0\0\0\0\0"), answer[-20:]
    if len(answer) == 6:
        return None
    assert answer[:2] == b"C\0" and struct.unpack("<I", answer[2:6])[0] == len(answer) - 12
    return answer[6:-6]


def tags(data, name):
    text = d.tool(["sh", "-c", f"exiftool -j -n -G1 {name} >out"], {name: data}, "out")
    return {key: value for key, value in json.loads(text)[0].items()
            if key.split(":")[0] not in GROUPS}


def frames(data):
    image = Image.open(io.BytesIO(data))
    result = []
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        result.append((image.mode, image.size, image.tobytes(), image.getpalette()))
    return result


def check_picture(build, data, orientation):
    """What is wrong with how it is cleaned, or None."""
    name = "a.png" if data[:4] == b"\x89PNG" else "a.jpg"
    out = clean(build, data)
    if out is None:
        return "it is refused"
    left = tags(out, name)
    rest = {k: v for k, v in left.items()
            if not k.startswith("ICC") and k != "ExifByteOrder" and not k.endswith("Orientation")}
    before, after = (Image.open(io.BytesIO(x)) for x in (data, out))
    if rest or b"Room 4" in out or b"Ana Field" in out:
        return f"it still says {rest}"
    if left.get("IFD0:Orientation", 1) != orientation:
        return f"orientation {left.get('IFD0:Orientation')}"
    if before.info.get("icc_profile") != after.info.get("icc_profile"):
        return "another profile of colours"
    if frames(data) != frames(out):
        return "other pixels"
    return None if clean(build, out) == out else "it can be cleaned once more"


def judge(build, data):
    mail = ("From: ana@practice.example\nTo: bako123dela@post.wordpress.com\nSubject: News\n"
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n--B\n\n"
            "We are open on Friday.\n--B\nContent-Type: image/jpeg; name=a\n"
            "Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(data).decode() + "--B--\n")
    with tempfile.TemporaryDirectory() as directory:
        config = os.path.join(directory, "c.yaml")
        with open(config, "w", encoding="ascii") as f:
            f.write(f"rules: {{paths: [{ROOT}/rules]}}\n"
                    f"gateways: {{files: [{ROOT}/conf/gateways.yaml]}}\n"
                    "extract: {clean: true, ocr: false, timeout: 60s}\n")
        done = subprocess.run([os.path.join(build, "chaperone"), "check", "-c", config, "--format",
                               "json", "-"], input=mail.encode(), capture_output=True, check=False)
    return json.loads(done.stdout)


def check_posts(build):
    phone = told(saved(scene(), "JPEG", icc_profile=PROFILE), "a.jpg", *TELLING, "-Orientation#=6")
    r = judge(build, phone)
    yield "post with a photo", None if (r["verdict"], r.get("cleaned"), r["findings"]) == (
        "accept", ["2"], []) else r
    r = judge(build, with_preview(saved(scene(), "JPEG"), "a.jpg"))
    yield "post with a preview", None if r.get("cleaned") == ["2"] else r
    r = judge(build, phone + d.zipped({"a.txt": b"SSN 512-34-6789 of Maria Lopez"}))
    yield "archive behind a photo", None if r["verdict"] == "reject" and "cleaned" not in r else r


def main():
    build = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "build"))
    results = [(name, check_picture(build, data, orientation))
               for make in (jpegs, pngs) for name, data, orientation in make()]
    results += [(name, "it is cleaned" if clean(build, data) is not None else None)
                for name, data in hostile()]
    results += check_posts(build)
    failed = [(name, wrong) for name, wrong in results if wrong]
    for name, wrong in failed:
        print(f"FAIL  clean: {name}: {wrong}")
    print(f"clean: {len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
