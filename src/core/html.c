/*
 * HTML to texts: what a reader sees, and what only the source holds.
 *
 * The tree is the one a browser would build.  Its text is collected as
 * pieces with their place in the source, then put in source order (markup
 * may move text in the tree, but maps only grow), one list of pieces for the
 * visible text and one for each hidden element.  Runs no scripts, loads
 * nothing, reads no style sheets.
 */
#include "core/html_int.h"

#include "chaperone/limits.h"

#include <string.h>

#define VISIBLE 0u /* the first list */

typedef enum {
    PIECE_TEXT,
    PIECE_LINE,
    PIECE_BREAK,
    PIECE_RULE,
    PIECE_SPACE
} piece_kind;

typedef struct {
    guint list;
    guint order; /* in the tree: equal places stay in this order */
    gsize start, end;
    const char *decoded; /* PIECE_TEXT; borrowed from the tree */
    piece_kind kind;
    gboolean pre;
} piece;

typedef struct {
    GBytes *source;
    const char *data;
    gsize length;
    int part;
    GPtrArray *texts;
    GArray *pieces;
    guint lists;
    gboolean capped;
} reader;

/* --- one text from pieces or a value -------------------------------------- */

static gboolean
ends_blank(const ch_text *text)
{
    gsize len;
    const char *plain = ch_text_plain(text, &len);
    return len == 0 || g_ascii_isspace(plain[len - 1]);
}

static gboolean
ends_line(const ch_text *text)
{
    gsize len;
    const char *plain = ch_text_plain(text, &len);
    return len == 0 || plain[len - 1] == '\n';
}

/* One character: a copy where source and text agree. */
static void
add_char(reader *r, ch_text *text, const char *utf8, gsize len, ch_span span)
{
    if (span.end - span.start == len &&
        memcmp(r->data + span.start, utf8, len) == 0) {
        ch_text_add_copy(text, span);
    } else {
        ch_text_add_change(text, span, utf8, len);
    }
}

static void
add_piece(reader *r, ch_text *text, const piece *p, gsize *done)
{
    ch_html_align align = {r->data, MAX(p->start, *done), MAX(p->end, *done),
                           p->decoded};
    const char *utf8;
    gsize len;
    ch_span span;
    while (ch_html_align_next(&align, &utf8, &len, &span)) {
        *done = span.end;
        if (p->pre || !g_ascii_isspace(*utf8)) {
            add_char(r, text, utf8, len, span);
        } else if (!ends_blank(text)) {
            add_char(r, text, " ", 1, span); /* white space collapses */
        }
    }
}

static void
add_separator(ch_text *text, const piece *p, gsize *done)
{
    ch_span span = {MAX(p->start, *done), MAX(p->end, *done)};
    gboolean wanted = p->kind == PIECE_SPACE ? !ends_blank(text)
                      : p->kind == PIECE_BREAK || p->kind == PIECE_RULE
                          ? !ends_line(text)
                          : TRUE;
    if (wanted) {
        ch_text_add_change(text, span, p->kind == PIECE_SPACE ? " " : "\n", 1);
        *done = span.end;
    }
}

static gboolean
is_blank(const ch_text *text)
{
    const char *plain = ch_text_plain(text, NULL);
    return plain[strspn(plain, " \t\r\n")] == '\0';
}

/* Takes text. */
static void
keep_text(reader *r, ch_text *text)
{
    if (is_blank(text)) {
        ch_text_free(text);
    } else if (r->texts->len >= CH_MAX_TEXTS) {
        r->capped = TRUE;
        ch_text_free(text);
    } else {
        g_ptr_array_add(r->texts, text);
    }
}

static void
add_span(reader *r, ch_where where, ch_span span)
{
    ch_text *text = ch_text_new(where, r->part, r->source);
    ch_text_add_copy(text, span);
    keep_text(r, text);
}

/* --- attribute values ------------------------------------------------------
 */

/* Span of a piece of source that the parser points to. */
static gboolean
find_span(const reader *r, GumboStringPiece at, ch_span *span_out)
{
    if (at.data == NULL || at.data < r->data || at.data > r->data + r->length ||
        at.length > (gsize)(r->data + r->length - at.data)) {
        return FALSE;
    }
    gsize start = (gsize)(at.data - r->data);
    *span_out = (ch_span){start, start + at.length};
    return TRUE;
}

