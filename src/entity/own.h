/*
 * The practice's own values, however they are written.
 *
 * What the configuration names under practice: is public and no disclosure.
 * Built once from the configuration, then only read.
 */
#ifndef CHAPERONE_OWN_H
#define CHAPERONE_OWN_H

#include "chaperone/entity.h"

/* What the configuration says, normalised.  Owned. */
ch_own *ch_own_new(const ch_config *config);
void ch_own_free(ch_own *own);

/* value is a folded string that the kind has accepted.  Pure. */
gboolean ch_own_has_phone(const ch_own *own, const char *value, gsize length);
gboolean ch_own_has_email(const ch_own *own, const char *value, gsize length);
gboolean ch_own_has_url(const ch_own *own, const char *value, gsize length);
gboolean ch_own_has_address(const ch_own *own, const char *value, gsize length);
gboolean ch_own_has_zip(const ch_own *own, const char *value, gsize length);
gboolean ch_own_has_npi(const ch_own *own, const char *value, gsize length);
gboolean ch_own_has_ein(const ch_own *own, const char *value, gsize length);
/* A member of the staff, with or without title, or a name of the house. */
gboolean ch_own_has_person(const ch_own *own, const char *value, gsize length);
/* "@brightsmile" for "Bright Smile Dental" or brightsmile.example. */
gboolean ch_own_has_handle(const ch_own *own, const char *value, gsize length);

#endif
