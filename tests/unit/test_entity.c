/* Entities: what is one, what only looks like one, what is the practice's. */
#include "unit.h"

#include "chaperone/entity.h"
#include "chaperone/text.h"

static ch_entities *
with_practice(void)
{
    g_autoptr(ch_config) c = ch_config_new();
    g_strfreev(c->practice_phones);
    g_strfreev(c->practice_domains);
    c->practice_phones = g_strsplit("+1 (614) 555-0100", "|", 0);
    c->practice_domains = g_strsplit("Practice.example", "|", 0);
    return ch_entities_new(c);
}

typedef struct {
    const char *kind, *text;
    const char *found; /* folded, NULL: nothing; "=" before: own */
} row;

static const row rows[] = {
    {"us-ssn", "her 512-34-6789 ok", "512-34-6789"},
    {"us-ssn", "512 34 6789", "512 34 6789"},
    {"us-ssn", "512.34.6789", "512.34.6789"},
    {"us-ssn", "SSN 512346789", "512346789"},
    {"us-ssn", "\357\274\225\357\274\221\357\274\222-34-6789", "512-34-6789"},
    {"us-ssn", "51\342\200\2132-34-6789", "512-34-6789"},
    {"us-ssn", "512\342\200\22134\342\200\2216789", "512-34-6789"},
    {"us-ssn", "order 512346789", NULL},
    {"us-ssn", "000-12-3456", NULL},
    {"us-ssn", "666-12-3456", NULL},
    {"us-ssn", "987-65-4321", NULL},
    {"us-ssn", "512-00-6789", NULL},
    {"us-ssn", "512-34-0000", NULL},
    {"us-ssn", "078-05-1120", NULL},
    {"us-ssn", "512-34 6789", NULL},
    {"us-ssn", "1512-34-6789", NULL},
    {"us-ssn", "512-34-67890", NULL},
    {"us-ssn", "43215-4021", NULL},
    {"us-ssn", "2026-11-22", NULL},
    {"us-mbi", "3TC7-WH2-PX41", "3tc7-wh2-px41"},
    {"us-mbi", "3TC7WH2PX41", "3tc7wh2px41"},
    {"us-mbi", "3TC7 WH2 PX41", "3tc7 wh2 px41"},
    {"us-mbi", "1EG4-TE5-MK73", NULL},
    {"us-mbi", "3SC7-WH2-PX41", NULL},
    {"us-mbi", "0TC7-WH2-PX41", NULL},
    {"us-mbi", "3TC7-WH2-PX415", NULL},
    {"phone", "call 614-555-0187 now", "614-555-0187"},
    {"phone", "(614) 555-0187", "(614) 555-0187"},
    {"phone", "+1 614.555.0187", "+1 614.555.0187"},
    {"phone", "6145550187", "6145550187"},
    {"phone", "+34 600 000 000", "+34 600 000 000"},
    {"phone", "600 123 456", "600 123 456"},
    {"phone", "1-614-555-0100", "=1-614-555-0100"},
    {"phone", "614.555.0100", "=614.555.0100"},
    {"phone", "800-222-1222", NULL},
    {"phone", "911-555-0187", NULL},
    {"phone", "614-911-0187", NULL},
    {"phone", "version 1.2.614.555", NULL},
    {"phone", "2026-11-22", NULL},
    {"phone", "164-555-0187", NULL},
    {"email", "write o.quill+x@mail.example.com.",
     "o.quill+x@mail.example.com"},
    {"email", "o.quill at mail dot example dot com",
     "o.quill at mail dot example dot com"},
    {"email", "quill (at) mail.example.com", "quill (at) mail.example.com"},
    {"email", "Info@PRACTICE.example", "=info@practice.example"},
    {"email", "info@desk.practice.example", "=info@desk.practice.example"},
    {"email", "info@notpractice.example", "info@notpractice.example"},
    {"email", "look at me dot", NULL},
    {"email", "@handle and a@b", NULL},
    {"date-of-birth", "DOB: 04/17/1961", "04/17/1961"},
    {"date-of-birth", "born on May 3, 1958", "may 3, 1958"},
    {"date-of-birth", "date of birth 1958-05-03", "1958-05-03"},
    {"date-of-birth", "nacida el 3 de mayo de 1958",
     "3 de mayo de 1958"},
    {"date-of-birth", "Fecha de nacimiento: 3/5/58",
     "3/5/58"},
    {"date-of-birth", "born in 1958", NULL},
    {"date-of-birth", "the fair is on May 3, 2027", NULL},
};

static void
test_rows(void **state)
{
    ch_entities *entities = with_practice();
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *folded = ch_text_dup_folded(rows[i].text);
        g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(ch_entity));
        int kind = ch_entities_find_kind(rows[i].kind);
        assert_true(kind >= 0);
        ch_entity_text in = {folded, strlen(folded), NULL};
        ch_entities_find(entities, (guint)kind, &in, found);
        g_autofree char *got = NULL;
        if (found->len > 0) {
            const ch_entity *e = &g_array_index(found, ch_entity, 0);
            g_autofree char *value =
                g_strndup(folded + e->span.start, e->span.end - e->span.start);
            got = g_strconcat(e->own ? "=" : "", value, NULL);
        }
        if (g_strcmp0(got, rows[i].found) != 0) {
            fail_msg("%s in \"%s\": %s", rows[i].kind, rows[i].text, got);
        }
    }
    ch_entities_free(entities);
}

static void
test_unknown_kind(void **state)
{
    g_autofree char *names = ch_entities_dup_names();
    (void)state;
    assert_int_equal(ch_entities_find_kind("shoe-size"), -1);
    assert_non_null(strstr(names, "email, us-ssn, us-itin"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_unknown_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