static gboolean
value_align(const reader *r, const GumboAttribute *a, ch_html_align *align)
{
    ch_span span;
    if (!find_span(r, a->original_value, &span)) {
        return FALSE;
    }
    char quote = span.start < span.end ? r->data[span.start] : '\0';
    if (quote == '"' || quote == '\'') {
        span.start++;
        if (span.end > span.start && r->data[span.end - 1] == quote) {
            span.end--;
        }
    }
    *align = (ch_html_align){r->data, span.start, span.end, a->value};
    return TRUE;
}

static void
add_value(reader *r, ch_where where, const GumboAttribute *a)
{
    ch_html_align align;
    if (*a->value == '\0' || !value_align(r, a, &align)) {
        return;
    }
    ch_text *text = ch_text_new(where, r->part, r->source);
    const char *utf8;
    gsize len;
    ch_span span;
    while (ch_html_align_next(&align, &utf8, &len, &span)) {
        add_char(r, text, utf8, len, span);
    }
    keep_text(r, text);
}

/* Bytes that percent signs spell; a character may take several. */
typedef struct {
    GString *bytes;
    ch_span span;
} spelled;

static void
flush_spelled(ch_text *text, spelled *s)
{
    if (s->bytes->len > 0) {
        g_autofree char *utf8 =
            g_utf8_make_valid(s->bytes->str, (gssize)s->bytes->len);
        ch_text_add_change(text, s->span, utf8, strlen(utf8));
        g_string_truncate(s->bytes, 0);
    }
}

/* Takes "%41" at align into s; FALSE if it is not there. */
static gboolean
take_percent(ch_html_align *align, const char *sign, ch_span first,
             ch_text *text, spelled *s)
{
    if (*sign != '%' || !g_ascii_isxdigit(sign[1]) ||
        !g_ascii_isxdigit(sign[2])) {
        return FALSE;
    }
    int byte =
        g_ascii_xdigit_value(sign[1]) * 16 + g_ascii_xdigit_value(sign[2]);
    const char *utf8;
    gsize len;
    ch_span last = first;
    ch_html_align_next(align, &utf8, &len, &last);
    ch_html_align_next(align, &utf8, &len, &last);
    if (byte < 0x80 || (byte & 0xC0) == 0xC0) {
        flush_spelled(text, s); /* a new character */
    }
    if (s->bytes->len == 0) {
        s->span.start = first.start;
    }
    s->span.end = last.end;
    g_string_append_c(s->bytes, byte == 0 ? ' ' : (char)byte);
    return TRUE;
}

static void
add_link(reader *r, const GumboAttribute *a)
{
    ch_html_align align;
    if (g_ascii_strncasecmp(a->value, "data:", 5) == 0 ||
        g_ascii_strncasecmp(a->value, "cid:", 4) == 0 || *a->value == '\0' ||
        !value_align(r, a, &align)) {
        return;
    }
    ch_text *text = ch_text_new(CH_WHERE_LINK, r->part, r->source);
    g_autoptr(GString) bytes = g_string_new(NULL);
    spelled s = {bytes, {0, 0}};
    const char *utf8;
    gsize len;
    ch_span span;
    while (ch_html_align_next(&align, &utf8, &len, &span)) {
        if (!take_percent(&align, utf8, span, text, &s)) {
            flush_spelled(text, &s);
            add_char(r, text, utf8, len, span);
        }
    }
    flush_spelled(text, &s);
    keep_text(r, text);
}

static gboolean
is_one_of(const char *name, const char *const *list)
{
    return g_strv_contains(list, name);
}

/* value of an <input>: a button's label, or what nobody sees. */
static ch_where
input_where(const GumboElement *e)
{
    const GumboAttribute *type = gumbo_get_attribute(&e->attributes, "type");
    return type != NULL && g_ascii_strcasecmp(type->value, "hidden") == 0
               ? CH_WHERE_HIDDEN
               : CH_WHERE_ALT;
}

