/*
 * Accounts: aliases, and the secret addresses they stand for.
 *
 * The only file that reads a secret.  Refuses a file that others can read,
 * one that holds no address, and an address of another gateway than the
 * account says.  What is wrong is said by the file's name, never by what is
 * in it.
 */
#include "chaperone/accounts.h"

#include "chaperone/limits.h"
#include "chaperone/text.h"
#include "gateways_int.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct ch_accounts {
    GPtrArray *list; /* of ch_account */
};

static void
wipe(char *text)
{
    if (text != NULL) {
        explicit_bzero(text, strlen(text));
        g_free(text);
    }
}

static void
account_free(gpointer data)
{
    ch_account *a = data;
    ch_gateway_clear(&a->gateway);
    wipe(a->secret);
    wipe(a->needle);
    g_free(a->trouble);
    g_free(a);
}

/* --- the secret ------------------------------------------------------------
 */

char *
ch_account_dup_file(const ch_account_config *set)
{
    const char *directory = g_getenv("CREDENTIALS_DIRECTORY");
    if (set->secret_file != NULL) {
        return g_strdup(set->secret_file);
    }
    return directory == NULL
               ? NULL
               : g_build_filename(directory, set->credential, NULL);
}

/* Modes of credentials are the service manager's business (systemd.exec(5)
 * guards their directory). */
static const char *
find_fault(int fd, gboolean is_credential)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return g_strerror(errno);
    }
    if (!S_ISREG(st.st_mode)) {
        return "it is no regular file";
    }
    if (!is_credential && (st.st_mode & 077) != 0) {
        return "others may read it: chmod 0600";
    }
    return NULL;
}

/* Without blanks around it.  NULL: errno says why.  Owned. */
static char *
read_whole(int fd)
{
    char bytes[CH_MAX_SECRET + 1];
    gsize length = 0;
    ssize_t n;
    while ((n = read(fd, bytes + length, sizeof bytes - 1 - length)) > 0) {
        length += (gsize)n;
    }
    char *text = n < 0 ? NULL : g_strndup(bytes, length);
    explicit_bzero(bytes, sizeof bytes);
    return text == NULL ? NULL : g_strstrip(text);
}

static void
take_secret(ch_account *a, const char *file, const ch_gateways *gateways,
            char *text)
{
    const ch_gateway *g = ch_gateways_match(gateways, text);
    if (!ch_envelope_is_plain(text, text)) {
        a->trouble = g_strdup_printf("%s: holds no mail address", file);
    } else if (g != NULL && strcmp(g->name, a->set->gateway) != 0) {
        a->trouble = g_strdup_printf("%s: the address is one of %s, not of %s",
                                     file, g->name, a->set->gateway);
    } else {
        a->secret = g_strdup(text);
        a->needle = ch_text_dup_folded(text);
    }
}

static void
read_secret(ch_account *a, const ch_gateways *gateways)
{
    g_autofree char *file = ch_account_dup_file(a->set);
    if (file == NULL) {
        a->trouble = g_strdup_printf(
            "credential %s: the service manager gave none", a->set->credential);
        return;
    }
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    a->denied = fd < 0 && errno == EACCES;
    const char *fault = fd < 0 ? g_strerror(errno)
                               : find_fault(fd, a->set->secret_file == NULL);
    char *text = fault == NULL ? read_whole(fd) : NULL;
    if (text != NULL) {
        take_secret(a, file, gateways, text);
    } else {
        a->trouble = g_strdup_printf("%s: %s", file,
                                     fault != NULL ? fault : g_strerror(errno));
    }
    wipe(text);
    if (fd >= 0) {
        close(fd);
    }
}

/* --- the list --------------------------------------------------------------
 */

static void
add(ch_accounts *accounts, const ch_account_config *set,
    const ch_gateways *gateways)
{
    const ch_gateway *kind = ch_gateways_find(gateways, set->gateway);
    ch_account *a = g_new0(ch_account, 1);
    a->set = set;
    a->gateway.name = g_strdup(kind->name);
    a->gateway.title = g_strdup(kind->title);
    ch_gateway_take_facts(&a->gateway, kind);
    if (set->timezone != NULL) {
        g_clear_pointer(&a->gateway.zone, g_time_zone_unref);
        a->gateway.zone = g_time_zone_new_identifier(set->timezone);
    }
    read_secret(a, gateways);
    g_ptr_array_add(accounts->list, a);
}

