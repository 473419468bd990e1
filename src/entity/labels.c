/*
 * Labels: the words around a value that say what it is.
 *
 * Nine digits are a Social Security number behind "her social is" and a raffle
 * ticket behind "ticket".  Words count only whole ("lic" is not in "public"),
 * before and after the value, and the nearest one wins, so a list of several
 * numbers is read as people read it.  It does not know any kind of value.
 */
#include "kinds.h"

#define FAR        ((gsize)1 << 30)
#define BREAK_COST 15 /* a new sentence or another number lies between */
#define AFTER_COST 8  /* people put the label first */
#define NEAR       20 /* reach of what denies a value, bytes */

/* Numbers that are nobody's identifier. */
static const char *const things[] = {"order",
                                     "orders",
                                     "order number",
                                     "order no",
                                     "invoice",
                                     "invoices",
                                     "inv",
                                     "lot",
                                     "lote",
                                     "batch",
                                     "sku",
                                     "upc",
                                     "ean",
                                     "isbn",
                                     "issn",
                                     "doi",
                                     "pmid",
                                     "nct",
                                     "ndc",
                                     "cpt",
                                     "hcpcs",
                                     "raffle",
                                     "rifa",
                                     "permit",
                                     "permiso de obra",
                                     "page",
                                     "pages",
                                     "pagina",
                                     "meeting",
                                     "meeting id",
                                     "zoom",
                                     "webinar",
                                     "tracking",
                                     "seguimiento",
                                     "rastreo",
                                     "confirmation",
                                     "confirmacion",
                                     "ticket",
                                     "tickets",
                                     "boleto",
                                     "receipt",
                                     "recibo",
                                     "ref",
                                     "reference",
                                     "referencia",
                                     "folio",
                                     "po",
                                     "p.o",
                                     "purchase order",
                                     "quote",
                                     "item",
                                     "articulo",
                                     "part",
                                     "model",
                                     "modelo",
                                     "catalog",
                                     "cat",
                                     "shipment",
                                     "package",
                                     "parcel",
                                     "ups",
                                     "usps",
                                     "fedex",
                                     "dhl",
                                     "coupon",
                                     "promo",
                                     "promo code",
                                     "cupon",
                                     "gift card",
                                     "voucher",
                                     "factura",
                                     "pedido",
                                     "booking",
                                     "reservation",
                                     "reserva",
                                     "flight",
                                     "vuelo",
                                     "room",
                                     "sala",
                                     "suite",
                                     "locker",
                                     "seat",
                                     "bib",
                                     "version",
                                     "build",
                                     "release",
                                     "firmware",
                                     "timestamp",
                                     "unix",
                                     "epoch",
                                     "case number",
                                     "docket",
                                     "grant",
                                     "bid",
                                     "meeting id",
                                     "webinar id",
                                     "zoom",
                                     "group number",
                                     "group no",
                                     "grp",
                                     "barcode",
                                     "asset",
                                     "error",
                                     "job",
                                     "requisition",
                                     "product",
                                     "producto",
                                     "warranty",
                                     "donation",
                                     "transaction",
                                     "commit",
                                     NULL};

/* Labels of the other kinds: they take a value that needs a label of its own.
 */
static const char *const others[] = {"mrn",
                                     "medical record",
                                     "chart",
                                     "ssn",
                                     "social security",
                                     "itin",
                                     "ein",
                                     "tax id",
                                     "npi",
                                     "dea",
                                     "imei",
                                     "vin",
                                     "member",
                                     "member id",
                                     "subscriber",
                                     "policy",
                                     "poliza",
                                     "medicaid",
                                     "medicare",
                                     "account",
                                     "account number",
                                     "acct",
                                     "cuenta",
                                     "routing",
                                     "routing number",
                                     "aba",
                                     "passport",
                                     "pasaporte",
                                     "license",
                                     "licence",
                                     "plate",
                                     "plates",
                                     "placas",
                                     "matricula",
                                     "serial",
                                     "serial number",
                                     "udi",
                                     "phone",
                                     "tel",
                                     "telefono",
                                     "fax",
                                     "cell",
                                     "call",
                                     "zip",
                                     "nhs",
                                     "sin",
                                     "iban",
                                     "expediente",
                                     NULL};

gboolean
ch_kind_is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_' || (guchar)c >= 0x80;
}

/* Whether the word stands whole at that place; digits of a value may follow
 * at once where the value starts. */
static gboolean
stands(const ch_entity_text *in, gsize at, const char *word, gsize len,
       gsize value)
{
    if (at + len > in->length || memcmp(in->data + at, word, len) != 0) {
        return FALSE;
    }
    if (at > 0 && ch_kind_is_word(word[0]) &&
        ch_kind_is_word(in->data[at - 1])) {
        return FALSE;
    }
    return at + len == in->length || at + len == value ||
           !ch_kind_is_word(word[len - 1]) ||
           !ch_kind_is_word(in->data[at + len]);
}

/* What lies between a label and the value makes it less likely its label. */
static gsize
gap_cost(const char *data, gsize from, gsize to)
{
    gsize cost = to - from, digits = 0;
    gboolean broken = FALSE, number = FALSE;
    for (gsize i = from; i < to; i++) {
        digits = g_ascii_isdigit(data[i]) ? digits + 1 : 0;
        number |= digits == 4;
        broken |= strchr(".!?;", data[i]) != NULL && data[i] != '\0' &&
                  i + 1 < to && data[i + 1] == ' ' && i > from;
    }
    return cost + (broken ? BREAK_COST : 0) + (number ? BREAK_COST : 0);
}

