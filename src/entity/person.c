/*
 * person: a name of a person, 45 CFR 164.514(b)(2)(i)(A).
 *
 * By evidence, never by one word alone: a title, a word such as "patient"
 * before it, a common given name with a surname, initials of a patient.  Names
 * are told from words by their capitals; where those are not known only titles
 * and known given names count.  Eponyms, saints, hospitals and historical
 * people are none; who is staff is for the configuration and the rules to say.
 */
#include "entity/names.h"
#include "kinds.h"

#include <stdlib.h>

#define WORD "[a-z\303\261](?:[a-z\303\261]|['-](?=[a-z\303\261])){1,24}"
#define REST                                                                   \
    "(?: (?:[a-z]\\.? )?(?:(?:de|del|la|los|van|von|der|san|bin|al|da|di|du|"  \
    "le|el|y|st\\.?) ){0,2}" WORD "){1,2}"
#define TITLES                                                                 \
    "(?:mr|mrs|ms|miss|mx|dr|dra|sr|sra|srta|don|do\303\261a|se\303\261or|"    \
    "se\303\261ora|se\303\261orita|prof|professor|doctor|doctora|nurse|sister" \
    "|father|pastor|officer|coach|judge|rabbi|senora)"
#define ROLES                                                                  \
    "(?:patient|pt|paciente|client|resident|baby|named|name is|name:|"         \
    "patient name:?|nombre:?|llamad[oa]|se llama|me llamo|call her|call him|"  \
    "i'm|abuelit[oa]|abuel[oa]|t[ii][oa]|aunt|uncle|grandma|grandpa|"          \
    "little|sweet|brave)"

/* Behind a name: it is of a place, a house or an illness. */
static const char *const houses[] = {
    "hospital", "medical",    "center",      "centre",     "clinic",
    "memorial", "school",     "foundation",  "university", "street",
    "avenue",   "road",       "award",       "institute",  "syndrome",
    "disease",  "library",    "park",        "elementary", "house",
    "college",  "fund",       "scholarship", "act",        "law",
    "building", "auditorium", "theater",     "hall",       "blvd",
    "ave",      "boulevard",  "prize",       NULL};
static const char *const saints[] = {
    "st.",  "st",    "saint",     "san",   "santa", "santo", "hurricane",
    "king", "queen", "president", "storm", "pope",  NULL};
/* Dead or invented for long: 45 CFR 160.103, protected health information
 * leaves out those dead for more than 50 years. */
static const char *const historical[] = {"florence nightingale",
                                         "edward jenner",
                                         "louis pasteur",
                                         "jonas salk",
                                         "marie curie",
                                         "elizabeth blackwell",
                                         "alexander fleming",
                                         "joseph lister",
                                         "clara barton",
                                         "frida kahlo",
                                         "cesar chavez",
                                         "martin luther",
                                         "martin luther king",
                                         "rosa parks",
                                         "abraham lincoln",
                                         "george washington",
                                         "benjamin franklin",
                                         "henrietta lacks",
                                         "john snow",
                                         "helen keller",
                                         "charles drew",
                                         "rosalind franklin",
                                         "harry potter",
                                         "james lind",
                                         "robert koch",
                                         "john doe",
                                         "jane doe",
                                         "juan perez",
                                         "walter reed",
                                         "albert sabin",
                                         "frederick banting",
                                         "charles best",
                                         "virginia apgar",
                                         "santiago ramon",
                                         "albert einstein",
                                         "isaac newton",
                                         "william osler",
                                         "joseph warren",
                                         "mary seacole",
                                         "dorothea dix",
                                         "charles darwin",
                                         "james parkinson",
                                         "james watson",
                                         "francis crick",
                                         "daniel hale williams",
                                         "rebecca lee crumpler",
                                         "benito juarez",
                                         "miguel hidalgo",
                                         "don quijote",
                                         "don quixote",
                                         NULL};

