/*
 * us-ssn: Social Security number, 45 CFR 164.514(b)(2)(i)(G).
 *
 * Area not 000, 666 or 900-999, group not 00, serial not 0000 (SSA, FAQ 425;
 * numbers are random since 25 June 2011, so areas to 899 are issued).  Nine
 * digits without separators are one only beside a word that says so: nine of
 * ten numbers would pass.
 */
#include "kinds.h"

static const char *const words[] = {"ssn",
                                    "ssns",
                                    "ss#",
                                    "ss #",
                                    "ss no",
                                    "ss number",
                                    "s.s.n",
                                    "s.s",
                                    "social",
                                    "soc",
                                    "soc sec",
                                    "soc. sec",
                                    "sosh",
                                    "social number",
                                    "social sec",
                                    "social security",
                                    "w-9",
                                    "seguro",
                                    "seguro social",
                                    "num de seguro",
                                    "nss",
                                    "numero de seguro social",
                                    NULL};
static const ch_labels labels = {words, 40, 25, NULL};

/* Numbers that were printed in advertising and on sample cards (SSA). */
static const char *const printed[] = {"078051120", "219099999", "457555462",
                                      "123456789", NULL};
static const char *const no_labels[] = {"social media", NULL};

static gboolean
is_issued(const char *d)
{
    return strncmp(d, "000", 3) != 0 && strncmp(d, "666", 3) != 0 &&
           d[0] != '9' && strncmp(d + 3, "00", 2) != 0 &&
           strcmp(d + 5, "0000") != 0 && !ch_kind_is_one_digit(d) &&
           !g_strv_contains(printed, d);
}

/* "512-34 6789" is something else, unless a word says what it is: a PDF that
 * breaks a line at a hyphen reads "512-346789". */
static gboolean
has_like_separators(const char *value, gsize size)
{
    gsize separators = size - 9;
    return separators % 2 == 0 &&
           memcmp(value + 3, value + 5 + separators / 2, separators / 2) == 0;
}

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    char d[16];
    gsize size = span->end - span->start;
    if (CH_DIGITS(in, *span, d) != 9 || !is_issued(d)) {
        return FALSE;
    }
    return size > 9 && has_like_separators(in->data + span->start, size)
               ? !ch_labels_deny(&labels, in, *span)
               : ch_labels_claim(&labels, in, *span) &&
                     !ch_kind_has_word(in, *span, 30, 0, no_labels);
}

const ch_entity_kind ch_entity_us_ssn = {
    "us-ssn",
    CH_LEFT "(?:[0-9]{9}|[0-9]{3}(?: ?[-./] ?| )[0-9]{2}(?: ?[-./] ?| )?"
            "[0-9]{4})" CH_RIGHT "|(?<=ssn)[0-9]{9}" CH_RIGHT,
    accept, NULL};