/* Whether nothing but signs and such words as "is" lies in the gap. */
static gboolean
is_tight(const ch_entity_text *in, gsize from, gsize to)
{
    static const char *const fillers[] = {
        "is",   "was",      "no",      "num",    "number", "numero", "nr",
        "id",   "es",       "su",      "her",    "his",    "the",    "card",
        "code", "read",     "says",    "ending", "de",     "el",     "la",
        "del",  "paciente", "patient", "for",    "on",     "of",     "n",
        "o",    "nro",      NULL};
    for (gsize at = from; at < to;) {
        gsize start = at;
        while (at < to && ch_kind_is_word(in->data[at])) {
            at++;
        }
        g_autofree char *word = g_strndup(in->data + start, at - start);
        if (at > start && !g_strv_contains(fillers, word)) {
            return FALSE;
        }
        at += at == start ? 1 : 0;
    }
    return TRUE;
}

static gsize
cost_before(const ch_entity_text *in, gsize start, gsize window,
            const char *const *words, gboolean tight)
{
    gsize best = FAR;
    gsize from = start > window + 24 ? start - window - 24 : 0;
    for (gsize at = from; at < start; at++) {
        if (at > 0 && ch_kind_is_word(in->data[at]) &&
            ch_kind_is_word(in->data[at - 1])) {
            continue;
        }
        for (guint i = 0; words[i] != NULL; i++) {
            gsize len = strlen(words[i]);
            if (words[i][0] == in->data[at] && at + len <= start &&
                stands(in, at, words[i], len, start) &&
                (!tight || is_tight(in, at + len, start))) {
                best = MIN(best, gap_cost(in->data, at + len, start));
            }
        }
    }
    return best <= window ? best : FAR;
}

static gsize
cost_after(const ch_entity_text *in, gsize end, gsize window,
           const char *const *words, gboolean tight)
{
    gsize to = MIN(in->length, end + window + 1);
    for (gsize at = end; at < to; at++) {
        for (guint i = 0; words[i] != NULL; i++) {
            if (words[i][0] == in->data[at] &&
                stands(in, at, words[i], strlen(words[i]), FAR) &&
                (!tight || is_tight(in, end, at))) {
                return 2 * gap_cost(in->data, end, at) + AFTER_COST;
            }
        }
    }
    return FAR;
}

static gsize
cost(const ch_labels *labels, const ch_entity_text *in, ch_span span)
{
    gsize before =
        cost_before(in, span.start, labels->before, labels->words, FALSE);
    gsize after = cost_after(in, span.end, labels->after, labels->words, FALSE);
    gsize best = MIN(before, after);
    if (labels->weak != NULL) {
        before =
            cost_before(in, span.start, labels->before, labels->weak, TRUE);
        after = cost_after(in, span.end, labels->after, labels->weak, TRUE);
        best = MIN(best, MIN(before, after));
    }
    return best;
}

/* "inv-512346789": the value is the tail of a code. */
static gboolean
is_tail(const ch_entity_text *in, gsize start)
{
    return start > 1 && strchr("-./", in->data[start - 1]) != NULL &&
           ch_kind_is_word(in->data[start - 2]);
}

/* "sku-0048213": the letters of the value say what it is. */
static gboolean
is_thing_by_prefix(const ch_entity_text *in, ch_span span)
{
    gsize len = 0;
    while (span.start + len < span.end &&
           g_ascii_isalpha(in->data[span.start + len])) {
        len++;
    }
    for (guint i = 0; things[i] != NULL && len > 1; i++) {
        if (strncmp(things[i], in->data + span.start, len) == 0 &&
            things[i][len] == '\0') {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
ch_labels_claim(const ch_labels *labels, const ch_entity_text *in, ch_span span)
{
    gsize own = cost(labels, in, span);
    if (own == FAR || (is_tail(in, span.start) && own > 1) ||
        is_thing_by_prefix(in, span)) {
        return FALSE;
    }
    gsize window = MIN(own, labels->before);
    return cost_before(in, span.start, window, things, FALSE) >= own &&
           cost_before(in, span.start, window, others, FALSE) >= own &&
           2 * AFTER_COST + cost_after(in, span.end, NEAR, things, FALSE) >=
               own;
}

gboolean
ch_labels_deny(const ch_labels *labels, const ch_entity_text *in, ch_span span)
{
    gsize own = labels == NULL ? FAR : cost(labels, in, span);
    return (is_tail(in, span.start) && own > 1) ||
           cost_before(in, span.start, NEAR, things, FALSE) < own;
}

gboolean
ch_labels_rival(const ch_labels *labels, const ch_entity_text *in, ch_span span)
{
    return cost_before(in, span.start, NEAR, others, FALSE) <
           cost(labels, in, span);
}

void
ch_labels_skip(const ch_labels *labels, const ch_entity_text *in, ch_span *span)
{
    for (guint i = 0; labels->words[i] != NULL; i++) {
        gsize len = strlen(labels->words[i]);
        gsize at = span->start + len;
        if (at < span->end &&
            memcmp(in->data + span->start, labels->words[i], len) == 0 &&
            !g_ascii_isalpha(in->data[at])) {
            while (at < span->end && !g_ascii_isalnum(in->data[at])) {
                at++;
            }
            span->start = at;
            return;
        }
    }
}

gboolean
ch_kind_has_word(const ch_entity_text *in, ch_span span, gsize before,
                 gsize after, const char *const *words)
{
    gsize from = span.start > before ? span.start - before : 0;
    gsize to = MIN(in->length, span.end + after);
    for (gsize at = from; at < to; at++) {
        if (at >= span.start && at < span.end) {
            continue;
        }
        for (guint i = 0; words[i] != NULL; i++) {
            if (words[i][0] == in->data[at] &&
                stands(in, at, words[i], strlen(words[i]), FAR)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}
