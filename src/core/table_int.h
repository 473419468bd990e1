/*
 * What the readers of tables share: cells and the names of columns.
 */
#ifndef CHAPERONE_TABLE_INT_H
#define CHAPERONE_TABLE_INT_H

#include "chaperone/table.h"

#define CH_TABLE_COLUMNS 256
#define CH_TABLE_NAME    40 /* bytes of a column's name */

typedef struct {
    const char *data;
    gsize length;
    char separator;
    const char *labels[CH_TABLE_COLUMNS]; /* of columns, or NULL */
    guint columns;
} ch_table;

/* The commonest of tab, comma, semicolon in a line; 0: none. */
char ch_table_separator(const char *line, gsize length);
/* Where the cell that starts at "at" ends: at a separator, a line's end or
 * the text's.  A quoted one may hold both. */
gsize ch_table_cell_end(const ch_table *t, gsize at);
/* Lower case, signs as one blank each: "Chart #" to "chart". */
void ch_table_read_name(const char *cell, gsize length,
                        char name[CH_TABLE_NAME]);

#endif
