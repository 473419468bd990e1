/*
 * What inline style and old attributes hide from a reader.
 *
 * Only what stands on the element itself counts; style sheets are not read,
 * so text that they hide is taken as visible, which is the stricter way.
 */
#include "core/html_int.h"

#include <string.h>

static const struct {
    const char *name;
    gint32 color;
} colors[] = {
    {"white", 0xFFFFFF},      {"black", 0x000000},
    {"red", 0xFF0000},        {"green", 0x008000},
    {"blue", 0x0000FF},       {"silver", 0xC0C0C0},
    {"gray", 0x808080},       {"grey", 0x808080},
    {"maroon", 0x800000},     {"purple", 0x800080},
    {"fuchsia", 0xFF00FF},    {"magenta", 0xFF00FF},
    {"lime", 0x00FF00},       {"olive", 0x808000},
    {"yellow", 0xFFFF00},     {"navy", 0x000080},
    {"teal", 0x008080},       {"aqua", 0x00FFFF},
    {"cyan", 0x00FFFF},       {"orange", 0xFFA500},
    {"snow", 0xFFFAFA},       {"ivory", 0xFFFFF0},
    {"mintcream", 0xF5FFFA},  {"whitesmoke", 0xF5F5F5},
    {"ghostwhite", 0xF8F8FF}, {"floralwhite", 0xFFFAF0},
    {"azure", 0xF0FFFF},      {"lightgray", 0xD3D3D3},
    {"lightgrey", 0xD3D3D3},  {"transparent", CH_COLOR_TRANSPARENT},
};

/* "#fff", "#ffffff", "#ffffffff". */
static gint32
parse_hex(const char *digits)
{
    gsize len = strspn(digits, "0123456789abcdef");
    gint64 value = g_ascii_strtoll(digits, NULL, 16);
    if (len == 3 || len == 4) {
        gint64 rgb = len == 4 ? value >> 4 : value;
        if (len == 4 && (value & 0xF) == 0) {
            return CH_COLOR_TRANSPARENT;
        }
        return (gint32)((rgb >> 8 & 0xF) * 0x110000 +
                        (rgb >> 4 & 0xF) * 0x1100 + (rgb & 0xF) * 0x11);
    }
    if (len == 8 && (value & 0xFF) == 0) {
        return CH_COLOR_TRANSPARENT;
    }
    return len == 6   ? (gint32)value
           : len == 8 ? (gint32)(value >> 8)
                      : CH_COLOR_UNKNOWN;
}

/* "rgb(255, 255, 255)", "rgba(0 0 0 / 0)". */
static gint32
parse_rgb(const char *value)
{
    const char *at = strchr(value, '(');
    double n[4] = {0, 0, 0, 1};
    for (guint i = 0; at != NULL && i < 4; i++) {
        at += strcspn(at, "0123456789.-");
        if (*at == '\0') {
            if (i < 3) {
                return CH_COLOR_UNKNOWN;
            }
            break;
        }
        char *end;
        n[i] = g_ascii_strtod(at, &end);
        if (*end == '%' && i < 3) {
            n[i] *= 2.55;
        }
        at = end > at ? end : at + 1;
    }
    if (at == NULL) {
        return CH_COLOR_UNKNOWN;
    }
    if (n[3] < 0.05) {
        return CH_COLOR_TRANSPARENT;
    }
    gint32 rgb = 0;
    for (guint i = 0; i < 3; i++) {
        rgb = rgb << 8 | (gint32)CLAMP(n[i], 0, 255);
    }
    return rgb;
}

static gint32
parse_color(const char *value)
{
    if (*value == '#') {
        return parse_hex(value + 1);
    }
    if (g_str_has_prefix(value, "rgb")) {
        return parse_rgb(value);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(colors); i++) {
        if (strcmp(colors[i].name, value) == 0) {
            return colors[i].color;
        }
    }
    return CH_COLOR_UNKNOWN;
}

/* Of one declared value, all lower case. */
typedef struct {
    gboolean no_height, clips;
} box;

/* A size nobody reads: 0, or up to one pixel. */
static gboolean
is_tiny(const char *value)
{
    char *unit;
    double size = g_ascii_strtod(value, &unit);
    if (unit == value) {
        return FALSE;
    }
    double pixels =
        g_str_has_prefix(unit, "em") || g_str_has_prefix(unit, "rem")
            ? size * 16
        : *unit == '%' ? size * 0.16
                       : size;
    return pixels <= 1.0;
}

static gboolean
is_far_off(const char *value)
{
    return g_ascii_strtod(value, NULL) <= -500.0;
}