static void
read_attribute(reader *r, const GumboElement *e, const GumboAttribute *a)
{
    static const char *const alts[] = {
        "alt",         "title", "aria-label", "aria-description",
        "placeholder", "label", "summary",    "caption",
        NULL};
    static const char *const links[] = {
        "href",     "src",    "action", "cite", "formaction", "background",
        "longdesc", "srcset", "poster", "ping", "xlink:href", NULL};
    if (is_one_of(a->name, alts)) {
        add_value(r, CH_WHERE_ALT, a);
    } else if (is_one_of(a->name, links) ||
               (e->tag == GUMBO_TAG_OBJECT && strcmp(a->name, "data") == 0)) {
        add_link(r, a);
    } else if (strcmp(a->name, "value") == 0) {
        add_value(r, input_where(e), a);
    } else if (g_str_has_prefix(a->name, "data-") ||
               strcmp(a->name, "srcdoc") == 0 ||
               (e->tag == GUMBO_TAG_META && strcmp(a->name, "content") == 0)) {
        add_value(r, CH_WHERE_HIDDEN, a);
    }
}

/* --- elements ---------------------------------------------------------------
 */

static gboolean
has_tag(GumboTag tag, const GumboTag *tags, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        if (tags[i] == tag) {
            return TRUE;
        }
    }
    return FALSE;
}

/* HTML Standard 15.3, elements that are blocks by default. */
static gboolean
is_block(GumboTag tag)
{
    static const GumboTag blocks[] = {
        GUMBO_TAG_ADDRESS,    GUMBO_TAG_ARTICLE,   GUMBO_TAG_ASIDE,
        GUMBO_TAG_BLOCKQUOTE, GUMBO_TAG_BODY,      GUMBO_TAG_CAPTION,
        GUMBO_TAG_CENTER,     GUMBO_TAG_DD,        GUMBO_TAG_DETAILS,
        GUMBO_TAG_DIR,        GUMBO_TAG_DIV,       GUMBO_TAG_DL,
        GUMBO_TAG_DT,         GUMBO_TAG_FIELDSET,  GUMBO_TAG_FIGCAPTION,
        GUMBO_TAG_FIGURE,     GUMBO_TAG_FOOTER,    GUMBO_TAG_FORM,
        GUMBO_TAG_H1,         GUMBO_TAG_H2,        GUMBO_TAG_H3,
        GUMBO_TAG_H4,         GUMBO_TAG_H5,        GUMBO_TAG_H6,
        GUMBO_TAG_HEADER,     GUMBO_TAG_HGROUP,    GUMBO_TAG_HR,
        GUMBO_TAG_LEGEND,     GUMBO_TAG_LI,        GUMBO_TAG_LISTING,
        GUMBO_TAG_MAIN,       GUMBO_TAG_MENU,      GUMBO_TAG_NAV,
        GUMBO_TAG_OL,         GUMBO_TAG_OPTGROUP,  GUMBO_TAG_OPTION,
        GUMBO_TAG_P,          GUMBO_TAG_PLAINTEXT, GUMBO_TAG_PRE,
        GUMBO_TAG_SECTION,    GUMBO_TAG_SUMMARY,   GUMBO_TAG_TABLE,
        GUMBO_TAG_TBODY,      GUMBO_TAG_TEXTAREA,  GUMBO_TAG_TFOOT,
        GUMBO_TAG_THEAD,      GUMBO_TAG_TR,        GUMBO_TAG_UL,
        GUMBO_TAG_XMP,
    };
    return has_tag(tag, blocks, G_N_ELEMENTS(blocks));
}

/* Never shown, whatever style says. */
static gboolean
is_unshown(GumboTag tag)
{
    static const GumboTag unshown[] = {
        GUMBO_TAG_TITLE,    GUMBO_TAG_TEMPLATE, GUMBO_TAG_NOSCRIPT,
        GUMBO_TAG_NOFRAMES, GUMBO_TAG_NOEMBED,  GUMBO_TAG_IFRAME,
    };
    return has_tag(tag, unshown, G_N_ELEMENTS(unshown));
}

