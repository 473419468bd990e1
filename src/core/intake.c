/*
 * Intake: pieces from the MTA to a message, first step of the walk.
 *
 * Grows by doubling up to the cap; a message that is too large is counted to
 * its end but no longer stored.  Judges nothing and changes nothing but what
 * the milter protocol changed: line ends inside folded headers.
 */
#include "chaperone/intake.h"

#define OWN_PREFIX "X-Chaperone-"

struct ch_intake {
    ch_envelope *envelope;
    guint8 *data;
    gsize length, room, max;
    gsize head; /* bytes before the body */
    gboolean too_large, out_of_memory;
    GPtrArray *own_headers;
};

ch_intake *
ch_intake_new(gint64 max_bytes)
{
    ch_intake *in = g_new0(ch_intake, 1);
    in->envelope = ch_envelope_new();
    in->max = (gsize)MAX(max_bytes, 0);
    in->own_headers = g_ptr_array_new_with_free_func(g_free);
    return in;
}

void
ch_intake_free(ch_intake *in)
{
    if (in == NULL) {
        return;
    }
    ch_envelope_free(in->envelope);
    g_ptr_array_unref(in->own_headers);
    g_free(in->data);
    g_free(in);
}

ch_envelope *
ch_intake_envelope(ch_intake *in)
{
    return in->envelope;
}

static gboolean
make_room(ch_intake *in, gsize more)
{
    gsize room = MAX(in->room, 4096);
    while (room - in->length < more) {
        room *= 2; /* length and more are below the cap of max_message */
    }
    if (room > in->room) {
        guint8 *grown = g_try_realloc(in->data, room);
        if (grown == NULL) {
            in->out_of_memory = TRUE;
            return FALSE;
        }
        in->data = grown;
        in->room = room;
    }
    return TRUE;
}

static void
append(ch_intake *in, const void *data, gsize length)
{
    if (in->too_large || in->out_of_memory || length == 0) {
        return;
    }
    if (length > in->max - in->length) {
        in->too_large = TRUE;
        return;
    }
    if (make_room(in, length)) {
        memcpy(in->data + in->length, data, length);
        in->length += length;
    }
}

/* Folded values come with LF; a CR that is there already stays alone. */
static void
append_value(ch_intake *in, const char *value)
{
    const char *from = value;
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '\n' && (c == value || c[-1] != '\r')) {
            append(in, from, (gsize)(c - from));
            append(in, "\r", 1);
            from = c;
        }
    }
    append(in, from, strlen(from));
}

void
ch_intake_header(ch_intake *in, const char *name, const char *value,
                 gboolean keeps_space)
{
    if (g_ascii_strncasecmp(name, OWN_PREFIX, strlen(OWN_PREFIX)) == 0) {
        g_ptr_array_add(in->own_headers, g_strdup(name));
    }
    append(in, name, strlen(name));
    append(in, ": ", keeps_space ? 1 : 2);
    append_value(in, value);
    append(in, "\r\n", 2);
}

void
ch_intake_end_of_headers(ch_intake *in)
{
    append(in, "\r\n", 2);
    in->head = in->length;
}

gsize
ch_intake_head_length(const ch_intake *in)
{
    return in->head;
}

void
ch_intake_body(ch_intake *in, const guint8 *data, gsize length)
{
    append(in, data, length);
}

gboolean
ch_intake_is_too_large(const ch_intake *in)
{
    return in->too_large;
}

gboolean
ch_intake_is_out_of_memory(const ch_intake *in)
{
    return in->out_of_memory;
}

GBytes *
ch_intake_take_bytes(ch_intake *in)
{
    GBytes *bytes = g_bytes_new_take(in->data, in->length);
    in->data = NULL;
    in->length = in->room = 0;
    in->max = 0;
    return bytes;
}

const GPtrArray *
ch_intake_own_headers(const ch_intake *in)
{
    return in->own_headers;
}
