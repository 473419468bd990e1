/*
 * What a milter costs before it judges anything: the floors to compare with.
 *
 *   floor_milter SOCKET            takes every callback and does nothing
 *   floor_milter SOCKET parse      collects the message, parses it with GMime
 *                                  and decodes its text parts to UTF-8
 *
 * Both ask the MTA for what chaperone-milter asks for (src/milter/callbacks.c),
 * so that a difference is one of work and not of round trips.  Both accept
 * everything.
 */
#include <gmime/gmime.h>
#include <stdbool.h>
#include <string.h>
#include <sysexits.h>

#include <libmilter/mfapi.h>

#define NR_CONTENT (SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY)
#define NR_ENVELOPE                                                            \
    (SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT)
#define BACKLOG 256

/* libmilter hands no user data on; set before smfi_main, never again. */
static gboolean parses, is_unix;

typedef struct {
    unsigned long protocol;
    GByteArray *message; /* NULL unless the program parses */
    gsize decoded;       /* bytes of text, so that nothing is left out */
} session;

static session *
session_of(SMFICTX *ctx)
{
    session *s = smfi_getpriv(ctx);
    if (s == NULL) {
        s = g_new0(session, 1);
        smfi_setpriv(ctx, s);
    }
    return s;
}

static sfsistat
go_on(SMFICTX *ctx, unsigned long no_reply)
{
    return (session_of(ctx)->protocol & no_reply) != 0 ? SMFIS_NOREPLY
                                                       : SMFIS_CONTINUE;
}

static void
keep(SMFICTX *ctx, const void *data, gsize length)
{
    session *s = session_of(ctx);
    if (s->message != NULL) {
        g_byte_array_append(s->message, data, (guint)length);
    }
}

/* --- parsing ------------------------------------------------------------- */

static gsize
decode(GMimePart *part)
{
    GMimeDataWrapper *content = g_mime_part_get_content(part);
    if (content == NULL) {
        return 0;
    }
    GMimeStream *memory = g_mime_stream_mem_new();
    GMimeStream *filtered = g_mime_stream_filter_new(memory);
    const char *charset =
        g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), "charset");
    GMimeFilter *filter =
        charset != NULL ? g_mime_filter_charset_new(charset, "utf-8") : NULL;
    if (filter != NULL) {
        g_mime_stream_filter_add(GMIME_STREAM_FILTER(filtered), filter);
        g_object_unref(filter);
    }
    g_mime_data_wrapper_write_to_stream(content, filtered);
    g_mime_stream_flush(filtered);
    gsize length =
        g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory))->len;
    g_object_unref(filtered);
    g_object_unref(memory);
    return length;
}

static void
visit(GMimeObject *parent, GMimeObject *object, gpointer data)
{
    (void)parent;
    if (GMIME_IS_TEXT_PART(object)) {
        *(gsize *)data += decode(GMIME_PART(object));
    }
}

static gboolean
parse(session *s)
{
    GMimeStream *stream = g_mime_stream_mem_new();
    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
    g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(stream), s->message);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    g_mime_parser_set_persist_stream(parser, TRUE);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    gboolean ok = message != NULL;
    if (ok) {
        g_mime_message_foreach(message, visit, &s->decoded);
        g_object_unref(message);
    }
    g_object_unref(parser);
    g_object_unref(stream);
    return ok;
}

/* --- callbacks ----------------------------------------------------------- */

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long protocol,
             unsigned long unused2, unsigned long unused3,
             unsigned long *actions_out, unsigned long *protocol_out,
             unsigned long *out2, unsigned long *out3)
{
    (void)unused2;
    (void)unused3;
    session *s = session_of(ctx);
    s->protocol =
        protocol & (SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_HDR_LEADSPC |
                    NR_CONTENT | (is_unix ? NR_ENVELOPE : 0));
    *actions_out = actions & (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_DELRCPT);
    *protocol_out = s->protocol;
    *out2 = *out3 = 0;
    return SMFIS_CONTINUE;
}

static sfsistat
on_connect(SMFICTX *ctx, char *host, struct sockaddr *address)
{
    (void)host;
    (void)address;
    return go_on(ctx, SMFIP_NR_CONN);
}

static void
forget(SMFICTX *ctx)
{
    session *s = session_of(ctx);
    g_clear_pointer(&s->message, g_byte_array_unref);
}

static sfsistat
on_mail(SMFICTX *ctx, char **args)
{
    (void)args;
    forget(ctx);
    session_of(ctx)->message = parses ? g_byte_array_new() : NULL;
    return go_on(ctx, SMFIP_NR_MAIL);
}

static sfsistat
on_rcpt(SMFICTX *ctx, char **args)
{
    (void)args;
    return go_on(ctx, SMFIP_NR_RCPT);
}

static sfsistat
on_data(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_CONTINUE;
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
    keep(ctx, name, strlen(name));
    keep(ctx, ":", 1);
    keep(ctx, value, strlen(value));
    keep(ctx, "\n", 1);
    return go_on(ctx, SMFIP_NR_HDR);
}

static sfsistat
on_end_of_headers(SMFICTX *ctx)
{
    keep(ctx, "\n", 1);
    return go_on(ctx, SMFIP_NR_EOH);
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *data, size_t length)
{
    keep(ctx, data, length);
    return go_on(ctx, SMFIP_NR_BODY);
}

static sfsistat
on_end_of_message(SMFICTX *ctx)
{
    session *s = session_of(ctx);
    gboolean ok = s->message == NULL || parse(s);
    forget(ctx);
    return ok ? SMFIS_CONTINUE : SMFIS_TEMPFAIL;
}

static sfsistat
on_abort(SMFICTX *ctx)
{
    forget(ctx);
    return SMFIS_CONTINUE;
}

static sfsistat
on_close(SMFICTX *ctx)
{
    session *s = smfi_getpriv(ctx);
    if (s != NULL) {
        forget(ctx);
        g_free(s);
        smfi_setpriv(ctx, NULL);
    }
    return SMFIS_CONTINUE;
}

int
main(int argc, char **argv)
{
    char name[] = "floor";
    struct smfiDesc callbacks = {
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_DELRCPT,
        .xxfi_negotiate = on_negotiate,
        .xxfi_connect = on_connect,
        .xxfi_envfrom = on_mail,
        .xxfi_envrcpt = on_rcpt,
        .xxfi_data = on_data,
        .xxfi_header = on_header,
        .xxfi_eoh = on_end_of_headers,
        .xxfi_body = on_body,
        .xxfi_eom = on_end_of_message,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
    };
    parses = argc == 3 && g_str_equal(argv[2], "parse");
    if (argc < 2 || argc > 3 || (argc == 3 && !parses)) {
        g_printerr("usage: floor_milter SOCKET [parse]\n");
        return EX_USAGE;
    }
    is_unix = g_str_has_prefix(argv[1], "unix:");
    g_mime_init();
    return smfi_register(callbacks) == MI_SUCCESS &&
                   smfi_setconn(argv[1]) == MI_SUCCESS &&
                   smfi_setbacklog(BACKLOG) == MI_SUCCESS &&
                   smfi_opensocket(TRUE) == MI_SUCCESS &&
                   smfi_main() == MI_SUCCESS
               ? EX_OK
               : EX_UNAVAILABLE;
}
