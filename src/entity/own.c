/*
 * The practice's own values in a form in which spellings compare equal.
 *
 * Numbers are compared by their digits, hosts by their labels, addresses and
 * names word by word after common short forms have become one ("Street" and
 * "St.", "Suite" and "#").  It decides nothing about other people's values.
 */
#include "entity/own.h"

#include "chaperone/text.h"
#include "entity/kinds.h"

struct ch_own {
    GStrv phones;    /* digits, without the leading 1 of NANP */
    GStrv npi, ein;  /* digits */
    GStrv domains;   /* lower case */
    GStrv addresses; /* normalised words, one space between and around */
    GStrv people;    /* the same, staff and names of the house */
};

typedef struct {
    const char *from, *to; /* to "": the word does not count */
} same_word;

/* USPS Publication 28, appendix B and C (suffixes, directionals, units). */
static const same_word address_words[] = {
    {"alley", "aly"},
    {"apartado", "box"},
    {"apartment", "ste"},
    {"apdo", "box"},
    {"apt", "ste"},
    {"av", "ave"},
    {"avda", "ave"},
    {"avenida", "ave"},
    {"avenue", "ave"},
    {"boulevard", "blvd"},
    {"building", "ste"},
    {"bldg", "ste"},
    {"c", "calle"},
    {"circle", "cir"},
    {"correos", ""},
    {"court", "ct"},
    {"de", ""},
    {"del", ""},
    {"drive", "dr"},
    {"e", ""},
    {"east", ""},
    {"el", ""},
    {"este", ""},
    {"expressway", "expy"},
    {"floor", "ste"},
    {"fl", "ste"},
    {"highway", "hwy"},
    {"la", ""},
    {"lane", "ln"},
    {"las", ""},
    {"local", "ste"},
    {"los", ""},
    {"n", ""},
    {"ne", ""},
    {"no", ""},
    {"north", ""},
    {"northeast", ""},
    {"northwest", ""},
    {"norte", ""},
    {"num", ""},
    {"numero", ""},
    {"nw", ""},
    {"o", ""},
    {"oeste", ""},
    {"office", "ste"},
    {"p", ""},
    {"parkway", "pkwy"},
    {"place", "pl"},
    {"plaza", "plz"},
    {"po", ""},
    {"postal", ""},
    {"post", ""},
    {"rm", "ste"},
    {"road", "rd"},
    {"room", "ste"},
    {"route", "rte"},
    {"s", ""},
    {"se", ""},
    {"south", ""},
    {"southeast", ""},
    {"southwest", ""},
    {"square", "sq"},
    {"street", "st"},
    {"suite", "ste"},
    {"sur", ""},
    {"sw", ""},
    {"terrace", "ter"},
    {"trail", "trl"},
    {"unit", "ste"},
    {"w", ""},
    {"west", ""},
};

static const same_word person_words[] = {
    {"arnp", ""},
    {"cnm", ""},
    {"dds", ""},
    {"dmd", ""},
    {"do", ""},
    {"doctor", ""},
    {"doctora", ""},
    {"don", ""},
    {"dona", ""},
    {"do\303\261a", ""},
    {"dr", ""},
    {"dra", ""},
    {"dvm", ""},
    {"fnp", ""},
    {"md", ""},
    {"miss", ""},
    {"mr", ""},
    {"mrs", ""},
    {"ms", ""},
    {"mx", ""},
    {"np", ""},
    {"nurse", ""},
    {"pa", ""},
    {"phd", ""},
    {"prof", ""},
    {"rdh", ""},
    {"rn", ""},
    {"se\303\261or", ""},
    {"se\303\261ora", ""},
    {"sr", ""},
    {"sra", ""},
    {"srta", ""},
};

static const char *
one_spelling(const char *word, const same_word *table, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        if (strcmp(word, table[i].from) == 0) {
            return table[i].to;
        }
    }
    return word;
}

/* " 2250 high st ste 4 ": words of one spelling.  Owned. */
static char *
dup_words(const char *value, gsize length, const same_word *table, gsize n)
{
    GString *words = g_string_new(" ");
    g_autoptr(GString) word = g_string_new(NULL);
    for (gsize i = 0; i <= length; i++) {
        if (i < length && value[i] == '\'') {
            continue;
        }
        if (i < length && value[i] == '#') {
            g_string_append(
                words, g_str_has_suffix(words->str, " ste ") ? "" : "ste ");
        } else if (i < length && ch_kind_is_word(value[i])) {
            g_string_append_c(word, value[i]);
            continue;
        }
        const char *same = one_spelling(word->str, table, n);
        g_string_append_printf(words, "%s%s", same, *same != '\0' ? " " : "");
        g_string_truncate(word, 0);
    }
    return g_string_free(words, FALSE);
}

