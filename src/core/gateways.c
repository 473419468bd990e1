/*
 * Gateways: which recipients are email-to-social services.
 *
 * Reads conf/gateways.yaml and the admin's own files into one table and
 * matches addresses against it, before anything of a mail is read.  A local
 * part is the author's password: it never leaves this file, not in errors
 * either.  Refuses unknown keys, names given twice and patterns that do not
 * compile.
 */
#include "gateways_int.h"

#include <string.h>

/* Local parts at a domain that people share. */
typedef struct {
    char *domain;
    GRegex *local;
    gboolean literal; /* names written out: a role among them is meant */
} shape;

typedef struct {
    ch_gateway gateway; /* first: what callers see */
    GStrv domains;      /* lower case */
    GPtrArray *shapes;  /* of shape */
    GStrv except;       /* lower case */
} entry;

struct ch_gateways {
    GPtrArray *entries; /* of entry */
    GPtrArray *kinds;   /* of entry without places: what others are like */
};

static void
shape_free(shape *s)
{
    g_free(s->domain);
    g_clear_pointer(&s->local, g_regex_unref);
    g_free(s);
}

static void
entry_free(entry *e)
{
    ch_gateway_clear(&e->gateway);
    g_strfreev(e->domains);
    g_strfreev(e->except);
    g_ptr_array_unref(e->shapes);
    g_free(e);
}

static ch_gateways *
gateways_new(void)
{
    ch_gateways *gateways = g_new0(ch_gateways, 1);
    gateways->entries =
        g_ptr_array_new_with_free_func((GDestroyNotify)entry_free);
    gateways->kinds =
        g_ptr_array_new_with_free_func((GDestroyNotify)entry_free);
    return gateways;
}

void
ch_gateways_free(ch_gateways *gateways)
{
    if (gateways != NULL) {
        g_ptr_array_unref(gateways->entries);
        g_ptr_array_unref(gateways->kinds);
        g_free(gateways);
    }
}

/* --- reading the file ------------------------------------------------------
 */

static void
lower_all(GStrv list)
{
    for (gsize i = 0; list != NULL && list[i] != NULL; i++) {
        char *lower = g_ascii_strdown(list[i], -1);
        g_free(list[i]);
        list[i] = lower;
    }
}

static gboolean
is_domain(const char *name)
{
    gsize len = strlen(name);
    return len > 0 && name[0] != '.' && name[len - 1] != '.' &&
           strchr(name, '.') != NULL &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == len;
}

static void
read_shape(entry *e, const ch_yaml_node *node, ch_diag *diag)
{
    static const char *const keys[] = {"domain", "local", NULL};
    if (!ch_yaml_check_map(node, keys, diag)) {
        return;
    }
    const ch_yaml_node *domain = ch_yaml_get(node, "domain");
    const ch_yaml_node *local = ch_yaml_get(node, "local");
    if (domain == NULL || local == NULL) {
        ch_yaml_error(node, diag, "match needs domain and local");
        return;
    }
    const char *name = ch_yaml_string(domain, "domain", diag);
    const char *pattern = ch_yaml_string(local, "local", diag);
    if (name == NULL || pattern == NULL) {
        return;
    }
    g_autofree char *whole = g_strdup_printf("^(?:%s)\\z", pattern);
    g_autoptr(GError) error = NULL;
    shape *s = g_new0(shape, 1);
    s->domain = g_ascii_strdown(name, -1);
    s->literal = pattern[strcspn(pattern, "\\^$.[]()*+?{}")] == '\0';
    s->local =
        g_regex_new(whole, G_REGEX_CASELESS | G_REGEX_OPTIMIZE, 0, &error);
    g_ptr_array_add(e->shapes, s);
    if (!is_domain(s->domain)) {
        ch_yaml_error(domain, diag, "domain is a full domain name");
    }
    if (s->local == NULL) {
        ch_yaml_error(local, diag, "local is a regular expression: %s",
                      error->message);
    } else if (g_regex_match(s->local, "", 0, NULL)) {
        ch_yaml_error(local, diag, "local must not match nothing");
    }
}

static void
read_places(entry *e, const ch_yaml_node *node, ch_diag *diag)
{
    const ch_yaml_node *domains = ch_yaml_get(node, "domains");
    const ch_yaml_node *match = ch_yaml_get(node, "match");
    const ch_yaml_node *except = ch_yaml_get(node, "except");
    if (domains != NULL) {
        e->domains = ch_yaml_strings(domains, "domains", diag);
        lower_all(e->domains);
    }
    for (gsize i = 0; e->domains != NULL && e->domains[i] != NULL; i++) {
        if (!is_domain(e->domains[i])) {
            ch_yaml_error(domains, diag, "domains are full domain names");
        }
    }
    if (except != NULL) {
        e->except = ch_yaml_strings(except, "except", diag);
        lower_all(e->except);
    }
    if (match != NULL && match->kind != CH_YAML_LIST) {
        ch_yaml_error(match, diag, "match is a list of {domain, local}");
    } else if (match != NULL) {
        for (guint i = 0; i < match->children->len; i++) {
            read_shape(e, g_ptr_array_index(match->children, i), diag);
        }
    }
    if ((e->domains == NULL || e->domains[0] == NULL) && e->shapes->len == 0) {
        ch_yaml_error(node, diag, "a gateway needs domains or match");
    }
}

