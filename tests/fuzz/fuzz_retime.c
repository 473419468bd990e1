/*
 * Any bytes are a held post with a time, released later: the plan is total,
 * an edit leaves what lies before and behind the parts it touches as it was,
 * what was planned comes out, and edits of other origin never go astray.
 * First byte: the gateway and release.late; second: how long it waited.
 */
#include "chaperone/directive.h"
#include "chaperone/retime.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

#define ARRIVAL (G_GINT64_CONSTANT(1795186805) * G_USEC_PER_SEC)
#define MINUTE  ((gint64)60 * G_USEC_PER_SEC)

static const char table[] =
    "gateways:\n"
    "  - {name: w, like: mail-hook, domains: [w.example], directives: "
    "wordpress, subject: title, cut: [end, hr, signature], time: known, "
    "verified: 2026-11-29, source: a test}\n"
    "  - {name: p, like: postie, domains: [p.example], base: arrival, "
    "verified: 2026-11-29, source: a test}\n"
    "  - {name: d, like: postie, domains: [d.example], "
    "verified: 2026-11-29, source: a test}\n";

/* Without rules; made once and never changed but for release_late. */
static ch_house *
get_house(void)
{
    static gsize made;
    static ch_house *house;
    if (g_once_init_enter(&made)) {
        g_autoptr(ch_diag) diag = ch_diag_new();
        g_autofree char *more = NULL;
        g_autofree char *file = NULL;
        int fd = g_file_open_tmp("fuzz-retime-XXXXXX", &more, NULL);
        g_assert(fd >= 0);
        g_assert(g_file_set_contents(more, table, -1, NULL));
        g_autofree char *yaml = g_strdup_printf(
            "gateways: {files: [" CH_SOURCE_DIR "/conf/gateways.yaml, %s]}\n",
            more);
        g_assert(
            g_close(g_file_open_tmp("fuzz-retime-XXXXXX", &file, NULL), NULL));
        g_assert(g_file_set_contents(file, yaml, -1, NULL));
        house = ch_house_load_gateways(file, diag);
        g_assert(house != NULL && g_close(fd, NULL));
        unlink(more);
        unlink(file);
        g_once_init_leave(&made, 1);
    }
    return house;
}

/* Bytes before the first and behind the last part that is edited. */
static void
check_rest(const GPtrArray *edits, GBytes *mail, GBytes *derived)
{
    gsize length, n, first = G_MAXSIZE, last = 0;
    const char *before = g_bytes_get_data(mail, &length);
    const char *after = g_bytes_get_data(derived, &n);
    for (guint i = 0; i < edits->len; i++) {
        const ch_edit *e = g_ptr_array_index(edits, i);
        first = MIN(first, e->content.start);
        last = MAX(last, e->content.end);
    }
    if (edits->len == 0) {
        g_assert(g_bytes_equal(mail, derived));
        return;
    }
    g_assert(last <= length && first <= n && length - last <= n);
    g_assert(memcmp(before, after, first) == 0);
    g_assert(
        memcmp(before + last, after + n - (length - last), length - last) == 0);
}

static void
check_one(const ch_retiming *r, GBytes *mail, gint64 now_us)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) packed = ch_edits_pack(r->edits);
    g_autoptr(GPtrArray) again = ch_edits_unpack(packed, &error);
    g_assert(again != NULL && again->len == r->edits->len);
    g_autoptr(GBytes) derived = ch_edits_apply(again, mail, &error);
    g_assert(derived != NULL);
    check_rest(again, mail, derived);
    g_assert(r->edits->len == 0 || r->kind == CH_RETIME_KEPT ||
             r->kind == CH_RETIME_LATE || r->kind == CH_RETIME_ANEW);
    g_assert(r->kind != CH_RETIME_KEPT ||
             ABS(r->publish_at_us - r->wanted_us) <= MINUTE);
    g_assert(r->kind != CH_RETIME_LATE || r->publish_at_us <= now_us + MINUTE);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    static const char *const to[] = {"a@w.example", "a@p.example",
                                     "a@d.example"};
    if (size < 2) {
        return 0;
    }
    ch_house *house = get_house();
    g_autoptr(ch_envelope) e = ch_envelope_new();
    g_autoptr(GBytes) mail = g_bytes_new(data + 2, size - 2);
    gint64 now = ARRIVAL + data[1] * 10 * MINUTE;
    house->config->release_late = (ch_late)(data[0] / 3 % 3);
    ch_envelope_add_recipient(e, to[data[0] % 3], NULL, NULL);
    e->time_us = ARRIVAL;
    g_autoptr(GPtrArray) plan = ch_retime_plan(house, e, mail, now);
    g_assert(plan->len == 1);
    check_one(plan->pdata[0], mail, now);
    /* Foreign bytes as edits, for this mail. */
    g_autoptr(GPtrArray) foreign = ch_edits_unpack(mail, NULL);
    if (foreign != NULL) {
        GBytes *other = ch_edits_apply(foreign, mail, NULL);
        g_clear_pointer(&other, g_bytes_unref);
    }
    return 0;
}