static char *
dup_address(const char *value, gsize length)
{
    return dup_words(value, length, address_words, G_N_ELEMENTS(address_words));
}

static char *
dup_person(const char *value, gsize length)
{
    return dup_words(value, length, person_words, G_N_ELEMENTS(person_words));
}

/* Digits of a telephone number without country code 1 and extension. */
static gsize
national_digits(const char *value, gsize length, char *out, gsize size)
{
    const char *extension = g_strstr_len(value, (gssize)length, "x");
    if (extension != NULL) {
        length = (gsize)(extension - value);
    }
    gsize n = ch_kind_digits(value, length, out, size);
    if (n == 11 && out[0] == '1') {
        memmove(out, out + 1, n--);
    }
    return n;
}

static GStrv
dup_digits(const char *const *values)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (guint i = 0; values[i] != NULL; i++) {
        char digits[32];
        g_autofree char *lower = g_ascii_strdown(values[i], -1);
        if (national_digits(lower, strlen(lower), digits, sizeof digits) > 0) {
            g_strv_builder_add(builder, digits);
        }
    }
    return g_strv_builder_end(builder);
}

static void
add_folded(GStrvBuilder *builder, char *const *values,
           char *(*dup)(const char *, gsize))
{
    for (guint i = 0; values[i] != NULL; i++) {
        g_autofree char *folded = ch_text_dup_folded(values[i]);
        g_autofree char *words =
            dup == NULL ? g_strdup(folded) : dup(folded, strlen(folded));
        g_strv_builder_add(builder, words);
    }
}

ch_own *
ch_own_new(const ch_config *config)
{
    ch_own *own = g_new0(ch_own, 1);
    g_autoptr(GStrvBuilder) domains = g_strv_builder_new();
    g_autoptr(GStrvBuilder) addresses = g_strv_builder_new();
    g_autoptr(GStrvBuilder) people = g_strv_builder_new();
    own->phones = dup_digits((const char *const *)config->practice_phones);
    own->npi = dup_digits((const char *const *)config->practice_npi);
    own->ein = dup_digits((const char *const *)config->practice_ein);
    add_folded(domains, config->practice_domains, NULL);
    add_folded(addresses, config->practice_addresses, dup_address);
    add_folded(people, config->practice_staff, dup_person);
    add_folded(people, config->practice_names, dup_person);
    own->domains = g_strv_builder_end(domains);
    own->addresses = g_strv_builder_end(addresses);
    own->people = g_strv_builder_end(people);
    return own;
}

void
ch_own_free(ch_own *own)
{
    if (own != NULL) {
        g_strfreev(own->phones);
        g_strfreev(own->npi);
        g_strfreev(own->ein);
        g_strfreev(own->domains);
        g_strfreev(own->addresses);
        g_strfreev(own->people);
        g_free(own);
    }
}

static gboolean
has_digits(const GStrv list, const char *value, gsize length)
{
    char digits[32];
    ch_kind_digits(value, length, digits, sizeof digits);
    return g_strv_contains((const char *const *)list, digits);
}

gboolean
ch_own_has_npi(const ch_own *own, const char *value, gsize length)
{
    return has_digits(own->npi, value, length);
}

gboolean
ch_own_has_ein(const ch_own *own, const char *value, gsize length)
{
    return has_digits(own->ein, value, length);
}

/* The tail counts, too: 555-0100 without its area, or with a country code
 * that the configuration leaves out. */