/* Whether a word stands in a list "|one|two|". */
static gboolean
is_listed(const char *list, const ch_entity_text *in, gsize at, gsize end)
{
    g_autofree char *word =
        g_strdup_printf("|%.*s|", (int)MIN(end - at, 40), in->data + at);
    return strstr(list, word) != NULL;
}

static gboolean
is_ordinary(const ch_entity_text *in, gsize at, gsize end)
{
    return is_listed(CH_NO_SURNAMES, in, at, end);
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static gboolean
is_given(const ch_entity_text *in, gsize at, gsize end)
{
    g_autofree char *word = g_strndup(in->data + at, end - at);
    return bsearch(&word, given_names, G_N_ELEMENTS(given_names),
                   sizeof *given_names, compare_names) != NULL;
}

static gsize
end_of_word(const ch_entity_text *in, gsize at, gsize end)
{
    while (at < end && in->data[at] != ' ') {
        at++;
    }
    return at;
}

/* Without capitals a verb looks like a surname: one word, two behind a known
 * given name.  Drops words at the end that are no part of a name; small words
 * such as "de" stay only between parts.  Returns how many parts of a name
 * stand. */
static guint
trim_name(const ch_entity_text *in, ch_span *name)
{
    static const char *const joints[] = {
        "de", "del", "la", "los", "van", "von", "der", "y",   "st.", "st",
        "al", "el",  "da", "di",  "du",  "le",  "bin", "san", NULL};
    gsize good = name->start;
    guint parts = 0;
    for (gsize at = name->start; at < name->end;) {
        gsize end = end_of_word(in, at, name->end);
        g_autofree char *word = g_strndup(in->data + at, end - at);
        gboolean joint = parts > 0 && g_strv_contains(joints, word);
        gboolean enough = in->text == NULL && parts > 0 &&
                          (parts > 1 || !is_given(in, name->start, good));
        if (!joint && (enough || is_ordinary(in, at, end) ||
                       (in->text != NULL && !ch_kind_is_capital(in, at)))) {
            break;
        }
        if (!joint) {
            good = end;
            parts += end - at > 1 ? 1 : 0;
        }
        at = end + 1;
    }
    name->end = good;
    return parts;
}

/* A name that everybody may say. */
static gboolean
is_public(const ch_entity_text *in, ch_span name)
{
    g_autofree char *value =
        g_strndup(in->data + name.start, name.end - name.start);
    return g_strv_contains(historical, value) ||
           ch_kind_has_word(in, name, 10, 0, saints) ||
           ch_kind_has_word(in, name, 0, 11, houses);
}

static gboolean
starts_with(const ch_entity_text *in, ch_span span, const char *const *words,
            gsize *len_out)
{
    for (guint i = 0; words[i] != NULL; i++) {
        *len_out = strlen(words[i]);
        if (*len_out < span.end - span.start &&
            strncmp(in->data + span.start, words[i], *len_out) == 0 &&
            strchr(" .,:", in->data[span.start + *len_out]) != NULL) {
            return TRUE;
        }
    }
    return FALSE;
}

/* "patient J.D.", "pt JD": two or three capitals, or with full stops. */
static gboolean
are_initials(const ch_entity_text *in, ch_span name)
{
    gsize letters = 0;
    gboolean dots = FALSE, capital = TRUE;
    for (gsize i = name.start; i < name.end; i++) {
        if (g_ascii_isalpha(in->data[i])) {
            letters++;
            capital = capital && ch_kind_is_capital(in, i);
        }
        dots |= in->data[i] == '.';
    }
    return letters >= 2 && letters <= 3 && (in->text == NULL ? dots : capital);
}

static gboolean
accept_role(const ch_entity_text *in, ch_span *span, gsize skip)
{
    ch_span name = {span->start + skip, span->end};
    while (name.start < name.end && strchr(" ,:.", in->data[name.start])) {
        name.start++;
    }
    gsize first = end_of_word(in, name.start, name.end);
    gboolean strong = strncmp(in->data + span->start, "p", 1) == 0;
    if (strong && (name.end - name.start <= 3 ||
                   memchr(in->data + name.start, '.', 2) != NULL ||
                   in->data[name.start + 1] == ' ')) {
        gboolean initials =
            are_initials(in, name) && !is_ordinary(in, name.start, name.end);
        *span = name;
        return initials;
    }
    gboolean given = is_given(in, name.start, first);
    if ((in->text == NULL || !strong) && !given) {
        return FALSE;
    }
    guint parts = trim_name(in, &name);
    if (!strong && parts < 2 && in->text == NULL) {
        return FALSE;
    }
    *span = name;
    return parts > 0 && !is_public(in, name);
}

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    static const char *const titles[] = {"mr",
                                         "mrs",
                                         "ms",
                                         "miss",
                                         "mx",
                                         "dr",
                                         "dra",
                                         "sr",
                                         "sra",
                                         "srta",
                                         "don",
                                         "do\303\261a",
                                         "se\303\261or",
                                         "se\303\261ora",
                                         "se\303\261orita",
                                         "prof",
                                         "professor",
                                         "doctor",
                                         "doctora",
                                         "nurse",
                                         "sister",
                                         "father",
                                         "pastor",
                                         "officer",
                                         "coach",
                                         "judge",
                                         "rabbi",
                                         "senora",
                                         NULL};
    static const char *const roles[] = {
        "patient name", "patient",  "pt",      "paciente", "client",
        "resident",     "baby",     "named",   "name is",  "name",
        "nombre",       "llamado",  "llamada", "se llama", "me llamo",
        "call her",     "call him", "i'm",     "abuelita", "abuelito",
        "abuela",       "abuelo",   "tia",     "tio",      "aunt",
        "uncle",        "grandma",  "grandpa", "little",   "sweet",
        "brave",        NULL};
    gsize skip;
    if (starts_with(in, *span, roles, &skip)) {
        return accept_role(in, span, skip);
    }
    ch_span name = *span;
    gboolean title = starts_with(in, *span, titles, &skip);
    if (title) {
        name.start += skip;
        name.start += strspn(in->data + name.start, " .");
    }
    /* "miss", "don" and "sister" are words, too */
    if (in->text == NULL && (!title ||
                             (skip > 3 && in->data[span->start] != 'd' &&
                              strncmp(in->data + span->start, "se", 2) != 0) ||
                             strncmp(in->data + span->start, "don ", 4) == 0)) {
        return FALSE;
    }
    guint parts = trim_name(in, &name);
    if (parts < (title ? 1u : 2u) || is_public(in, name)) {
        return FALSE;
    }
    span->end = name.end;
    return TRUE;
}

