/*
 * The table of entity kinds and the scan that they share.
 */
#include "kinds.h"

#include "chaperone/limits.h"

static const ch_entity_kind *const kinds[] = {
    &ch_entity_us_ssn, &ch_entity_us_mbi,        &ch_entity_phone,
    &ch_entity_email,  &ch_entity_date_of_birth,
};

struct ch_entities {
    ch_regex *patterns[G_N_ELEMENTS(kinds)];
    ch_own own;
};

gsize
ch_kind_digits(const char *value, gsize length, char *out, gsize size)
{
    gsize n = 0;
    for (gsize i = 0; i < length && n + 1 < size; i++) {
        if (g_ascii_isdigit(value[i])) {
            out[n++] = value[i];
        }
    }
    out[n] = '\0';
    return n;
}

gboolean
ch_kind_has_word_before(const char *text, gsize start, gsize window,
                        const char *const *words)
{
    gsize from = start > window ? start - window : 0;
    g_autofree char *before = g_strndup(text + from, start - from);
    for (guint i = 0; words[i] != NULL; i++) {
        if (strstr(before, words[i]) != NULL) {
            return TRUE;
        }
    }
    return FALSE;
}

static GStrv
dup_digits(const char *const *phones)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (guint i = 0; phones[i] != NULL; i++) {
        char digits[32];
        gsize n =
            ch_kind_digits(phones[i], strlen(phones[i]), digits, sizeof digits);
        if (n > 0) {
            g_strv_builder_add(builder, n == 11 && digits[0] == '1' ? digits + 1
                                                                    : digits);
        }
    }
    return g_strv_builder_end(builder);
}

static GStrv
dup_lower(const char *const *domains)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (guint i = 0; domains[i] != NULL; i++) {
        g_autofree char *lower = g_ascii_strdown(domains[i], -1);
        g_strv_builder_add(builder, lower);
    }
    return g_strv_builder_end(builder);
}

ch_entities *
ch_entities_new(const ch_config *config)
{
    ch_entities *entities = g_new0(ch_entities, 1);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *problem = NULL;
        entities->patterns[i] = ch_regex_new(kinds[i]->pattern, &problem);
        g_assert(problem == NULL);
    }
    entities->own.phones =
        dup_digits((const char *const *)config->practice_phones);
    entities->own.domains =
        dup_lower((const char *const *)config->practice_domains);
    return entities;
}

void
ch_entities_free(ch_entities *entities)
{
    if (entities == NULL) {
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        ch_regex_free(entities->patterns[i]);
    }
    g_strfreev(entities->own.phones);
    g_strfreev(entities->own.domains);
    g_free(entities);
}

int
ch_entities_find_kind(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (strcmp(kinds[i]->name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

char *
ch_entities_dup_names(void)
{
    GString *names = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "",
                               kinds[i]->name);
    }
    return g_string_free(names, FALSE);
}

guint
ch_entities_count(void)
{
    return G_N_ELEMENTS(kinds);
}

const char *
ch_entities_name(guint kind)
{
    return kinds[kind]->name;
}

const ch_regex *
ch_entities_regex(const ch_entities *entities, guint kind)
{
    return entities->patterns[kind];
}

gboolean
ch_entities_accept(const ch_entities *entities, guint kind,
                   const ch_entity_text *in, ch_span hit, ch_entity *entity_out)
{
    const ch_entity_kind *k = kinds[kind];
    if (k->accept != NULL && !k->accept(in, &hit)) {
        return FALSE;
    }
    entity_out->span = hit;
    entity_out->own =
        k->is_own != NULL &&
        k->is_own(&entities->own, in->data + hit.start, hit.end - hit.start);
    return TRUE;
}

ch_regex_result
ch_entities_find(const ch_entities *entities, guint kind,
                 const ch_entity_text *in, GArray *found)
{
    g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(ch_span));
    ch_regex_result result =
        ch_regex_find(entities->patterns[kind], in->data, in->length, hits);
    for (guint i = 0; i < hits->len; i++) {
        ch_entity entity;
        if (ch_entities_accept(entities, kind, in,
                               g_array_index(hits, ch_span, i), &entity)) {
            g_array_append_val(found, entity);
        }
    }
    return result;
}
