/*
 * The doctor's look at accounts: who can read their secrets, and whether an
 * alias bounces where the milter is not attached.
 *
 * Names files and aliases, never what is in the files.
 */
#include "doctor.h"

#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

/* What is wrong with the file, or NULL. */
static const char *
find_fault(const ch_account *a, const char *file, const ch_config *config)
{
    struct stat st;
    const struct passwd *user = getpwnam(config->milter_user);
    if (a->secret == NULL) {
        return a->trouble;
    }
    if (a->set->secret_file == NULL || stat(file, &st) != 0) {
        return NULL;
    }
    return user != NULL && st.st_uid != user->pw_uid
               ? "it is not milter.user's: a reload cannot read it again"
               : NULL;
}

static void
check_file(doctor *d, const ch_account *a, const ch_config *config)
{
    g_autofree char *file = ch_account_dup_file(a->set);
    g_autofree char *what = g_strdup_printf("account %s", a->set->alias);
    if (file == NULL) {
        doctor_say(d, DOCTOR_GOOD, what, "a credential of the service", "");
        return;
    }
    const char *fault = find_fault(a, file, config);
    g_autofree char *mend = g_strdup_printf(
        "chown %s %s && chmod 0600 %s; in it the gateway's address alone",
        config->milter_user, file, file);
    doctor_say(d,
               fault == NULL       ? DOCTOR_GOOD
               : a->secret == NULL ? DOCTOR_BAD
                                   : DOCTOR_WARN,
               what, fault != NULL ? fault : file, mend);
}

/* The answer of a table of main.cf, or NULL.  Owned. */
static char *
dup_lookup(const doctor *d, const char *parameter, const char *key)
{
    g_autofree char *tables = doctor_postconf(d, "-hx", parameter);
    g_auto(GStrv) names = g_strsplit_set(tables ? tables : "", ", \t", 0);
    for (guint i = 0; names[i] != NULL; i++) {
        char *found = names[i][0] == '\0' || strchr(names[i], ':') == NULL
                          ? NULL
                          : doctor_postmap(d, key, names[i]);
        if (found != NULL && found[0] != '\0') {
            return found;
        }
        g_free(found);
    }
    return NULL;
}

static void
check_transport(doctor *d, const char *domain)
{
    g_autofree char *to = dup_lookup(d, "transport_maps", domain);
    g_autofree char *at = g_strconcat("@", domain, NULL);
    g_autofree char *same = dup_lookup(d, "virtual_alias_maps", at);
    g_autofree char *what = g_strdup_printf("transport of %s", domain);
    g_autofree char *mend = g_strdup_printf(
        "transport_maps: %s error:5.3.5 the filter is not attached, and "
        "virtual_alias_maps: @%s @%s (README, Accounts)",
        domain, domain, domain);
    gboolean bounces = to != NULL && g_str_has_prefix(to, "error:");
    gboolean listed = g_strcmp0(same, at) == 0;
    doctor_say(d, bounces && listed ? DOCTOR_GOOD : DOCTOR_WARN, what,
               !bounces  ? "without the milter an alias would go its way"
               : !listed ? "Postfix refuses the aliases before the milter can "
                           "replace them"
                         : "bounces without the milter",
               mend);
}

void
doctor_check_accounts(doctor *d, const ch_house *house)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autofree char *version = doctor_postconf(d, "-h", "mail_version");
    for (guint i = 0; i < ch_accounts_count(house->accounts); i++) {
        const ch_account *a = ch_accounts_nth(house->accounts, i);
        char *domain = strchr(a->set->alias, '@') + 1;
        check_file(d, a, house->config);
        if (version != NULL && g_hash_table_add(seen, domain)) {
            check_transport(d, domain);
        }
    }
}
