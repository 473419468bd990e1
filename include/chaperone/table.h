/*
 * Tables that are attached as text: CSV, TSV, rows of a sheet.
 *
 * A number in a column that is named "MRN" is one, though no word beside it
 * says so: here the name of the column is read before each of its cells.
 */
#ifndef CHAPERONE_TABLE_H
#define CHAPERONE_TABLE_H

#include "chaperone/text.h"

/* A text of source with names of columns put in, where the first line is a
 * header that has some worth it; NULL: it is no such table.  What is put in
 * maps to an empty span before its cell.  Owned. */
ch_text *ch_table_text(ch_where where, int part, GBytes *source);

/* Whether it is a list of patients: its columns name somebody and two of:
 * patient, record, birth, insurance, diagnosis, visit; and there is a row. */
gboolean ch_table_lists_patients(GBytes *source);

#endif
