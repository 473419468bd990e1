/*
 * Admission: who may write to an alias or to the check address, and that
 * nobody writes to an account's secret address.
 *
 * CONTRACT.md, "Author": only what is proven counts; From and MAIL FROM are
 * never looked at.
 */
#ifndef CHAPERONE_ADMISSION_H
#define CHAPERONE_ADMISSION_H

#include "chaperone/reply.h"

typedef enum {
    CH_ADMITTED,
    CH_ADMISSION_UNKNOWN,   /* nobody knows who wrote this */
    CH_ADMISSION_AUTHOR,    /* this author may not post there */
    CH_ADMISSION_DIRECT,    /* to the secret address itself */
    CH_ADMISSION_SPELLING,  /* the MTA may not be able to take it out again */
    CH_ADMISSION_PEOPLE,    /* a draft that goes to people, too */
    CH_ADMISSION_AUTOMATIC, /* a draft by a program */
    CH_ADMISSION_TOO_MANY,  /* drafts in an hour */
    CH_ADMISSION_NO_POST,   /* a letter about a post that is not the author's */
    CH_ADMISSION_NO_WORDS,  /* a letter that says nothing */
    CH_ADMISSION_ENOUGH     /* letters about one post */
} ch_admission;

/* author: ch_config_dup_author's, or NULL.  Pure. */
ch_admission ch_admission_of(const ch_house *house, const ch_recipient *r,
                             const char *author);
/* The first recipient's that is not admitted. */
ch_admission ch_admission_of_all(const ch_house *house, const ch_envelope *e,
                                 const char *author);
/* Whether any address is looked at: the MTA must then wait for an answer. */
gboolean ch_admission_is_needed(const ch_house *house);

/* "unknown", "author" ... for the log; static. */
const char *ch_admission_name(ch_admission admission);
/* 550 5.7.1.  Owned. */
ch_reply *ch_admission_reply(const ch_house *house, ch_admission admission);

/* Whether drafts are sent to that address.  Pure. */
gboolean ch_admission_is_check(const ch_house *house, const char *address);

#endif