static gboolean
is_code(GumboTag tag)
{
    return tag == GUMBO_TAG_SCRIPT || tag == GUMBO_TAG_STYLE;
}

static void
push_piece(reader *r, guint list, piece_kind kind, ch_span span,
           const char *decoded, gboolean pre)
{
    if (r->pieces->len >= CH_MAX_HTML_NODES) {
        r->capped = TRUE;
        return;
    }
    piece p = {list, r->pieces->len, span.start, span.end, decoded, kind, pre};
    g_array_append_val(r->pieces, p);
}

/* What a tag means for the flow of text; inline tags mean nothing. */
static void
push_tag(reader *r, guint list, GumboTag tag, GumboStringPiece source)
{
    ch_span span;
    if (!find_span(r, source, &span) || span.end == span.start) {
        return; /* implied by the parser */
    }
    if (tag == GUMBO_TAG_BR) {
        push_piece(r, list, PIECE_LINE, span, NULL, FALSE);
    } else if (tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH) {
        push_piece(r, list, PIECE_SPACE, span, NULL, FALSE);
    } else if (tag == GUMBO_TAG_HR) {
        push_piece(r, list, PIECE_RULE, span, NULL, FALSE);
    } else if (is_block(tag)) {
        push_piece(r, list, PIECE_BREAK, span, NULL, FALSE);
    }
}

/* Comments in style and script: code is no text, but words may hide. */
static void
read_code(reader *r, const GumboNode *node)
{
    ch_span span;
    if (!find_span(r, node->v.text.original_text, &span)) {
        return;
    }
    while (span.start < span.end) {
        const char *start = g_strstr_len(r->data + span.start,
                                         (gssize)(span.end - span.start), "/*");
        if (start == NULL) {
            return;
        }
        gsize from = (gsize)(start - r->data) + 2;
        const char *stop =
            g_strstr_len(start + 2, (gssize)(span.end - from), "*/");
        gsize to = stop == NULL ? span.end : (gsize)(stop - r->data);
        add_span(r, CH_WHERE_HIDDEN, (ch_span){from, to});
        span.start = stop == NULL ? span.end : to + 2;
    }
}

static void
read_comment(reader *r, const GumboNode *node)
{
    ch_span span;
    if (!find_span(r, node->v.text.original_text, &span)) {
        return;
    }
    gsize len = span.end - span.start;
    if (len >= 4 && memcmp(r->data + span.start, "<!--", 4) == 0) {
        gboolean closed =
            len >= 7 && memcmp(r->data + span.end - 3, "-->", 3) == 0;
        span.start += 4;
        span.end -= closed ? 3 : 0;
    }
    add_span(r, CH_WHERE_HIDDEN, span);
}

/* --- the walk ----------------------------------------------------------------
 */

typedef struct {
    const GumboNode *node;
    guint child; /* next to visit */
    guint list;  /* of its text */
    ch_html_look look;
} level;

static const GumboVector *
children_of(const GumboNode *node)
{
    return node->type == GUMBO_NODE_DOCUMENT ? &node->v.document.children
                                             : &node->v.element.children;
}

static void
enter_element(reader *r, GArray *stack, const GumboNode *node)
{
    const GumboElement *e = &node->v.element;
    level next = g_array_index(stack, level, stack->len - 1);
    gboolean was_hidden = next.list != VISIBLE;
    next.node = node;
    next.child = 0;
    ch_html_look_apply(&next.look, e);
    next.look.gone = next.look.gone || is_unshown(e->tag);
    gboolean hidden = ch_html_look_is_hidden(&next.look);
    if (hidden && !was_hidden) {
        next.list = ++r->lists;
    } else if (!hidden) {
        next.list = VISIBLE;
    }
    push_tag(r, next.list, e->tag, e->original_tag);
    /* Copies that the parser made of unclosed formatting elements. */
    gboolean copy =
        (node->parse_flags & (GUMBO_INSERTION_RECONSTRUCTED_FORMATTING_ELEMENT |
                              GUMBO_INSERTION_ADOPTION_AGENCY_CLONED)) != 0;
    for (guint i = 0; i < e->attributes.length && !copy; i++) {
        read_attribute(r, e, e->attributes.data[i]);
    }
    if (stack->len > CH_MAX_HTML_DEPTH) {
        r->capped = TRUE;
    } else {
        g_array_append_val(stack, next);
    }
}

