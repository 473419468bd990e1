/*
 * The kinds of entities, one module each, and what they share.
 */
#ifndef CHAPERONE_KINDS_H
#define CHAPERONE_KINDS_H

#include "chaperone/entity.h"

struct ch_own {
    GStrv phones;  /* digits, without the leading 1 of NANP */
    GStrv domains; /* lower case */
};

extern const ch_entity_kind ch_entity_us_ssn;
extern const ch_entity_kind ch_entity_us_mbi;
extern const ch_entity_kind ch_entity_phone;
extern const ch_entity_kind ch_entity_email;
extern const ch_entity_kind ch_entity_date_of_birth;

/* The digits of a value; room for size - 1 of them.  Returns how many. */
gsize ch_kind_digits(const char *value, gsize length, char *out, gsize size);
/* Whether one of the words stands within the window bytes before start. */
gboolean ch_kind_has_word_before(const char *text, gsize start, gsize window,
                                 const char *const *words);

#endif
