/*
 * udi: unique device identifier, 45 CFR 164.514(b)(2)(i)(M); 21 CFR 830.
 *
 * GS1: (01) and fourteen digits with their check (weights 3 and 1), which
 * name a model; with a serial number (21) they name one device.  A lot (10)
 * does so only beside a patient or an implant, for recalls list lots.  HIBCC:
 * plus sign, and the last character is the sum of the others modulo 43
 * (ANSI/HIBC 2.6).
 */
#include "kinds.h"

static const char *const in_patient[] = {
    "patient",    "pt",        "implant",  "implanted", "her",
    "his",        "pacemaker", "paciente", "implante",  "marcapasos",
    "implantado", "udi",       NULL};
static const char *const recalls[] = {"recall", "recalled", "recalls",
                                      "retiro", "retirada", NULL};
static const char *const words[] = {
    "udi",    "device identifier", "implant",     "gs1", "barcode", "hibc",
    "device", "implante",          "dispositivo", NULL};
static const ch_labels labels = {words, 40, 30, NULL};

static gboolean
is_gtin(const char *digits)
{
    static const guint8 weights[] = {3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1};
    return ch_kind_weigh(digits, weights, 14) % 10 == 0;
}

static gboolean
is_hibc(const char *value, gsize length)
{
    static const char table[] = "0123456789abcdefghijklmnopqrstuvwxyz-. $/+%";
    guint sum = 0;
    for (gsize i = 0; i + 1 < length; i++) {
        const char *at = strchr(table, value[i]);
        sum += at == NULL ? 0 : (guint)(at - table);
    }
    return value[length - 1] == table[sum % 43];
}

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    const char *value = in->data + span->start;
    gsize size = span->end - span->start;
    char digits[24];
    if (value[0] == '+') {
        return is_hibc(value, size) && ch_labels_claim(&labels, in, *span);
    }
    gsize skip = value[0] == '(' ? 4 : 2;
    ch_kind_digits(value + skip, size - skip, digits, 15);
    if (!is_gtin(digits)) {
        return FALSE;
    }
    if (value[0] != '(') {
        return ch_labels_claim(&labels, in, *span);
    }
    return g_strstr_len(value, (gssize)size, "(21)") != NULL ||
           (g_strstr_len(value, (gssize)size, "(10)") != NULL &&
            ch_kind_has_word(in, *span, 60, 60, in_patient) &&
            !ch_kind_has_word(in, *span, 80, 80, recalls));
}

const ch_entity_kind ch_entity_udi = {
    "udi",
    "\\(01\\) ?[0-9]{14}(?: ?\\((?:1[0-7]|2[0-2]|24[0-1])\\) ?"
    "[a-z0-9./+-]{1,20}){1,6}"
    "|(?<![a-z0-9])01[0-9]{14}(?:1[17][0-9]{6}){0,2}"
    "(?:10[a-z0-9-]{1,20})?21[a-z0-9-]{3,20}(?![a-z0-9])"
    "|(?<![a-z0-9])\\+[a-z][0-9]{3}[a-z0-9]{2,18}[0-9](?:[a-z0-9$/.%+-]"
    "|/[$0-9a-z+]{2,40})(?![a-z0-9])",
    accept, NULL};
