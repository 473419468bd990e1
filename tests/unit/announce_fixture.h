/*
 * Posts that are held and told of, in a store of store_fixture.h.
 */
#ifndef ANNOUNCE_FIXTURE_H
#define ANNOUNCE_FIXTURE_H

#include "chaperone/announce.h"
#include "store_fixture.h"

#define COMPLIANCE "c@practice.example"

/* notices: what stands beside compliance; more: further lines. */
static inline ch_house *
announcing_house(const char *notices, const char *more)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autofree char *text = g_strdup_printf(
        "rules: {paths: [" CH_SOURCE_DIR "/rules/structure.yaml, " CH_SOURCE_DIR
        "/tests/e2e/rules]}\ngateways: {files: [" CH_SOURCE_DIR
        "/conf/gateways.yaml]}\nnotices: {compliance: " COMPLIANCE
        ", from: chaperone@practice.example%s}\n%s",
        notices, more);
    ch_config *config = ch_config_parse("t", text, strlen(text), diag);
    ch_house *house = config == NULL ? NULL : ch_house_new(config, diag);
    if (house == NULL) {
        g_autofree char *wrong = ch_diag_dup_text(diag);
        fail_msg("%s", wrong);
    }
    return house;
}

/* Holds text as a message of its own, and tells of it as the daemon does. */
static inline void
hold(const fixture *f, const ch_house *house, const char *text, gint64 left_us,
     gboolean spanish, char *id_out)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_envelope) e = make_envelope();
    g_autoptr(GBytes) raw = bytes_of(text);
    guint8 key[CH_DIGEST_BYTES];
    ch_prior prior;
    ch_record record = make_record(f, CH_STATE_HELD, NOW, e, raw, id_out, key);
    record.rules = "e2e/hold,gone/rule";
    record.deadline_us = NOW + left_us;
    record.publish_at_us = -1;
    record.spanish = spanish;
    const ch_event event = {.kind = CH_NOTICE_HELD,
                            .id = id_out,
                            .author = "office",
                            .gateways = record.gateways,
                            .rules = record.rules,
                            .publish_at_us = -1,
                            .deadline_us = record.deadline_us,
                            .time_us = NOW,
                            .spanish = spanish};
    g_autoptr(GArray) notices = ch_announce(house, f->store, &event);
    record.notices = (const ch_outgoing *)(const void *)notices->data;
    record.n_notices = notices->len;
    gboolean ok = ch_store_commit(f->store, &record, &prior, &error);
    assert_no_error(error);
    assert_true(ok);
}

/* What waits in the outbox.  Owned array of ch_waiting. */
static inline GPtrArray *
outbox_of(const fixture *f)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *list = ch_store_outbox_due(f->store, G_MAXINT64, 1000, &error);
    assert_no_error(error);
    return list;
}

/* A mail without the soft breaks of its body.  Owned. */
static inline char *
dup_text(GBytes *mail)
{
    gsize length;
    const char *data = g_bytes_get_data(mail, &length);
    g_autofree char *whole = g_strndup(data, length);
    char *body = strstr(whole, "\r\n\r\n");
    assert_non_null(body);
    g_auto(GStrv) lines = g_strsplit(body, "=\r\n", -1);
    *body = '\0';
    g_autofree char *words = g_strjoinv("", lines);
    return g_strconcat(whole, words, NULL);
}

#endif
