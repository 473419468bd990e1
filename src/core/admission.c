/*
 * Admission of recipients: before anything of a mail is read.
 *
 * People and gateways that are no account pass here; what is sent to them is
 * for the verdict.  Replies name no address: an outsider learns nothing of
 * what an alias stands for.
 */
#include "chaperone/admission.h"

/* The MTA may have put it into lower case, but no more than that. */
static gboolean
is_plain(const ch_recipient *r)
{
    g_autofree char *bare = ch_envelope_dup_address(r->arg);
    return ch_envelope_is_plain(r->arg, bare) &&
           g_ascii_strcasecmp(bare, r->address) == 0;
}

ch_admission
ch_admission_of(const ch_house *house, const ch_recipient *r,
                const char *author)
{
    const ch_account *account = ch_accounts_find(house->accounts, r->address);
    gboolean check = ch_admission_is_check(house, r->address);
    if (account == NULL && !check) {
        const ch_account *owner =
            ch_accounts_of_secret(house->accounts, r->address);
        return owner != NULL && owner->gateway.secret ? CH_ADMISSION_DIRECT
                                                      : CH_ADMITTED;
    }
    if (author == NULL) {
        return CH_ADMISSION_UNKNOWN;
    }
    if (account != NULL && !ch_account_allows(account, author)) {
        return CH_ADMISSION_AUTHOR;
    }
    return is_plain(r) ? CH_ADMITTED : CH_ADMISSION_SPELLING;
}

ch_admission
ch_admission_of_all(const ch_house *house, const ch_envelope *e,
                    const char *author)
{
    ch_admission found = CH_ADMITTED;
    for (guint i = 0; i < e->recipients->len && found == CH_ADMITTED; i++) {
        found = ch_admission_of(house, e->recipients->pdata[i], author);
    }
    return found;
}

gboolean
ch_admission_is_needed(const ch_house *house)
{
    return ch_accounts_count(house->accounts) > 0 ||
           house->config->check_address[0] != '\0';
}

gboolean
ch_admission_is_check(const ch_house *house, const char *address)
{
    const char *wanted = house->config->check_address;
    return wanted[0] != '\0' && g_ascii_strcasecmp(wanted, address) == 0;
}

const char *
ch_admission_name(ch_admission admission)
{
    static const char *const names[] = {
        [CH_ADMITTED] = "admitted",
        [CH_ADMISSION_UNKNOWN] = "unknown",
        [CH_ADMISSION_AUTHOR] = "author",
        [CH_ADMISSION_DIRECT] = "direct",
        [CH_ADMISSION_SPELLING] = "spelling",
        [CH_ADMISSION_PEOPLE] = "people",
        [CH_ADMISSION_AUTOMATIC] = "automatic",
        [CH_ADMISSION_TOO_MANY] = "too-many",
        [CH_ADMISSION_NO_POST] = "no-post",
        [CH_ADMISSION_NO_WORDS] = "no-words",
        [CH_ADMISSION_ENOUGH] = "enough",
    };
    return names[admission];
}

static const char *
text_of(ch_admission admission)
{
    switch (admission) {
    case CH_ADMISSION_AUTHOR:
        return "Not posted: this login is not among the authors of that "
               "account; ask compliance to be added";
    case CH_ADMISSION_DIRECT:
        return "Not posted: this is the secret address of an account; write "
               "to the account's local address instead, and tell compliance, "
               "who must replace the secret one";
    case CH_ADMISSION_SPELLING:
        return "Not posted: write the address plainly, without quotes";
    case CH_ADMISSION_PEOPLE:
        return "Not checked and sent to nobody: a draft goes to the check "
               "address or to gateways alone, and this one has people among "
               "its recipients";
    case CH_ADMISSION_AUTOMATIC:
        return "Not checked: reports go to people, and a program sent this";
    case CH_ADMISSION_TOO_MANY:
        return "Not checked: too many drafts of yours within an hour; try "
               "again later";
    case CH_ADMISSION_NO_POST:
        return "Not taken: the ID in the subject is of no post of yours that "
               "is kept; to have a text checked, send it without an ID";
    case CH_ADMISSION_NO_WORDS:
        return "Not taken: nothing is written above what you quote";
    case CH_ADMISSION_ENOUGH:
        return "Not taken: the reviewers have many letters of yours about "
               "that post; please call them";
    case CH_ADMITTED:
    case CH_ADMISSION_UNKNOWN:
        break;
    }
    return "Not posted: only authors of the practice may write here, and "
           "nobody has logged in; send it with your practice login";
}

ch_reply *
ch_admission_reply(const ch_house *house, ch_admission admission)
{
    const char *contact = house->config->practice_contact;
    const char *const lines[] = {text_of(admission),
                                 contact[0] != '\0' ? contact : NULL, NULL};
    return ch_reply_new("550", "5.7.1", lines);
}