gboolean
ch_own_has_phone(const ch_own *own, const char *value, gsize length)
{
    char digits[32];
    gsize n = national_digits(value, length, digits, sizeof digits);
    for (guint i = 0; own->phones[i] != NULL && n >= 7; i++) {
        if (g_str_has_suffix(digits, own->phones[i]) ||
            g_str_has_suffix(own->phones[i], digits)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
has_host(const ch_own *own, const char *host)
{
    for (guint i = 0; own->domains[i] != NULL; i++) {
        const char *d = own->domains[i];
        gsize have = strlen(host), want = strlen(d);
        if (g_str_has_suffix(host, d) &&
            (have == want || host[have - want - 1] == '.')) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Behind "@", "(at)" or " at "; " dot " is a full stop. */
gboolean
ch_own_has_email(const ch_own *own, const char *value, gsize length)
{
    g_autoptr(GString) host = g_string_new_len(value, (gssize)length);
    static const same_word signs[] = {
        {"(at)", "@"},  {"[at]", "@"},  {" at ", "@"}, {"(dot)", "."},
        {"[dot]", "."}, {" dot ", "."}, {" ", ""}};
    for (guint i = 0; i < G_N_ELEMENTS(signs); i++) {
        g_string_replace(host, signs[i].from, signs[i].to, 0);
    }
    const char *at = strrchr(host->str, '@');
    return at != NULL && has_host(own, at + 1);
}

gboolean
ch_own_has_url(const ch_own *own, const char *value, gsize length)
{
    g_autofree char *copy = g_strndup(value, length);
    char *host = strstr(copy, "://");
    host = host == NULL ? copy : host + 3;
    host[strcspn(host, "/?#")] = '\0';
    char *user = strrchr(host, '@');
    host = user == NULL ? host : user + 1;
    host[strcspn(host, ":")] = '\0';
    return has_host(own, host);
}

/* The word behind "ste", "" if there is none.  Borrowed from words. */
static gsize
unit_of(const char *words, const char **unit_out)
{
    const char *unit = strstr(words, " ste ");
    *unit_out = unit == NULL ? "" : unit + 5;
    return strcspn(*unit_out, " ");
}

/* Number, street and type are those of the practice; a unit, if both name
 * one, must be the same: a patient may live upstairs. */
gboolean
ch_own_has_address(const ch_own *own, const char *value, gsize length)
{
    g_autofree char *words = dup_address(value, length);
    const char *unit, *theirs;
    gsize unit_len = unit_of(words, &unit);
    const char *marker = strstr(words, " ste ");
    gsize core = marker == NULL ? strlen(words) : (gsize)(marker - words) + 1;
    for (guint i = 0; own->addresses[i] != NULL && core > 2; i++) {
        gsize len = unit_of(own->addresses[i], &theirs);
        if (strncmp(own->addresses[i], words, core) == 0 &&
            (unit_len == 0 || len == 0 ||
             (len == unit_len && strncmp(unit, theirs, len) == 0))) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
ch_own_has_zip(const ch_own *own, const char *value, gsize length)
{
    char digits[16];
    ch_kind_digits(value, length, digits, sizeof digits);
    digits[5] = '\0';
    g_autofree char *word = g_strdup_printf(" %s ", digits);
    for (guint i = 0; own->addresses[i] != NULL; i++) {
        if (strstr(own->addresses[i], word) != NULL) {
            return TRUE;
        }
    }
    return FALSE;
}

/* All words of the value stand in one name of ours, as they are or as an
 * initial, and the last is no mere initial or first name. */
static gboolean
is_one_of_us(const char *ours, const GStrv words, guint n)
{
    g_autofree char *last = g_strdup_printf(" %s ", words[n - 1]);
    const char *at = strstr(ours, last);
    if (at == NULL || at == ours || strlen(words[n - 1]) < 2) {
        return at == ours && strcmp(ours, last) == 0;
    }
    for (guint i = 0; i + 1 < n; i++) {
        g_autofree char *start =
            g_strdup_printf(strlen(words[i]) == 1 ? " %s" : " %s ", words[i]);
        if (strstr(ours, start) == NULL) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
ch_own_has_person(const ch_own *own, const char *value, gsize length)
{
    g_autofree char *name = dup_person(value, length);
    g_auto(GStrv) words = g_strsplit(g_strstrip(name), " ", 0);
    guint n = g_strv_length(words);
    for (guint i = 0; own->people[i] != NULL && n > 0; i++) {
        if (is_one_of_us(own->people[i], words, n)) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
ch_own_has_handle(const ch_own *own, const char *value, gsize length)
{
    char handle[64], theirs[64];
    gsize n = ch_kind_alnums(value, length, handle, sizeof handle);
    for (guint i = 0; own->people[i] != NULL && n >= 5; i++) {
        const char *p = own->people[i];
        ch_kind_alnums(p, strlen(p), theirs, sizeof theirs);
        if (g_str_has_prefix(theirs, handle) ||
            (strlen(theirs) >= 5 && g_str_has_prefix(handle, theirs))) {
            return TRUE;
        }
    }
    for (guint i = 0; own->domains[i] != NULL && n >= 5; i++) {
        gsize label = strcspn(own->domains[i], ".");
        ch_kind_alnums(own->domains[i], label, theirs, sizeof theirs);
        if (strcmp(theirs, handle) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}
