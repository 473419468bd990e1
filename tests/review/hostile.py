"""Hostile mail: every payload in some field, every field with some payload."""

LISTENER = "http://127.0.0.1:{port}/hit"

# {n}: number; {u}: the listener's address.
PATTERNS = """\
<script>window.__ran=1;fetch('{u}')</script>
<script src="{u}"></script>
<SCRIPT SRC={u}></SCRIPT>
<scr<script>ipt>window.__ran=1</scr</script>ipt>
"><script>window.__ran=1</script>
'><script>window.__ran=1</script>
</title><script>window.__ran=1</script>
</textarea><script>window.__ran=1</script>
</style><script>window.__ran=1</script>
--><script>window.__ran=1</script>
]]><script>window.__ran=1</script>
<img src=x onerror="window.__ran=1">
<img src="{u}">
<img src=x:x onerror=window.__ran=1//
<img/src/onerror=window.__ran=1>
<IMG SRC=javascript:window.__ran=1>
<img srcset="{u} 1x">
<svg onload=window.__ran=1>
<svg><script>window.__ran=1</script></svg>
<svg><a xlink:href="javascript:window.__ran=1"><text>x</text></a></svg>
<svg><animate onbegin=window.__ran=1 attributeName=x dur=1s>
<svg><image href="{u}"/></svg>
<math><mtext><script>window.__ran=1</script></mtext></math>
<math href="javascript:window.__ran=1">x</math>
<iframe src="{u}"></iframe>
<iframe srcdoc="<script>parent.__ran=1</script>"></iframe>
<iframe src="javascript:parent.__ran=1"></iframe>
<object data="{u}"></object>
<embed src="{u}">
<link rel=stylesheet href="{u}">
<link rel=prefetch href="{u}">
<link rel=dns-prefetch href="//x.invalid">
<meta http-equiv=refresh content="0;url={u}">
<base href="{u}">
<body onload=window.__ran=1>
<body background="{u}">
<input autofocus onfocus=window.__ran=1>
<select autofocus onfocus=window.__ran=1>
<textarea autofocus onfocus=window.__ran=1>
<details open ontoggle=window.__ran=1>
<marquee onstart=window.__ran=1>
<video src="{u}" autoplay onerror=window.__ran=1></video>
<audio src="{u}" autoplay onerror=window.__ran=1></audio>
<video><source onerror=window.__ran=1 src=x></video>
<video poster="{u}"></video>
<a href="javascript:window.__ran=1">click</a>
<a href="{u}" ping="{u}">click</a>
<form action="{u}"><input type=submit></form>
<button formaction="{u}">x</button>
<div style="background:url({u})">x</div>
<div style="width:expression(window.__ran=1)">x</div>
<style>@import '{u}';</style>
<style>body{{background:url({u})}}</style>
<table background="{u}"><td>x</td></table>
<template><script>window.__ran=1</script></template>
<noscript><p title="</noscript><img src=x onerror=window.__ran=1>">
<xmp><script>window.__ran=1</script></xmp>
<portal src="{u}"></portal>
<script type=module>import '{u}'</script>
<script>new Image().src='{u}'</script>
<script>navigator.sendBeacon('{u}')</script>
<script>document.title='{n}'</script>
<script>location='{u}'</script>
javascript:window.__ran=1
" onmouseover="window.__ran=1" x="
' onmouseover='window.__ran=1' x='
` onmouseover=`window.__ran=1`
&lt;script&gt;window.__ran=1&lt;/script&gt;
&#60;script&#62;window.__ran=1&#60;/script&#62;
%3Cscript%3Ewindow.__ran=1%3C/script%3E
\\u003cscript\\u003ewindow.__ran=1\\u003c/script\\u003e
+ADw-script+AD4-window.__ran=1+ADw-/script+AD4-
{{{{constructor.constructor('window.__ran=1')()}}}}
${{window.__ran=1}}
<%= window.__ran=1 %>
\u202e<script>window.__ran=1</script>\u202c
\u2066<img src=x onerror=window.__ran=1>\u2069
\ufeff<script>window.__ran=1</script>
\u0130<script>window.__ran=1</script>
\uff1cscript\uff1ewindow.__ran=1\uff1c/script\uff1e
\u02bascript\u02bawindow.__ran=1
<!--[if gte IE 4]><script>window.__ran=1</script><![endif]-->
<?xml version="1.0"?><script xmlns="http://www.w3.org/1999/xhtml">window.__ran=1</script>
<![CDATA[<script>window.__ran=1</script>]]>
<a\thref="java\tscript:window.__ran=1">x</a>
<a href="\x01javascript:window.__ran=1">x</a>
<img src=`x` onerror=`window.__ran=1`>
<isindex action=javascript:window.__ran=1 type=image>
<applet code="{u}">
<bgsound src="{u}">
<layer src="{u}">
<frameset><frame src="{u}"></frameset>
<keygen autofocus onfocus=window.__ran=1>
<area href="javascript:window.__ran=1">
<image src="{u}" onerror=window.__ran=1>
<track src="{u}">
<custom-x tabindex=1 onfocus=window.__ran=1 autofocus>
<div onpointerenter=window.__ran=1>x</div>
<div contenteditable onblur=window.__ran=1>x</div>
<input type=image src="{u}">
<input value="\"><script>window.__ran=1</script>">
<mark><script>window.__ran=1</script></mark>
</mark></div></main></body><script>window.__ran=1</script>
<slot onslotchange=window.__ran=1><b></slot>
""".splitlines()


def payloads(port):
    u = LISTENER.format(port=port)
    return [p.format(n=n, u=u) for n, p in enumerate(PATTERNS)]


def one_line(text):
    return " ".join(text.replace("\t", " ").split())


def quoted(text):
    return text.replace("\\", "\\\\").replace('"', '\\"')


def mails(port, gateway):
    """Eight payloads in each: display name, subject, two headers, text, HTML, file name with
    link, attachment.  Each payload is in two of these places; how many there are in all."""
    all_of_them = payloads(port)
    made, used = [], 0
    for n in range(0, len(all_of_them), 4):
        part = [all_of_them[(n + k) % len(all_of_them)] for k in range(8)]
        used += 8
        head = (f'From: "{quoted(one_line(part[0]))}" <anna@practice.example>\r\n'
                f"To: {gateway}\r\nSubject: {one_line(part[1])}\r\n"
                f"Message-ID: <hostile-{n}@practice.example>\r\n"
                "Date: Mon, 2 Nov 2026 10:00:00 -0500\r\nMIME-Version: 1.0\r\n"
                f"Keywords: {one_line(part[2])}\r\nComments: {one_line(part[3])}\r\n"
                'Content-Type: multipart/mixed; boundary="b"\r\n\r\n')
        told = "We treated a lady today who was sure it was a spider bite. Shingles!"
        body = (f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{told} {part[4]}\r\n"
                f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>{told}</p>{part[5]}"
                f'<a href="https://x.example/?{quoted(one_line(part[6]))}" title="t">l</a>\r\n'
                f"--b\r\nContent-Type: text/plain; charset=utf-8; "
                f'name="{quoted(one_line(part[6]))}"\r\nContent-Disposition: attachment; '
                f'filename="{quoted(one_line(part[6]))}.txt"\r\n\r\n{part[7]}\r\n--b--\r\n')
        made.append((head + body).encode())
    return made, used