static void
visit(reader *r, GArray *stack, const GumboNode *node)
{
    const level *parent = &g_array_index(stack, level, stack->len - 1);
    ch_span span;
    switch (node->type) {
    case GUMBO_NODE_DOCUMENT:
        break;
    case GUMBO_NODE_ELEMENT:
    case GUMBO_NODE_TEMPLATE:
        enter_element(r, stack, node);
        break;
    case GUMBO_NODE_COMMENT:
        read_comment(r, node);
        break;
    case GUMBO_NODE_TEXT:
    case GUMBO_NODE_CDATA:
    case GUMBO_NODE_WHITESPACE:
        if (is_code(parent->node->v.element.tag)) {
            read_code(r, node);
        } else if (find_span(r, node->v.text.original_text, &span)) {
            push_piece(r, parent->list, PIECE_TEXT, span, node->v.text.text,
                       parent->look.pre);
        }
        break;
    }
}

/* Iterative: depth comes from the mail. */
static void
walk(reader *r, const GumboNode *document)
{
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(level));
    level root = {
        document, 0, VISIBLE, {0x000000, 0xFFFFFF, FALSE, FALSE, FALSE, FALSE}};
    g_array_append_val(stack, root);
    while (stack->len > 0) {
        level *top = &g_array_index(stack, level, stack->len - 1);
        const GumboVector *children = children_of(top->node);
        if (top->child < children->length) {
            visit(r, stack, children->data[top->child++]);
            continue;
        }
        if (top->node->type != GUMBO_NODE_DOCUMENT) {
            push_tag(r, top->list, top->node->v.element.tag,
                     top->node->v.element.original_end_tag);
        }
        g_array_set_size(stack, stack->len - 1);
    }
}

static int
compare_pieces(const void *a, const void *b)
{
    const piece *x = a, *y = b;
    if (x->list != y->list) {
        return x->list < y->list ? -1 : 1;
    }
    if (x->start != y->start) {
        return x->start < y->start ? -1 : 1;
    }
    return x->order < y->order ? -1 : x->order > y->order;
}

static void
build_texts(reader *r)
{
    g_array_sort(r->pieces, compare_pieces);
    for (guint i = 0; i < r->pieces->len;) {
        guint list = g_array_index(r->pieces, piece, i).list;
        ch_where where = list == VISIBLE ? CH_WHERE_BODY : CH_WHERE_HIDDEN;
        ch_text *text = ch_text_new(where, r->part, r->source);
        gsize done = 0;
        for (; i < r->pieces->len; i++) {
            const piece *p = &g_array_index(r->pieces, piece, i);
            if (p->list != list) {
                break;
            }
            if (p->kind == PIECE_TEXT) {
                add_piece(r, text, p, &done);
            } else {
                add_separator(text, p, &done);
            }
            if (p->kind == PIECE_RULE) {
                ch_text_mark_rule(text);
            }
        }
        keep_text(r, text);
    }
}

gboolean
ch_html_extract(GBytes *source, int part, GPtrArray *texts)
{
    gsize length;
    const char *data = g_bytes_get_data(source, &length);
    gsize parsed = MIN(length, CH_MAX_HTML);
    reader r = {source, data, length,  part,
                texts,  NULL, VISIBLE, parsed < length};
    g_autoptr(ch_html_tree) tree =
        length == 0 || ch_html_nests_deeply(data, parsed)
            ? NULL
            : ch_html_tree_new(data, parsed);
    if (tree != NULL) {
        r.pieces = g_array_new(FALSE, FALSE, sizeof(piece));
        walk(&r, ch_html_tree_output(tree)->document);
        build_texts(&r);
        g_array_unref(r.pieces);
    }
    if (length > 0 && (tree == NULL || r.capped)) {
        g_ptr_array_add(texts,
                        ch_text_new_whole(CH_WHERE_HIDDEN, part, source));
        return FALSE;
    }
    return TRUE;
}