ch_accounts *
ch_accounts_new(const ch_config *config, const ch_gateways *gateways,
                ch_diag *diag)
{
    guint before = ch_diag_count(diag);
    ch_accounts *accounts = g_new0(ch_accounts, 1);
    accounts->list = g_ptr_array_new_with_free_func(account_free);
    for (guint i = 0; i < config->accounts->len; i++) {
        const ch_account_config *set = config->accounts->pdata[i];
        if (ch_gateways_find(gateways, set->gateway) == NULL) {
            ch_diag_add(diag, config->file, set->line, set->column,
                        "no gateway is called \"%s\"", set->gateway);
        } else if (ch_gateways_match(gateways, set->alias) != NULL) {
            ch_diag_add(diag, config->file, set->line, set->column,
                        "alias %s is a gateway's address itself", set->alias);
        } else {
            add(accounts, set, gateways);
        }
    }
    if (ch_diag_count(diag) > before) {
        g_clear_pointer(&accounts, ch_accounts_free);
    }
    return accounts;
}

void
ch_accounts_free(ch_accounts *accounts)
{
    if (accounts != NULL) {
        g_ptr_array_unref(accounts->list);
        g_free(accounts);
    }
}

static gboolean
is_same_source(const ch_account_config *a, const ch_account_config *b)
{
    return g_strcmp0(a->secret_file, b->secret_file) == 0 &&
           g_strcmp0(a->credential, b->credential) == 0 &&
           strcmp(a->gateway, b->gateway) == 0;
}

void
ch_accounts_keep(ch_accounts *accounts, const ch_accounts *old)
{
    for (guint i = 0; i < accounts->list->len; i++) {
        ch_account *a = accounts->list->pdata[i];
        const ch_account *before =
            a->denied ? ch_accounts_find(old, a->set->alias) : NULL;
        if (before != NULL && is_same_source(a->set, before->set)) {
            a->secret = g_strdup(before->secret);
            a->needle = g_strdup(before->needle);
        }
    }
}

gboolean
ch_accounts_are_complete(const ch_accounts *accounts, ch_diag *diag)
{
    gboolean complete = TRUE;
    for (guint i = 0; i < accounts->list->len; i++) {
        const ch_account *a = accounts->list->pdata[i];
        if (a->secret == NULL) {
            complete = FALSE;
            ch_diag_add(diag, "gateways.accounts", 0, 0, "%s: %s",
                        a->set->alias, a->trouble);
        }
    }
    return complete;
}

guint
ch_accounts_count(const ch_accounts *accounts)
{
    return accounts->list->len;
}

const ch_account *
ch_accounts_nth(const ch_accounts *accounts, guint index)
{
    return accounts->list->pdata[index];
}

/* RFC 5321 2.3.5, 4.1.2: domains have no case, a dot may end them, and
 * "local"@domain is local@domain.  Local parts have case by the letter of
 * 2.4; no gateway and no alias minds it.  Owned. */
static char *
dup_comparable(const char *address)
{
    g_autofree char *lower = g_ascii_strdown(address, -1);
    char *at = strrchr(lower, '@');
    gsize length = strlen(lower);
    if (length > 0 && lower[length - 1] == '.') {
        lower[length - 1] = '\0';
    }
    if (at == NULL || lower[0] != '"' || at - lower < 2 || at[-1] != '"') {
        return g_steal_pointer(&lower);
    }
    GString *plain = g_string_new(NULL);
    for (const char *p = lower + 1; p < at - 1; p++) {
        p += *p == '\\' && p + 1 < at - 1 ? 1 : 0;
        g_string_append_c(plain, *p);
    }
    g_string_append(plain, at);
    return g_string_free(plain, FALSE);
}

const ch_account *
ch_accounts_find(const ch_accounts *accounts, const char *address)
{
    g_autofree char *wanted = dup_comparable(address);
    for (guint i = 0; i < accounts->list->len; i++) {
        const ch_account *a = accounts->list->pdata[i];
        if (strcmp(a->set->alias, wanted) == 0) {
            return a;
        }
    }
    return NULL;
}

const ch_account *
ch_accounts_of_secret(const ch_accounts *accounts, const char *address)
{
    g_autofree char *wanted = dup_comparable(address);
    for (guint i = 0; i < accounts->list->len; i++) {
        const ch_account *a = accounts->list->pdata[i];
        if (a->secret != NULL && g_ascii_strcasecmp(a->secret, wanted) == 0) {
            return a;
        }
    }
    return NULL;
}

gboolean
ch_account_allows(const ch_account *account, const char *author)
{
    return author != NULL &&
           (account->set->authors[0] == NULL ||
            g_strv_contains((const char *const *)account->set->authors,
                            author));
}
