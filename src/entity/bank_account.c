/*
 * bank-account: account number, 45 CFR 164.514(b)(2)(i)(J).
 *
 * Four to seventeen digits (the field of an ACH entry, Nacha operating rules);
 * nothing checks them, so the word beside it is compulsory.
 */
#include "kinds.h"

static const char *const words[] = {"account number",
                                    "account no",
                                    "account #",
                                    "acct no",
                                    "acct #",
                                    "acct number",
                                    "a/c",
                                    "a/c no",
                                    "bank account",
                                    "checking account",
                                    "savings account",
                                    "cuenta bancaria",
                                    "numero de cuenta",
                                    "cuenta corriente",
                                    "num. de cuenta",
                                    "clabe",
                                    NULL};
static const char *const weak[] = {
    "account", "acct", "checking", "savings", "direct deposit", "cuenta", NULL};
static const ch_labels labels = {words, 32, 25, weak};

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    gsize n = ch_kind_count_digits(in, *span);
    return n >= 6 && n <= 18 && ch_labels_claim(&labels, in, *span);
}

const ch_entity_kind ch_entity_bank_account = {
    "bank-account",
    CH_LEFT "(?:[0-9]{6,18}(?:-[0-9]{1,4})?|[0-9]{3,5}(?:[ "
            "-][0-9]{3,6}){1,3})" CH_RIGHT,
    accept, NULL};