static gboolean
is_name(const char *name)
{
    gsize len = strlen(name);
    return len > 0 && len <= 64 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static const ch_gateway *
find_in(const GPtrArray *entries, const char *name)
{
    for (guint i = 0; i < entries->len; i++) {
        const entry *e = g_ptr_array_index(entries, i);
        if (strcmp(e->gateway.name, name) == 0) {
            return &e->gateway;
        }
    }
    return NULL;
}

static void
read_names(const GPtrArray *known, entry *e, const ch_yaml_node *node,
           ch_diag *diag)
{
    const ch_yaml_node *name = ch_yaml_get(node, "name");
    const ch_yaml_node *title = ch_yaml_get(node, "title");
    const char *text = name != NULL ? ch_yaml_string(name, "name", diag) : NULL;
    e->gateway.name = g_strdup(text != NULL ? text : "");
    if (text == NULL) {
        ch_yaml_error(node, diag, "a gateway needs a name");
    } else if (!is_name(text)) {
        ch_yaml_error(name, diag, "name is made of a-z, 0-9 and -");
    } else if (find_in(known, text) != NULL) {
        ch_yaml_error(name, diag, "gateway \"%s\" is defined already", text);
    }
    text = title != NULL ? ch_yaml_string(title, "title", diag) : NULL;
    e->gateway.title = g_strdup(text != NULL ? text : e->gateway.name);
}

/* "2026-11-20" and where the facts come from: a table nobody looks after
 * goes stale without a sound. */
static void
check_care(const ch_yaml_node *node, ch_diag *diag)
{
    const ch_yaml_node *verified = ch_yaml_get(node, "verified");
    const ch_yaml_node *source = ch_yaml_get(node, "source");
    const char *text =
        verified != NULL ? ch_yaml_string(verified, "verified", diag) : NULL;
    GDate date;
    g_date_clear(&date, 1);
    if (text != NULL) {
        g_date_set_parse(&date, text);
        if (!g_date_valid(&date) || strlen(text) != 10) {
            ch_yaml_error(verified, diag, "verified is a day, YYYY-MM-DD");
        }
    }
    if (source == NULL) {
        ch_yaml_error(node, diag, "a gateway needs a source");
    } else {
        ch_yaml_string(source, "source", diag);
    }
}

/* What the entry is like, before its own facts. */
static void
read_like(const ch_gateways *gateways, entry *e, const ch_yaml_node *node,
          ch_diag *diag)
{
    const ch_yaml_node *like = ch_yaml_get(node, "like");
    const char *name = like == NULL ? NULL : ch_yaml_string(like, "like", diag);
    const ch_gateway *kind =
        name == NULL ? NULL : find_in(gateways->kinds, name);
    if (kind != NULL) {
        ch_gateway_take_facts(&e->gateway, kind);
    } else if (name != NULL) {
        ch_yaml_error(like, diag, "no kind of gateway is called \"%s\"", name);
    }
}

static void
read_gateway(ch_gateways *gateways, const ch_yaml_node *node, gboolean is_kind,
             ch_diag *diag)
{
    GPtrArray *list = is_kind ? gateways->kinds : gateways->entries;
    if (!ch_yaml_check_map(node, ch_gateway_keys, diag)) {
        return;
    }
    entry *e = g_new0(entry, 1);
    e->shapes = g_ptr_array_new_with_free_func((GDestroyNotify)shape_free);
    e->gateway.secret = TRUE;
    read_names(list, e, node, diag);
    if (!is_kind) {
        read_places(e, node, diag);
    } else if (ch_yaml_get(node, "domains") != NULL ||
               ch_yaml_get(node, "match") != NULL) {
        ch_yaml_error(node, diag, "a kind has no domains and no match");
    }
    read_like(gateways, e, node, diag);
    ch_gateway_read_facts(&e->gateway, node, diag);
    check_care(node, diag);
    g_ptr_array_add(list, e);
}

static void
read_list(ch_gateways *gateways, const ch_yaml_node *root, const char *key,
          ch_diag *diag)
{
    const ch_yaml_node *list = ch_yaml_get(root, key);
    if (list == NULL) {
        return;
    }
    if (list->kind != CH_YAML_LIST) {
        ch_yaml_error(list, diag, "%s is a list", key);
        return;
    }
    for (guint i = 0; i < list->children->len; i++) {
        read_gateway(gateways, g_ptr_array_index(list->children, i),
                     strcmp(key, "kinds") == 0, diag);
    }
}

/* Takes yaml. */
static void
read_file(ch_gateways *gateways, ch_yaml *yaml, ch_diag *diag)
{
    static const char *const keys[] = {"gateways", "kinds", NULL};
    g_autoptr(ch_yaml) owned = yaml;
    if (yaml == NULL || !ch_yaml_check_map(ch_yaml_root(yaml), keys, diag)) {
        return;
    }
    read_list(gateways, ch_yaml_root(yaml), "kinds", diag);
    read_list(gateways, ch_yaml_root(yaml), "gateways", diag);
}

static ch_gateways *
finish(ch_gateways *gateways, const ch_diag *diag, guint before)
{
    if (ch_diag_count(diag) > before) {
        ch_gateways_free(gateways);
        return NULL;
    }
    return gateways;
}

ch_gateways *
ch_gateways_load(const char *const *files, ch_diag *diag)
{
    guint before = ch_diag_count(diag);
    ch_gateways *gateways = gateways_new();
    for (gsize i = 0; files[i] != NULL; i++) {
        read_file(gateways, ch_yaml_load(files[i], diag), diag);
    }
    return finish(gateways, diag, before);
}

ch_gateways *
ch_gateways_parse(const char *file, const char *data, gsize length,
                  ch_diag *diag)
{
    guint before = ch_diag_count(diag);
    ch_gateways *gateways = gateways_new();
    read_file(gateways, ch_yaml_parse(file, data, length, diag), diag);
    return finish(gateways, diag, before);
}

/* --- matching ----------------------------------------------------------------
 */

/* Local parts that are people or machines at any shared domain (RFC 2142 and
 * common use). */
static const char *const roles[] = {"abuse",
                                    "accounts",
                                    "admin",
                                    "administrator",
                                    "billing",
                                    "careers",
                                    "contact",
                                    "copyright",
                                    "dmca",
                                    "feedback",
                                    "hello",
                                    "help",
                                    "hostmaster",
                                    "hr",
                                    "info",
                                    "jobs",
                                    "legal",
                                    "mail",
                                    "mailer-daemon",
                                    "marketing",
                                    "media",
                                    "news",
                                    "newsletter",
                                    "no-reply",
                                    "noc",
                                    "noreply",
                                    "office",
                                    "postmaster",
                                    "pr",
                                    "press",
                                    "privacy",
                                    "root",
                                    "sales",
                                    "security",
                                    "service",
                                    "spam",
                                    "staff",
                                    "support",
                                    "team",
                                    "webmaster",
                                    "donotreply",
                                    "do-not-reply",
                                    NULL};
static const char *const mail_roles[] = {"abuse", "postmaster", NULL};

/* RFC 5321 4.1.2: "local"@domain and local@domain are one mailbox. */
static char *
dup_unquoted(const char *local, gsize len)
{
    if (len < 2 || local[0] != '"' || local[len - 1] != '"') {
        return g_ascii_strdown(local, (gssize)len);
    }
    g_autoptr(GString) plain = g_string_new(NULL);
    for (gsize i = 1; i + 1 < len; i++) {
        i += local[i] == '\\' && i + 2 < len ? 1 : 0;
        g_string_append_c(plain, local[i]);
    }
    return g_ascii_strdown(plain->str, (gssize)plain->len);
}

static gboolean
entry_matches(const entry *e, const char *local, const char *domain)
{
    if (e->except != NULL &&
        g_strv_contains((const char *const *)e->except, local)) {
        return FALSE;
    }
    if (e->domains != NULL &&
        g_strv_contains((const char *const *)e->domains, domain)) {
        return !g_strv_contains(mail_roles, local);
    }
    for (guint i = 0; i < e->shapes->len; i++) {
        const shape *s = g_ptr_array_index(e->shapes, i);
        if (strcmp(s->domain, domain) == 0 &&
            (s->literal || !g_strv_contains(roles, local)) &&
            g_regex_match(s->local, local, 0, NULL)) {
            return TRUE;
        }
    }
    return FALSE;
}

const ch_gateway *
ch_gateways_match(const ch_gateways *gateways, const char *address)
{
    const char *at = strrchr(address, '@');
    if (at == NULL || at == address || !g_utf8_validate(address, -1, NULL)) {
        return NULL;
    }
    g_autofree char *local = dup_unquoted(address, (gsize)(at - address));
    g_autofree char *domain = g_ascii_strdown(at + 1, -1);
    gsize len = strlen(domain);
    if (len > 1 && domain[len - 1] == '.') {
        domain[len - 1] = '\0';
    }
    if (*local == '\0') {
        return NULL;
    }
    for (guint i = 0; i < gateways->entries->len; i++) {
        const entry *e = g_ptr_array_index(gateways->entries, i);
        if (entry_matches(e, local, domain)) {
            return &e->gateway;
        }
    }
    return NULL;
}

const ch_gateway *
ch_gateways_find(const ch_gateways *gateways, const char *name)
{
    return find_in(gateways->entries, name);
}
