/*
 * A QR code as SVG in the page: black on white whatever the colours of the
 * page are, for cameras need the contrast, with the four modules of blank
 * around it that ISO/IEC 18004 asks for.
 */
#include "qr.h"

#include <qrencode.h>

#define MARGIN 4

/* One stroke for each run of black modules of a row.  Owned. */
static char *
dup_path(const QRcode *code)
{
    GString *path = g_string_new(NULL);
    for (int y = 0; y < code->width; y++) {
        const unsigned char *row = code->data + (gsize)y * (gsize)code->width;
        for (int x = 0; x < code->width; x++) {
            int start = x;
            while (x < code->width && (row[x] & 1) != 0) {
                x++;
            }
            if (x > start) {
                g_string_append_printf(path, "M%d %dh%dv1h-%dz", start + MARGIN,
                                       y + MARGIN, x - start, x - start);
            }
        }
    }
    return g_string_free(path, FALSE);
}

void
ch_put_qr(ch_html *h, const char *label, const char *text)
{
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (code == NULL) {
        return; /* what it says stands beside it, too */
    }
    g_autofree char *path = dup_path(code);
    g_autofree char *box = g_strdup_printf(
        "0 0 %d %d", code->width + 2 * MARGIN, code->width + 2 * MARGIN);
    ch_html_open(h, "svg",
                 A("class", "qr") A("viewBox", box) A("role", "img")
                     A("aria-label", label) A("shape-rendering", "crispEdges"));
    ch_html_open(h, "rect",
                 A("width", "100%") A("height", "100%") A("fill", "#ffffff"));
    ch_html_close(h);
    ch_html_open(h, "path", A("fill", "#000000") A("d", path));
    ch_html_close(h);
    ch_html_close(h);
    QRcode_free(code);
}
