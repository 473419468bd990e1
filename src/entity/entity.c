/*
 * The table of entity kinds and the scan that they share.
 */
#include "kinds.h"

/* In the order of CONTRACT.md, "chaperone explain". */
static const ch_entity_kind *const kinds[] = {
    &ch_entity_person,
    &ch_entity_street_address,
    &ch_entity_zip_code,
    &ch_entity_date,
    &ch_entity_date_of_birth,
    &ch_entity_age,
    &ch_entity_age_over_89,
    &ch_entity_phone,
    &ch_entity_email,
    &ch_entity_us_ssn,
    &ch_entity_us_itin,
    &ch_entity_us_ein,
    &ch_entity_mrn,
    &ch_entity_health_plan_id,
    &ch_entity_bank_account,
    &ch_entity_aba_routing,
    &ch_entity_iban,
    &ch_entity_credit_card,
    &ch_entity_us_npi,
    &ch_entity_us_dea,
    &ch_entity_us_mbi,
    &ch_entity_us_passport,
    &ch_entity_us_driver_license,
    &ch_entity_vin,
    &ch_entity_license_plate,
    &ch_entity_udi,
    &ch_entity_device_serial,
    &ch_entity_imei,
    &ch_entity_url,
    &ch_entity_ip_address,
    &ch_entity_mac_address,
    &ch_entity_social_handle,
    &ch_entity_uk_nhs,
    &ch_entity_es_nif,
    &ch_entity_es_nie,
    &ch_entity_mx_curp,
    &ch_entity_ca_sin,
    &ch_entity_icd10_code,
};

struct ch_entities {
    ch_regex *patterns[G_N_ELEMENTS(kinds)];
    ch_own *own;
};

ch_entities *
ch_entities_new(const ch_config *config)
{
    ch_entities *entities = g_new0(ch_entities, 1);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *pattern = kinds[i]->pattern == NULL
                                       ? ch_person_dup_pattern()
                                       : g_strdup(kinds[i]->pattern);
        entities->patterns[i] = ch_regex_new_trusted(pattern);
    }
    entities->own = ch_own_new(config);
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
    ch_own_free(entities->own);
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
        k->is_own(entities->own, in->data + hit.start, hit.end - hit.start);
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
