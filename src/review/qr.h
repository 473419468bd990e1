/*
 * A text as a picture for the camera of a phone.
 */
#ifndef CHAPERONE_REVIEW_QR_H
#define CHAPERONE_REVIEW_QR_H

#include "html.h"

/* label: for who cannot see it.  Nothing where text is too long for a code. */
void ch_put_qr(ch_html *h, const char *label, const char *text);

#endif
