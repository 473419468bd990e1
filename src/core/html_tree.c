/*
 * libgumbo, kept within bounds.
 *
 * libgumbo has no caps: deep nesting costs it quadratic time, its destructor
 * recurses, and unclosed formatting elements multiply nodes without end.  So
 * all of its memory comes from here, with a cap, and is freed here; when the
 * cap is reached the parse is left by longjmp, which is safe because the
 * parser owns nothing but that memory.  Nesting is estimated before.
 */
#include "core/html_int.h"

#include "chaperone/limits.h"

#include <setjmp.h>
#include <string.h>

/* Live bytes: about 160 a node, as measured. */
#define MAX_BYTES ((gsize)CH_MAX_HTML_NODES * 160)

/* Stands before each block; keeps its alignment. */
typedef struct block block;
struct block {
    block *previous, *next;
    gsize size, unused;
};

struct ch_html_tree {
    block blocks; /* ring of all that is allocated */
    gsize bytes;
    jmp_buf full;
    GumboOutput *output;
};

static void *
allocate(void *userdata, size_t size)
{
    ch_html_tree *tree = userdata;
    gsize total = sizeof(block) + size;
    block *b = tree->bytes + total > MAX_BYTES ? NULL : g_try_malloc(total);
    if (b == NULL) {
        longjmp(tree->full, 1);
    }
    tree->bytes += total;
    b->size = total;
    b->previous = tree->blocks.previous;
    b->next = &tree->blocks;
    b->previous->next = b;
    b->next->previous = b;
    return b + 1;
}

static void
release(void *userdata, void *memory)
{
    ch_html_tree *tree = userdata;
    if (memory == NULL) {
        return;
    }
    block *b = (block *)memory - 1;
    b->previous->next = b->next;
    b->next->previous = b->previous;
    tree->bytes -= b->size;
    g_free(b);
}

ch_html_tree *
ch_html_tree_new(const char *data, gsize len)
{
    ch_html_tree *tree = g_new0(ch_html_tree, 1);
    tree->blocks.next = tree->blocks.previous = &tree->blocks;
    GumboOptions options = kGumboDefaultOptions;
    options.allocator = allocate;
    options.deallocator = release;
    options.userdata = tree;
    options.max_errors = 0;
    if (setjmp(tree->full) != 0) {
        ch_html_tree_free(tree);
        return NULL;
    }
    tree->output = gumbo_parse_with_options(&options, data, len);
    return tree;
}

const GumboOutput *
ch_html_tree_output(const ch_html_tree *tree)
{
    return tree->output;
}

void
ch_html_tree_free(ch_html_tree *tree)
{
    if (tree == NULL) {
        return;
    }
    while (tree->blocks.next != &tree->blocks) {
        release(tree, tree->blocks.next + 1);
    }
    g_free(tree);
}

/* --- nesting ------------------------------------------------------------ */

/* What has no end tag, or whose end tag honest mail leaves out. */
static gboolean
is_flat(GumboTag tag)
{
    static const GumboTag flat[] = {
        GUMBO_TAG_AREA,  GUMBO_TAG_BASE,   GUMBO_TAG_BR,    GUMBO_TAG_COL,
        GUMBO_TAG_EMBED, GUMBO_TAG_HR,     GUMBO_TAG_IMG,   GUMBO_TAG_INPUT,
        GUMBO_TAG_LINK,  GUMBO_TAG_META,   GUMBO_TAG_PARAM, GUMBO_TAG_SOURCE,
        GUMBO_TAG_TRACK, GUMBO_TAG_WBR,    GUMBO_TAG_P,     GUMBO_TAG_LI,
        GUMBO_TAG_TR,    GUMBO_TAG_TD,     GUMBO_TAG_TH,    GUMBO_TAG_DT,
        GUMBO_TAG_DD,    GUMBO_TAG_OPTION, GUMBO_TAG_TBODY, GUMBO_TAG_HTML,
        GUMBO_TAG_HEAD,  GUMBO_TAG_BODY,   GUMBO_TAG_A,
    };
    for (gsize i = 0; i < G_N_ELEMENTS(flat); i++) {
        if (flat[i] == tag) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Names by length: all unknown ones count as one. */
static guint
tag_at(const char *at, const char *end)
{
    char name[16];
    gsize len = 0;
    while (at + len < end && len < sizeof(name) - 1 &&
           g_ascii_isalnum(at[len])) {
        name[len] = at[len];
        len++;
    }
    name[len] = '\0';
    return (guint)gumbo_tag_enum(name);
}

/* Pops to the nearest open element of that tag, if it is near. */
static void
close_tag(GArray *open, guint tag)
{
    for (guint i = open->len; i > 0 && open->len - i < 64; i--) {
        if (g_array_index(open, guint, i - 1) == tag) {
            g_array_set_size(open, i - 1);
            return;
        }
    }
}

gboolean
ch_html_nests_deeply(const char *data, gsize len)
{
    const guint limit = 3 * CH_MAX_HTML_DEPTH;
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint));
    const char *end = data + len;
    const char *at = data;
    while ((at = memchr(at, '<', (gsize)(end - at))) != NULL) {
        at++;
        gboolean closing = at < end && *at == '/';
        at += closing ? 1 : 0;
        if (at == end) {
            break;
        }
        if (!g_ascii_isalpha(*at)) {
            continue;
        }
        guint tag = tag_at(at, end);
        if (closing) {
            close_tag(open, tag);
        } else if (!is_flat((GumboTag)tag)) {
            g_array_append_val(open, tag);
        }
        if (open->len > limit) {
            return TRUE;
        }
    }
    return FALSE;
}