/* All of them, by their first letters: where a word begins with another, none
 * is tried. */
static void
append_given_names(GString *pattern)
{
    char first = '\0';
    for (guint i = 0; i < G_N_ELEMENTS(given_names); i++) {
        const char *name = given_names[i];
        if (name[0] == first) {
            g_string_append_printf(pattern, "|%s", name + 1);
        } else {
            g_string_append_printf(pattern, "%s%c(?:%s", i > 0 ? ")|" : "",
                                   name[0], name + 1);
        }
        first = name[0];
    }
    g_string_append_c(pattern, ')');
}

char *
ch_person_dup_pattern(void)
{
    GString *pattern = g_string_new(
        "(?<![a-z0-9_'@#.-])(?:" TITLES "\\.? (?:[a-z]\\.? )?" WORD "(?:" REST
        ")?|" ROLES "[,:.]? (?:[a-z]\\.? ?[a-z](?:\\. ?[a-z])?"
        "(?![a-z0-9'])\\.?|" WORD "(?:" REST ")?)|(?:");
    append_given_names(pattern);
    g_string_append(pattern, ")(?:-[a-z]{2,12})?" REST ")(?![a-z0-9_@])");
    return g_string_free(pattern, FALSE);
}

const ch_entity_kind ch_entity_person = {"person", NULL, accept,
                                         ch_own_has_person};
