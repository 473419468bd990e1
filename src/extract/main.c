/*
 * chaperone-extract(8): one attachment in, its texts and facts out; or one
 * picture in, and out without what it says about itself.
 *
 * Started by the milter and by chaperone(1), never by hand.  Loads what its
 * libraries need, shuts itself in, says 'R', reads one attachment from the
 * socket that is its standard input, answers there, and ends.  A process that
 * read one mail's bytes never sees another's.
 */
#include "chaperone/config.h"
#include "chaperone/version.h"
#include "core/charset.h"
#include "extract/clean.h"
#include "extract/jail.h"
#include "extract/reader.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

typedef struct {
    gint64 memory, seconds;
    char *config;
    gboolean ocr, clean, thumbnail, version;
} options;

/* Whatever opens files at first use does so now: converters of character
 * sets (held open, so that they stay loaded), types, tables. */
static void
warm_up(void)
{
    static const char *const charsets[] = {
        "windows-1252", "iso-8859-1", "iso-8859-15", "utf-16",
        "utf-16le",     "utf-16be",   "utf-32",      "us-ascii"};
    for (gsize i = 0; i < G_N_ELEMENTS(charsets); i++) {
        GIConv held = g_iconv_open("UTF-8", charsets[i]);
        g_autoptr(GBytes) bytes = g_bytes_new_static("\xe9t\xe9", 3);
        g_auto(ch_decoded) decoded = {NULL, NULL, FALSE};
        ch_charset_decode(charsets[i], bytes, &decoded);
        (void)held; /* until the process ends */
    }
    static const char mail[] = "From: a\nContent-Type: text/html\n\n<p>x\n";
    g_autoptr(GBytes) raw = g_bytes_new_static(mail, sizeof mail - 1);
    ch_message_free(ch_message_parse(raw));
    ch_warm_xml();
    ch_warm_pdf();
    ch_warm_image();
    ch_warm_heif();
    ch_warm_msg();
}

static gboolean
read_all(void *buffer, gsize length)
{
    char *at = buffer;
    while (length > 0) {
        ssize_t n = read(STDIN_FILENO, at, length);
        if (n <= 0) {
            return FALSE;
        }
        at += n;
        length -= (gsize)n;
    }
    return TRUE;
}

/* The attachment, or NULL: it was not wanted after all.  Owned. */
static GBytes *
receive(void)
{
    guint64 head;
    if (!read_all(&head, sizeof head)) {
        return NULL;
    }
    gsize length = (gsize)GUINT64_FROM_LE(head);
    char *data = length <= CH_MAX_ATTACHMENT ? g_try_malloc(length) : NULL;
    return data != NULL && read_all(data, length)
               ? g_bytes_new_take(data, length)
               : NULL;
}

static void
serve_texts(ch_reader *reader, GBytes *bytes, gint64 seconds)
{
    reader->ocr_until_us =
        g_get_monotonic_time() +
        (gint64)(CH_OCR_SHARE * (double)(seconds * G_USEC_PER_SEC));
    reader->input = g_bytes_get_size(bytes);
    ch_read_any(reader, bytes, CH_WHERE_ATTACHMENT);
    ch_reader_end(reader);
}

static void
serve_picture(ch_reader *reader, GBytes *bytes)
{
    GBytes *clean = ch_clean_bytes(bytes);
    gboolean same = clean != NULL && ch_clean_is_same(bytes, clean);
    ch_reader_cleaned(reader, same ? clean : NULL);
}

static void
serve_thumbnail(ch_reader *reader, GBytes *bytes)
{
    ch_draw_thumbnail(reader, bytes);
    ch_reader_end(reader);
}

static void
serve(ch_ocr *ocr, const options *o)
{
    ch_reader reader = {.fd = STDIN_FILENO, .ocr = ocr};
    if (write(STDIN_FILENO, "R", 1) != 1) {
        return;
    }
    GBytes *bytes = receive(); /* memory goes with the process */
    if (bytes != NULL && o->clean) {
        serve_picture(&reader, bytes);
    } else if (bytes != NULL && o->thumbnail) {
        serve_thumbnail(&reader, bytes);
    } else if (bytes != NULL) {
        serve_texts(&reader, bytes, o->seconds);
    }
}

/* FALSE: *exit_out is the exit code. */
static gboolean
parse_options(options *o, int *argc, char ***argv, int *exit_out)
{
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &o->config,
         "Take the limits from this configuration", "FILE"},
        {"memory", 0, 0, G_OPTION_ARG_INT64, &o->memory,
         "Bytes of memory that may be used", "BYTES"},
        {"cpu", 0, 0, G_OPTION_ARG_INT64, &o->seconds,
         "Seconds of processor time that may be used", "SECONDS"},
        {"ocr", 0, 0, G_OPTION_ARG_NONE, &o->ocr,
         "Read words and codes in pictures, too", NULL},
        {"clean", 0, 0, G_OPTION_ARG_NONE, &o->clean,
         "Give a picture back without what it says about itself", NULL},
        {"thumbnail", 0, 0, G_OPTION_ARG_NONE, &o->thumbnail,
         "Answer with a small picture of a picture", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &o->version, "Print the version",
         NULL},
        G_OPTION_ENTRY_NULL};
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    g_option_context_set_summary(
        context, "Reads one attachment from a socket on standard input, in a "
                 "jail.\nStarted by chaperone-milter and chaperone.");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, &error) || *argc > 1) {
        fprintf(stderr, "chaperone-extract: %s\n",
                error != NULL ? error->message : "no arguments are taken");
        *exit_out = EX_USAGE;
        return FALSE;
    }
    if (o->version) {
        printf("chaperone-extract %s\n", CH_VERSION);
        *exit_out = EX_OK;
        return FALSE;
    }
    return TRUE;
}

static gboolean
read_config(options *o)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) config = ch_config_load(o->config, diag);
    if (config == NULL) {
        g_autofree char *text = ch_diag_dup_text(diag);
        fprintf(stderr, "%s\n", text);
        return FALSE;
    }
    o->memory = config->extract_memory;
    o->seconds = config->extract_timeout;
    return TRUE;
}

int
main(int argc, char **argv)
{
    options o = {.memory = 512 * 1024 * 1024, .seconds = 5};
    int code = EX_OK;
    setlocale(LC_CTYPE, "C.UTF-8"); /* names in archives */
    if (!parse_options(&o, &argc, &argv, &code)) {
        return code;
    }
    if (o.config != NULL && !read_config(&o)) {
        return EX_CONFIG;
    }
    warm_up();
    ch_ocr *ocr = o.ocr && !o.clean ? ch_ocr_new() : NULL;
    const ch_jail_limits limits = {(guint64)MAX(o.memory, 0),
                                   (guint64)MAX(o.seconds, 1)};
    if (!ch_jail_enter(&limits)) {
        return EX_UNAVAILABLE;
    }
    serve(ocr, &o);
    _exit(EX_OK); /* what libraries do at exit is no business here */
}
