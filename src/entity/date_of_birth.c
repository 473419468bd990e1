/*
 * date-of-birth: a date that a word says is a birth, 45 CFR
 * 164.514(b)(2)(i)(C).
 *
 * The word stands before or right behind the date, in the same sentence.  A
 * party, a class or the birthday of the practice is an event, and "born
 * before 1957" is a group of people.
 */
#include "entity/date.h"

static const char *const words[] = {"dob",
                                    "d.o.b",
                                    "d.o.b.",
                                    "date of birth",
                                    "birth date",
                                    "birthdate",
                                    "birthday",
                                    "bday",
                                    "b-day",
                                    "birth",
                                    "born",
                                    "b.",
                                    "fecha de nacimiento",
                                    "fecha nacimiento",
                                    "f. nacimiento",
                                    "f.nacimiento",
                                    "f. nac",
                                    "f.nac",
                                    "fnac",
                                    "fec. nac",
                                    "fec nac",
                                    "fdn",
                                    "f.n",
                                    "fn",
                                    "f. n",
                                    "f.d.n",
                                    "nacimiento",
                                    "nacido",
                                    "nacida",
                                    "nacio",
                                    "nac",
                                    "cumplea\303\261os",
                                    "cumpleanos",
                                    NULL};
static const ch_labels labels = {words, 36, 16, NULL};

/* Between word and date: no one person's day. */
static const char *const ranges[] = {
    "before", "after",   "since",   "between", "antes",  "despues", "partir",
    "entre",  "control", "defects", "plan",    "center", "centre",  NULL};
static const char *const events[] = {
    "party",       "bash",   "celebration", "celebrate",  "celebrates",
    "celebrating", "class",  "classes",     "fair",       "event",
    "sale",        "fiesta", "run",         "5k",         "screening",
    "week",        "month",  "idea",        "workshop",   "taller",
    "clase",       "curso",  "celebra",     "celebramos", "feria",
    "expo",        NULL};
static const char *const houses[] = {
    "practice",    "clinic",  "office",          "hospital",   "company",
    "team",        "program", "our birthday",    "foundation", "clinica",
    "consultorio", "equipo",  "nuestra clinica", "programa",   NULL};

/* Whether a sentence ends between the label and the date. */
static gboolean
has_label_in_sentence(const ch_entity_text *in, ch_span span)
{
    gsize from = span.start;
    while (from > 0 && span.start - from < labels.before + 24) {
        char c = in->data[from - 1];
        gboolean stop = strchr("!?;", c) != NULL && c != '\0';
        /* "f. nac." has short words before its full stops */
        stop |= c == '.' && from > 5 && in->data[from] == ' ' &&
                memchr(in->data + from - 5, ' ', 4) == NULL &&
                memchr(in->data + from - 5, '.', 4) == NULL;
        if (stop && from < span.start) {
            break;
        }
        from--;
    }
    ch_entity_text part = {in->data + from, in->length - from, NULL};
    ch_span moved = {span.start - from, span.end - from};
    return ch_labels_claim(&labels, &part, moved);
}

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    return ch_date_accept(in, span) && has_label_in_sentence(in, *span) &&
           !ch_kind_has_word(in, *span, 25, 0, ranges) &&
           !ch_kind_has_word(in, *span, 36, 10, events) &&
           !ch_kind_has_word(in, *span, 50, 0, houses);
}

const ch_entity_kind ch_entity_date_of_birth = {
    "date-of-birth",
    CH_DATE_PATTERN
    "|" CH_LEFT "(?:[0-9]{1,2} [0-9]{1,2} |[0-9]{4})(?:19|20)[0-9]{2}" CH_RIGHT,
    accept, NULL};
