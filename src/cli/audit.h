/*
 * What the files behind chaperone audit share.
 */
#ifndef CHAPERONE_CLI_AUDIT_H
#define CHAPERONE_CLI_AUDIT_H

#include "chaperone/audit.h"
#include "chaperone/inspect.h"
#include "chaperone/store.h"

/* "rows 4 to 6: missing".  Owned. */
char *ch_audit_dup_fault(const ch_audit_fault *fault);

/* --- audit_binder.c ------------------------------------------------------ */

typedef struct {
    const ch_house *house;
    gint64 from_us, to_us, now_us;
    const GPtrArray *rows;  /* of ch_audit_row */
    const ch_audit *result; /* NULL: this user cannot prove the chain */
} ch_binder;

/* One page of HTML to print, with everything in it.  Owned. */
char *ch_binder_dup_html(const ch_binder *binder);

#endif
