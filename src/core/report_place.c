/*
 * Where in a document a finding stands, for people: the cell of a sheet, the
 * corner of a picture.
 */
#include "report_int.h"

#include "chaperone/extraction.h"

#include <string.h>

/* In a sheet lines are rows, and tabs part the columns.  Owned. */
static char *
dup_cell(const ch_finding *f, const char *place)
{
    const char *data = g_bytes_get_data(ch_text_source(f->text), NULL);
    guint column = 0;
    for (gsize i = f->span.start; i > 0 && data[i - 1] != '\n'; i--) {
        column += data[i - 1] == '\t' ? 1 : 0;
    }
    char letters[3] = {(char)('A' + column % 26), '\0', '\0'};
    if (column >= 26) { /* ZZ is as far as anybody reads */
        letters[1] = letters[0];
        letters[0] = (char)('A' + MIN(column / 26 - 1, 25));
    }
    return g_strdup_printf("%s, cell %s%u", place, letters, f->line);
}

/* Of nine fields of a picture the one in whose middle the lines stand; each
 * has its area, later ones that of the last. */
static const char *
field_of(const ch_finding *f, GBytes *areas)
{
    static const char *const names[3][3] = {
        {"upper left", "top", "upper right"},
        {"left", "middle", "right"},
        {"lower left", "bottom", "lower right"}};
    gsize length;
    const guint8 *data = g_bytes_get_data(areas, &length);
    guint count = (guint)(length / CH_AREA_LENGTH);
    guint first = MIN(f->line, count) - 1;
    guint last = MIN(ch_text_line(f->text, f->span.end), count) - 1;
    guint left = 100, top = 100, right = 0, bottom = 0;
    for (guint i = first; i <= MAX(first, last); i++) {
        const guint8 *area = data + i * CH_AREA_LENGTH;
        left = MIN(left, area[0]);
        top = MIN(top, area[1]);
        right = MAX(right, area[2]);
        bottom = MAX(bottom, area[3]);
    }
    return names[MIN((top + bottom) / 67, 2)][MIN((left + right) / 67, 2)];
}

char *
ch_report_dup_place(const ch_finding *f)
{
    const char *place = f->text == NULL ? NULL : ch_text_place(f->text);
    GBytes *areas = f->text == NULL ? NULL : ch_text_areas(f->text);
    const char *step = place == NULL ? NULL : strrchr(place, ',');
    step = step == NULL ? place : step + 2;
    if (areas != NULL && f->line > 0) {
        return g_strdup_printf("%s, %s", place == NULL ? "picture" : place,
                               field_of(f, areas));
    }
    return step != NULL && g_str_has_prefix(step, "sheet ") ? dup_cell(f, place)
                                                            : g_strdup(place);
}