static gboolean
hides(const char *name, const char *value)
{
    static const struct {
        const char *name, *value;
    } words[] = {
        {"display", "none"},
        {"mso-hide", "all"},
        {"content-visibility", "hidden"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strcmp(words[i].name, name) == 0 &&
            strcmp(words[i].value, value) == 0) {
            return TRUE;
        }
    }
    if (strcmp(name, "opacity") == 0) {
        char *end;
        double opacity = g_ascii_strtod(value, &end);
        return end > value && opacity < (*end == '%' ? 5 : 0.05);
    }
    return (strcmp(name, "text-indent") == 0 || strcmp(name, "left") == 0 ||
            strcmp(name, "top") == 0) &&
           is_far_off(value);
}

static void
apply_declaration(ch_html_look *look, box *b, const char *name,
                  const char *value)
{
    if (strcmp(name, "color") == 0) {
        look->color = parse_color(value);
    } else if (strcmp(name, "background-color") == 0 ||
               strcmp(name, "background") == 0) {
        gint32 color = parse_color(value);
        if (color != CH_COLOR_TRANSPARENT) {
            look->background = color;
        }
    } else if (strcmp(name, "visibility") == 0) {
        look->unseen = strcmp(value, "visible") != 0;
    } else if (strcmp(name, "font-size") == 0) {
        /* Layouts set 0 on a cell and a real size in it; but a part of
         * nothing is nothing. */
        gboolean relative = strpbrk(value, "%e") != NULL;
        look->tiny = is_tiny(value) || (look->tiny && relative);
    } else if (strcmp(name, "white-space") == 0) {
        look->pre = g_str_has_prefix(value, "pre");
    } else if (strcmp(name, "overflow") == 0) {
        b->clips = strcmp(value, "hidden") == 0;
    } else if (strcmp(name, "max-height") == 0 || strcmp(name, "height") == 0 ||
               strcmp(name, "max-width") == 0) {
        b->no_height = b->no_height || is_tiny(value);
    } else if (hides(name, value)) {
        look->gone = TRUE;
    }
}

static char *
dup_without_comments(const char *style)
{
    GString *out = g_string_new(NULL);
    for (const char *at = style; *at != '\0';) {
        const char *start = strstr(at, "/*");
        if (start == NULL) {
            g_string_append(out, at);
            break;
        }
        g_string_append_len(out, at, start - at);
        const char *end = strstr(start + 2, "*/");
        at = end != NULL ? end + 2 : "";
    }
    g_string_ascii_down(out);
    return g_string_free(out, FALSE);
}

static void
apply_style(ch_html_look *look, const char *style)
{
    g_autofree char *clean = dup_without_comments(style);
    g_auto(GStrv) list = g_strsplit(clean, ";", 200);
    box b = {FALSE, FALSE};
    for (gsize i = 0; list[i] != NULL; i++) {
        char *colon = strchr(list[i], ':');
        if (colon == NULL) {
            continue;
        }
        *colon = '\0';
        char *bang = strchr(colon + 1, '!');
        if (bang != NULL) {
            *bang = '\0'; /* !important */
        }
        apply_declaration(look, &b, g_strstrip(list[i]), g_strstrip(colon + 1));
    }
    look->gone = look->gone || (b.no_height && b.clips);
}

static void
apply_color_attribute(gint32 *color, const GumboElement *e, const char *name)
{
    const GumboAttribute *a = gumbo_get_attribute(&e->attributes, name);
    if (a != NULL) {
        g_autofree char *value = g_ascii_strdown(a->value, -1);
        *color = parse_color(g_strstrip(value));
    }
}

void
ch_html_look_apply(ch_html_look *look, const GumboElement *element)
{
    const GumboVector *attributes = &element->attributes;
    if (element->tag == GUMBO_TAG_PRE || element->tag == GUMBO_TAG_TEXTAREA ||
        element->tag == GUMBO_TAG_PLAINTEXT || element->tag == GUMBO_TAG_XMP) {
        look->pre = TRUE;
    }
    if (attributes->length == 0) {
        return;
    }
    apply_color_attribute(&look->background, element, "bgcolor");
    if (element->tag == GUMBO_TAG_FONT) {
        apply_color_attribute(&look->color, element, "color");
    } else if (element->tag == GUMBO_TAG_BODY) {
        apply_color_attribute(&look->color, element, "text");
    }
    if (gumbo_get_attribute(attributes, "hidden") != NULL) {
        look->gone = TRUE;
    }
    const GumboAttribute *style = gumbo_get_attribute(attributes, "style");
    if (style != NULL) {
        apply_style(look, style->value);
    }
}

gboolean
ch_html_look_is_hidden(const ch_html_look *look)
{
    if (look->gone || look->unseen || look->tiny ||
        look->color == CH_COLOR_TRANSPARENT) {
        return TRUE;
    }
    if (look->color < 0 || look->background < 0) {
        return FALSE;
    }
    for (guint shift = 0; shift < 24; shift += 8) {
        gint32 a = look->color >> shift & 0xFF;
        gint32 b = look->background >> shift & 0xFF;
        if (ABS(a - b) > 8) {
            return FALSE;
        }
    }
    return TRUE;
}
