/*
 * us-ssn: Social Security number, 45 CFR 164.514(b)(2)(i)(G).
 *
 * Area not 000, 666 or 900-999, group not 00, serial not 0000 (SSA, FAQ 425;
 * numbers are random since 25 June 2011, so areas to 899 are issued).  Nine
 * digits without separators are one only behind a word that says so.
 */
#include "kinds.h"

static const char *const labels[] = {"ssn",    "ss#",     "ss #",
                                     "social", "soc sec", "soc. sec",
                                     "w-9",    "seguro",  NULL};

/* Numbers that were printed in advertising and on sample cards (SSA). */
static const char *const printed[] = {"078051120", "219099999", "457555462",
                                      NULL};

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    char d[16];
    const char *text = in->data;
    gsize size = span->end - span->start;
    if (ch_kind_digits(text + span->start, size, d, sizeof d) != 9 ||
        strncmp(d, "000", 3) == 0 || strncmp(d, "666", 3) == 0 || d[0] == '9' ||
        strncmp(d + 3, "00", 2) == 0 || strcmp(d + 5, "0000") == 0 ||
        g_strv_contains(printed, d)) {
        return FALSE;
    }
    return size > 9 || ch_kind_has_word_before(text, span->start, 40, labels);
}

const ch_entity_kind ch_entity_us_ssn = {
    "us-ssn",
    "(?<![\\w.-])\\d{3}(?<s>(?: ?[-./] ?| "
    ")?)\\d{2}\\k<s>\\d{4}(?![\\w-]|\\.\\d)",
    accept, NULL};
