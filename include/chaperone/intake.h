/*
 * Intake: one message while it arrives from the MTA, envelope and bytes.
 *
 * The milter protocol delivers pieces; here they become the bytes as
 * received again, so that offsets, digests and exports stay true: CRLF line
 * ends, folded headers and their leading spaces as they were.  Belongs to one
 * message; not thread-safe.
 */
#ifndef CHAPERONE_INTAKE_H
#define CHAPERONE_INTAKE_H

#include "chaperone/envelope.h"

typedef struct ch_intake ch_intake;

/* Stores at most max_bytes.  Owned. */
ch_intake *ch_intake_new(gint64 max_bytes);
void ch_intake_free(ch_intake *intake);

/* To be filled by the caller.  Borrowed. */
ch_envelope *ch_intake_envelope(ch_intake *intake);

/* keeps_space: value is all that stands after the colon (SMFIP_HDR_LEADSPC);
 * else the MTA has eaten one space.  Line ends in value are LF. */
void ch_intake_header(ch_intake *intake, const char *name, const char *value,
                      gboolean keeps_space);
void ch_intake_end_of_headers(ch_intake *intake);
void ch_intake_body(ch_intake *intake, const guint8 *data, gsize length);

/* More than max_bytes came, or memory for them could not be had: what is
 * stored is not the whole message. */
gboolean ch_intake_is_too_large(const ch_intake *intake);
gboolean ch_intake_is_out_of_memory(const ch_intake *intake);

/* The message; nothing can be added afterwards.  Owned. */
GBytes *ch_intake_take_bytes(ch_intake *intake);

/* Bytes of the message before its body. */
gsize ch_intake_head_length(const ch_intake *intake);

/* Names of the headers X-Chaperone-*, as received, in order: to be removed
 * from judged mail.  Borrowed array of char *. */
const GPtrArray *ch_intake_own_headers(const ch_intake *intake);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_intake, ch_intake_free)

#endif
