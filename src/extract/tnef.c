/*
 * winmail.dat, TNEF (MS-OXTNEF), by libytnef: what Outlook makes of a mail with
 * formatted text and files, and no other program opens.
 */
#include "extract/reader.h"

#include <string.h>
#include <ytnef.h>

#define SIGNATURE "\x78\x9f\x3e\x22"
#define GUID      16 /* bytes before an object that is attached */

static gboolean
is_given(const variableLength *value)
{
    return value->data != NULL && value->size > 0;
}

static void
read_string(ch_reader *r, guint property, const variableLength *value)
{
    if (is_given(value)) {
        ch_read_mapi_string(r, property, (const char *)value->data,
                            (gsize)value->size);
    }
}

/* A mail within the mail stands behind its interface's number. */
static void
read_object(ch_reader *r, guint property, const variableLength *value)
{
    gsize length = (gsize)value->size;
    gsize skip =
        length > GUID + 4 && memcmp(value->data + GUID, SIGNATURE, 4) == 0
            ? GUID
            : 0;
    ch_read_mapi_binary(r, property, value->data + skip, length - skip);
}

static void
read_property(ch_reader *r, const MAPIProperty *p)
{
    guint type = PROP_TYPE(p->id), property = PROP_ID(p->id);
    gboolean string = type == PT_STRING8 || type == PT_UNICODE;
    if (!string && type != PT_BINARY && type != PT_OBJECT) {
        return;
    }
    for (guint i = 0; p->data != NULL && i < p->count; i++) {
        if (string) {
            read_string(r, property, &p->data[i]);
        } else if (is_given(&p->data[i])) {
            read_object(r, property, &p->data[i]);
        }
    }
}

static void
read_properties(ch_reader *r, const MAPIProps *all)
{
    for (guint i = 0; all->properties != NULL && i < all->count; i++) {
        read_property(r, &all->properties[i]);
    }
}

static void
read_attachments(ch_reader *r, const Attachment *first)
{
    guint number = 0;
    for (const Attachment *a = first; a != NULL && !r->full; a = a->next) {
        if (++r->members > CH_MAX_MEMBERS) {
            ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
            return;
        }
        ch_reader_enter(r, CH_STEP_FILE, ++number);
        read_string(r, PR_ATTACH_FILENAME, &a->Title);
        read_string(r, PR_ATTACH_FILENAME, &a->TransportFilename);
        if (is_given(&a->FileData)) {
            ch_read_mapi_binary(r, PR_ATTACH_DATA_OBJ, a->FileData.data,
                                (gsize)a->FileData.size);
        }
        read_properties(r, &a->MAPI);
        ch_reader_leave(r);
    }
}

void
ch_read_tnef(ch_reader *r, GBytes *bytes)
{
    gsize length;
    const guint8 *data = g_bytes_get_data(bytes, &length);
    TNEFStruct tnef;
    TNEFInitialize(&tnef);
    tnef.Debug = 0;
    int code = TNEFParseMemory((guint8 *)data, (long)length, &tnef);
    if (code < 0) { /* what it got so far is read all the same */
        ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
    }
    read_string(r, PR_SUBJECT, &tnef.subject);
    read_string(r, PR_BODY, &tnef.body);
    read_properties(r, &tnef.MapiProperties);
    read_attachments(r, tnef.starting_attach.next);
    TNEFFree(&tnef);
}
