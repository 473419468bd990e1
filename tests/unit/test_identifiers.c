/*
 * How many made-up identifiers are found, how many spoiled ones and decoys
 * are not: the figures of a seeded run, printed as a table.
 */
#include "unit.h"

#include "chaperone/entity.h"
#include "chaperone/text.h"

#include "identifiers.h"

#define VALID   40
#define SPOILED 20
#define DECOYS  1000

/* --- makers of values without check digits ---------------------------- */

static char *
make_phone(GRand *r, gboolean spoiled)
{
    g_autofree char *area = one_of(r, "614|212|305|787|415|703|800");
    g_autofree char *v = g_strdup_printf("%s55501%02u", area, below(r, 100));
    if (spoiled) {
        v[below(r, 2) == 0 ? 0 : 3] = '1';
    }
    switch (below(r, 5)) {
    case 0:
        return g_strdup_printf("(%.3s) %.3s-%s", v, v + 3, v + 6);
    case 1:
        return g_strdup_printf("+1 %.3s %.3s %s", v, v + 3, v + 6);
    case 2:
        return g_strdup_printf("%.3s.%.3s.%s", v, v + 3, v + 6);
    case 3:
        return g_strdup(v);
    default:
        return g_strdup_printf("%.3s-%.3s-%s", v, v + 3, v + 6);
    }
}

static char *
make_email(GRand *r, gboolean spoiled)
{
    g_autofree char *user = one_of(r, "o.quill|InesVara77|t_fenn|mv+list|"
                                      "rosa-alv|j.p.ortega|x9|Fenn.Tobias");
    g_autofree char *host =
        one_of(r, "example.com|mail.example.org|Example.NET|my-site.example");
    g_autofree char *at = one_of(r, "@|@|@|@| (at) |[at]");
    return spoiled ? g_strdup_printf("%s %s", user, "at home")
                   : g_strdup_printf("%s%s%s", user, at, host);
}

static char *
make_date(GRand *r, gboolean spoiled)
{
    guint day = 1 + below(r, 28), month = below(r, 12);
    guint year = 1930 + below(r, 97);
    static const char *const en[] = {
        "January", "February", "March",     "April",   "May",      "June",
        "July",    "August",   "September", "October", "November", "December"};
    static const char *const es[] = {
        "enero", "febrero", "marzo",      "abril",   "mayo",      "junio",
        "julio", "agosto",  "septiembre", "octubre", "noviembre", "diciembre"};
    day = spoiled ? 32 + below(r, 60) : day;
    switch (below(r, 10)) {
    case 0:
        return g_strdup_printf("%02u/%02u/%u", month + 1, day, year);
    case 1:
        return g_strdup_printf("%u-%u-%02u", month + 1, day, year % 100);
    case 2:
        return g_strdup_printf("%u-%02u-%02u", year, month + 1, day);
    case 3:
        return g_strdup_printf("%s %u, %u", en[month], day, year);
    case 4:
        return g_strdup_printf("%.3s. %u %u", en[month], day, year);
    case 5:
        return g_strdup_printf("%u de %s de %u", day, es[month], year);
    case 6:
        return g_strdup_printf("%u%s of %s", day, "th", en[month]);
    case 7:
        return g_strdup_printf("%u/%u/%u", day, month + 1, year);
    case 8:
        return g_strdup_printf("%u %s %u", day, en[month], year);
    default:
        return g_strdup_printf("%02u-%.3s-%u", day, en[month], year);
    }
}

static char *
make_street(GRand *r, gboolean spoiled)
{
    g_autofree char *name =
        one_of(r, "Maple|Old Mill|N Orchard|E. 5th|Van Buren|Saint Clair|"
                  "Whitfield|2nd|MLK|S Cherry");
    g_autofree char *type =
        one_of(r, spoiled ? "ways|ideas|miles|minutes|kids"
                          : "Street|St|Ave|Road|Rd.|Lane|Blvd|Court|Dr|Way|Pl");
    g_autofree char *unit = one_of(r, "|||, Apt 4B| Unit 12| #7|, Suite 200");
    guint number = 1 + below(r, 9999);
    if (!spoiled && below(r, 4) == 0) {
        g_autofree char *calle =
            one_of(r, "calle Olmo|Av. de la Constitución|Calle del Pez|"
                      "avenida Reforma|C/ Alcalá|Paseo del Prado");
        g_autofree char *comma = one_of(r, ", | | núm. | #");
        return g_strdup_printf("%s%s%u", calle, comma, number % 400 + 1);
    }
    return !spoiled && below(r, 10) == 0
               ? g_strdup_printf("P.O. Box %u", number)
               : g_strdup_printf("%u %s %s%s", number, name, type,
                                 spoiled ? "" : unit);
}

static char *
make_zip(GRand *r, gboolean spoiled)
{
    return spoiled ? fill(r, "#####")
                   : fill_one(r, "OH 432##|Columbus, OH 432##|zip 100##|"
                                 "432##-####|ZIP code: 606##|Texas 787##");
}

static char *
make_old_age(GRand *r, gboolean spoiled)
{
    static const char *const units[] = {"",       "-one",  "-two", "-three",
                                        "-four",  "-five", "-six", "-seven",
                                        "-eight", "-nine"};
    guint years = (spoiled ? 20 : 90) + below(r, spoiled ? 70 : 20);
    if (years < 100 && below(r, 4) == 0) {
        static const char *const tens[] = {
            "",      "",      "twenty",  "thirty", "forty",
            "fifty", "sixty", "seventy", "eighty", "ninety"};
        return g_strdup_printf("%s%s-year-old", tens[years / 10],
                               units[years % 10]);
    }
    switch (below(r, 8)) {
    case 0:
        return g_strdup_printf("%u-year-old", years);
    case 1:
        return g_strdup_printf("%u years old", years);
    case 2:
        return g_strdup_printf("%u yo", years);
    case 3:
        return g_strdup_printf("%u y/o", years);
    case 4:
        return g_strdup_printf("aged %u", years);
    case 5:
        return g_strdup_printf("%u años", years);
    case 6:
        return g_strdup_printf("%uF with COPD", years);
    default:
        return g_strdup_printf("%u year old", years);
    }
}

static char *
make_ip(GRand *r, gboolean spoiled)
{
    if (!spoiled && below(r, 3) == 0) {
        return g_strdup_printf("2001:db8:%x::%x:%x", below(r, 65535),
                               1 + below(r, 65000), 1 + below(r, 65000));
    }
    return g_strdup_printf("%u.%u.%u.%u", 1 + below(r, 223), below(r, 256),
                           below(r, 256),
                           spoiled ? 256 + below(r, 700) : below(r, 256));
}

static char *
make_mac(GRand *r, gboolean spoiled)
{
    g_autofree char *sep = one_of(r, ":|-");
    return g_strdup_printf("0%x%s%02x%s%02x%s%02X%s%02x%s%s", below(r, 16), sep,
                           below(r, 256), sep, below(r, 256), sep,
                           below(r, 256), sep, below(r, 256), sep,
                           spoiled ? "zz" : "3c");
}

static char *
make_passport(GRand *r, gboolean spoiled)
{
    return fill_one(r, spoiled ? "#####|@@@####" : "@########|#########");
}

static char *
make_license(GRand *r, gboolean spoiled)
{
    return fill_one(r, spoiled ? "##|@##"
                               : "@#######|@############|########|@@######|"
                                 "@###-####-####|@###-###-##-###-#|#########|"
                                 "### ### ###");
}

static char *
make_plate(GRand *r, gboolean spoiled)
{
    return fill_one(r, spoiled ? "##|@"
                               : "@@@ ####|@@@-####|#@@@###|@@@####|"
                                 "####@@@|@@#-####");
}

static char *
make_serial(GRand *r, gboolean spoiled)
{
    return fill_one(r, spoiled ? "##|@@"
                               : "@@@######|SN-#######|##########|"
                                 "@##@######|PJN#######H|######-###");
}

static char *
make_url(GRand *r, gboolean spoiled)
{
    return fill_one(r, spoiled ? "node.js|etc.Then|v2.0"
                               : "https://example.com/p?id=####|"
                                 "http://portal.example.org|www.example.net|"
                                 "bit.ly/3@@##|example.com/chart/####|"
                                 "HTTPS://Example.ORG/a#b");
}

static char *
make_handle(GRand *r, gboolean spoiled)
{
    return fill_one(r, spoiled ? "@|quill##"
                               : "\x01rosa_alv##|\x01tfenn|"
                                 "\x01Ines.Vara|\x01the_real_##");
}

static char *
make_icd(GRand *r, gboolean spoiled)
{
    return fill_one(r, spoiled ? "T4X|A1C|H2O"
                               : "E11.##|S52.50#A|F32.A|I10.9|M54.##|J45.90#|"
                                 "Z3A.20|K21.#");
}

static char *
make_person(GRand *r, gboolean spoiled)
{
    return spoiled ? one_of(r, "Mark Your Calendar|Patient Portal|Grace Period|"
                               "Rose Garden Center|Dolores Park|Crohn Disease|"
                               "Mary Greeley Hospital|Clara Barton")
                   : one_of(r, "Mrs. Vandermeer|Tobias Fenn|patient Ines Vara|"
                               "Sr. Ortega|Rosa Alvarado|Mr. O'Dell|"
                               "doña Consuelo|Grace Whitfield|Luis de la Vega|"
                               "pt. J.D.|Mary-Ann Holt|Ms. Okonkwo");
}

/* --- the types -------------------------------------------------------- */

typedef struct {
    const char *kind;
    char *(*make)(GRand *r, gboolean spoiled);
    const char *labels;     /* "" where people write the bare value */
    double recall, spoiled; /* at least, at most */
} type;

static const type types[] = {
    {"us-ssn", make_ssn,
     "SSN|Social Security number|social|ss#|soc sec|seguro social", 0.99, 0.02},
    {"us-itin", make_itin, "ITIN|taxpayer ID|itin number", 0.99, 0.02},
    {"us-ein", make_ein, "EIN|tax ID|employer identification number|FEIN", 0.97,
     0.02},
    {"us-mbi", make_mbi, "MBI|Medicare|Medicare number|", 0.99, 0.02},
    {"mrn", make_mrn,
     "MRN|chart|chart number|medical record number|med rec|pt id|record number|"
     "expediente|número de historia",
     0.97, 0.02},
    {"health-plan-id", make_plan,
     "member ID|subscriber ID|policy number|Medicaid ID|insurance ID|póliza|"
     "número de afiliado|member number",
     0.97, 0.02},
    {"bank-account", make_bank,
     "account number|checking account|acct|cuenta|account #", 0.97, 0.02},
    {"aba-routing", make_aba, "routing number|ABA|routing #|routing", 0.99,
     0.02},
    {"iban", make_iban, "IBAN|iban|cuenta|", 0.99, 0.02},
    {"credit-card", make_card, "card|Visa|credit card|tarjeta|card number|",
     0.99, 0.02},
    {"us-npi", make_npi, "NPI|NPI number|provider NPI", 0.99, 0.02},
    {"us-dea", make_dea, "DEA|DEA number|DEA registration|", 0.99, 0.02},
    {"vin", make_vin, "VIN|vehicle|VIN number|", 0.99, 0.02},
    {"udi", make_udi, "UDI|implant|device|", 0.99, 0.02},
    {"imei", make_imei, "IMEI|imei number", 0.99, 0.02},
    {"uk-nhs", make_nhs, "NHS number|NHS no|NHS", 0.99, 0.02},
    {"es-nif", make_nif, "DNI|NIF|documento|", 0.99, 0.02},
    {"es-nie", make_nie, "NIE|su NIE|", 0.99, 0.02},
    {"mx-curp", make_curp, "CURP|su CURP|", 0.99, 0.02},
    {"ca-sin", make_sin, "SIN|social insurance number", 0.99, 0.02},
    {"us-passport", make_passport, "passport|passport number|pasaporte", 0.97,
     0.02},
    {"us-driver-license", make_license,
     "driver's license|DL|license number|licencia de conducir|drivers license",
     0.97, 0.02},
    {"license-plate", make_plate, "license plate|plate|placas|plate number",
     0.95, 0.05},
    {"device-serial", make_serial,
     "serial number|S/N|serial no|número de serie|implant serial", 0.97, 0.02},
    {"email", make_email, "email|", 0.98, 0.02},
    {"phone", make_phone, "cell|phone|tel|", 0.98, 0.05},
    {"date", make_date, "", 0.95, 0.05},
    {"date-of-birth", make_date, "DOB|date of birth|fecha de nacimiento|born",
     0.95, 0.05},
    {"street-address", make_street, "", 0.90, 0.05},
    {"zip-code", make_zip, "", 0.95, 0.02},
    {"age-over-89", make_old_age, "", 0.98, 0.02},
    {"ip-address", make_ip, "IP|", 0.98, 0.05},
    {"mac-address", make_mac, "MAC|", 0.98, 0.05},
    {"url", make_url, "", 0.95, 0.05},
    {"social-handle", make_handle, "", 0.95, 0.05},
    {"icd10-code", make_icd, "dx|ICD-10|", 0.95, 0.02},
    {"person", make_person, "", 0.90, 0.10},
};

/* %L is the label, %V the value. */
static const char *const labelled[] = {
    "%L: %V",
    "%L %V",
    "%L# %V",
    "Her %L is %V, please call back",
    "so the front desk read out %L %V in the lobby lol",
    "Throwback! %V (%L) and what a day it was",
    "Reminder for the night shift: %L is %V.",
    "le tomaron la presión, %L %V, y se fue contenta",
    "su %L es %V",
    "Guess whose wallet we found? %L=%V",
    "- allergic to latex\n- %L: %V\n- sees us since spring",
    "%L no. %V was on the clipboard. Oops!",
};
static const char *const bare[] = {
    "She gave us %V and smiled",
    "we wrote %V on the board, then she left",
    "El martes vino y nos dio %V, muy amable",
    "Long day. %V. Proud of the team!",
    "%V",
    "New on the blog: the story of %V in our own words",
    "(%V)",
    "lo apuntamos: %V",
};

static char *
in_sentence(GRand *r, const type *t, const char *value, guint number)
{
    g_autofree char *label = one_of(r, t->labels);
    const char *sentence = *label == '\0'
                               ? bare[number % G_N_ELEMENTS(bare)]
                               : labelled[number % G_N_ELEMENTS(labelled)];
    g_autoptr(GString) s = g_string_new(sentence);
    g_string_replace(s, "%L", label, 0);
    g_string_replace(s, "%V", value, 0);
    return g_string_free(g_steal_pointer(&s), FALSE);
}

/* Bytes of the folded text that entities of a kind cover of [from, to). */
static gsize
covered(const ch_entities *entities, guint kind, const char *post,
        const char *value)
{
    g_autoptr(GBytes) source = g_bytes_new_static(post, strlen(post));
    g_autoptr(ch_text) text = ch_text_new_whole(CH_WHERE_BODY, -1, source);
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(ch_entity));
    ch_text_fold(text);
    ch_entity_text in = {.text = text};
    in.data = ch_text_folded(text, &in.length);
    assert_int_equal(ch_entities_find(entities, kind, &in, found),
                     CH_REGEX_DONE);
    if (value == NULL) {
        return found->len;
    }
    g_autofree char *folded = ch_text_dup_folded(value);
    gsize from = (gsize)(strstr(in.data, folded) - in.data);
    gsize to = from + strlen(folded), sum = 0;
    for (guint i = 0; i < found->len; i++) {
        ch_span s = g_array_index(found, ch_entity, i).span;
        gsize start = MAX(s.start, from), end = MIN(s.end, to);
        sum += start < end ? end - start : 0;
    }
    return sum;
}

static gboolean
is_verbose(void)
{
    return g_getenv("CH_TEST_VERBOSE") != NULL;
}

/* The maker adds words around the value: "Columbus, OH 43215". */
static gboolean
is_wordy(const type *t)
{
    return t->make == make_zip || t->make == make_old_age;
}

static guint
count_found(const ch_entities *entities, GRand *r, const type *t, guint n,
            gboolean spoiled)
{
    guint found = 0;
    int kind = ch_entities_find_kind(t->kind);
    assert_true(kind >= 0);
    for (guint i = 0; i < n; i++) {
        g_autofree char *value = t->make(r, spoiled);
        g_strdelimit(value, "\x01", '@'); /* stands for a literal one */
        g_autofree char *post = in_sentence(r, t, value, i);
        gsize bytes = covered(entities, (guint)kind, post, value);
        gboolean hit =
            bytes * 2 >= strlen(value) || (bytes >= 3 && is_wordy(t));
        found += hit ? 1 : 0;
        if (hit == spoiled && is_verbose()) {
            print_message("%s %s: %s\n", t->kind, spoiled ? "spoiled" : "valid",
                          post);
        }
    }
    return found;
}

static void
test_recall(void **state)
{
    g_autoptr(ch_config) config = ch_config_new();
    ch_entities *entities = ch_entities_new(config);
    guint failed = 0;
    (void)state;
    print_message("%-18s %9s %9s\n", "type", "found", "spoiled");
    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        const type *t = &types[i];
        GRand *r = g_rand_new_with_seed(20261122 + i);
        guint valid = count_found(entities, r, t, VALID, FALSE);
        guint wrong = count_found(entities, r, t, SPOILED, TRUE);
        g_rand_free(r);
        gboolean good =
            valid >= t->recall * VALID && wrong <= t->spoiled * SPOILED;
        print_message("%-18s %4u / %u %4u / %u%s\n", t->kind, valid, VALID,
                      wrong, SPOILED, good ? "" : "  <- FAILED");
        failed += good ? 0 : 1;
    }
    ch_entities_free(entities);
    assert_int_equal(failed, 0);
}

/* --- decoys ----------------------------------------------------------- */

typedef struct {
    const char *shape; /* fill() works on it; {a|b} is one of them */
    const char *truly; /* kinds that it holds, comma around each */
} decoy;

static const decoy decoys[] = {
    {"Order #%######## has shipped", ""},
    {"Order number %########, thank you for your purchase", ""},
    {"Your order 114-#######-####### is on its way", ""},
    {"Invoice INV-###### is due", ""},
    {"Invoice %#### for the new X-ray machine came in at $#,###.##", ""},
    {"PO #######, please quote it", ""},
    {"pedido %########: guantes y mascarillas", ""},
    {"factura %####### pagada", ""},
    {"log entry 17######## repeated twice", ""},
    {"unix time 17######## and counting", ""},
    {"cron ran at 16######## again", ""},
    {"We now run version 1#.4.#", ""},
    {"Updated to v2.#.1#.#", ""},
    {"firmware 3.1#.2##.# fixes the scanner", ""},
    {"Whitening special: $1##.99 instead of $2##", ""},
    {"only $##.## this week, was $1,2##", ""},
    {"desde %## euros, antes 1##,50", ""},
    {"Join our flu clinic on October %, doors open at 9:##", ",date,"},
    {"Health fair May 1#, 2027, 10 am to 4 pm", ",date,"},
    {"Feria de salud el 1# de mayo de 2027", ",date,"},
    {"Closed on 12/24/2026 and 12/25/2026", ",date,"},
    {"If you are struggling call or text 988", ""},
    {"Poison Help: 1-800-222-1222, day and night", ""},
    {"Domestic violence hotline 1-800-799-7233", ""},
    {"Maternal mental health: 1-833-852-6262 (1-833-TLC-MAMA)", ""},
    {"Text HOME to 741741", ""},
    {"Call 911 or 211 for help", ""},
    {"USPS tracking 9400 1##### ######## 3##", ""},
    {"USPS 94001########## ######## arrived", ""},
    {"tracking number 9405511############# says Tuesday", ""},
    {"UPS 1Z999AA1########## is out for delivery", ""},
    {"FedEx tracking 7#############", ""},
    {"seguimiento 7########### en camino", ""},
    {"Room B%## is now open", ""},
    {"We moved to suite %##, follow the green line", ""},
    {"Take the elevator to level %, room A1#.#", ""},
    {"gloves in size %.5 and 1#", ""},
    {"masks 3-ply 17.5 x 9.5 cm, box of %0", ""},
    {"we won 3-% against Radiology!", ""},
    {"final score 2%-1%, what a game", ""},
    {"#FluSeason202% #Fit4Life #Covid1#", ""},
    {"#Day%# of #100DaysOfWellness", ""},
    {"raffle ticket ###-##-#### wins the basket", ""},
    {"Permit 4##-##-#### for the new roof is here", ""},
    {"Confirmation number ######### for the caterer", ""},
    {"confirmation AB######, gate B%#", ""},
    {"lot ########## is recalled", ""},
    {"Recall: lot A###B#, model %###, made before June", ""},
    {"SKU 00%##### is out of stock", ""},
    {"part number BX#######, two pieces", ""},
    {"item ##-####### in the catalog", ""},
    {"promo code SMILE%# saves 10 %", ""},
    {"ISBN 978-0-##-######-#", ""},
    {"doi 10.1056/NEJMoa2#####", ""},
    {"PMID ######## is worth a read", ""},
    {"NDC 0%##-####-## back in stock", ""},
    {"Blood pressure below 120/80 is the goal", ""},
    {"We are here 24/7, % days a week", ""},
    {"Celebrating %0 years of service", ""},
    {"A 1%0-year-old building gets a new roof", ""},
    {"our practice turned 9%", ""},
    {"llevamos 3% años cuidando de ustedes", ""},
    {"1 in % adults has high blood pressure, about %% million", ""},
    {"Walk %,### steps a day for % weeks", ""},
    {"Vitamin B12 and D3, %000 IU", ""},
    {"Mix 1/2 cup of oats with 3/4 cup of milk", ""},
    {"%0 minutes of exercise, 5 easy ways to start", ""},
    {"5K run: bib #### picks up at the tent", ""},
    {"Meeting ID ### #### #### on Zoom", ""},
    {"Zoom webinar 8########## starts soon", ""},
    {"40.####, -83.#### is where we park", ""},
    {"grant R01-CA###### was renewed", ""},
    {"CPT 99213 and 99214 explained", ""},
    {"oven to %50F, bake for 2# minutes", ""},
    {"Flight AA%### was late, so am I", ""},
    {"group number %#### is on the card", ""},
    {"locker 1%# is free again", ""},
    {"ABC123 is no password", ""},
    {"Error 0x8######% on the old printer", ""},
    {"donation # %### reached us, gracias", ""},
    {"Thank You Nurses! Happy Nurses Week 202%", ""},
    {"Mark Your Calendars: Open House", ""},
    {"Grace Period for Forms Ends Soon", ""},
    {"Crohn's and Graves' disease explained", ""},
};

static void
count_decoy(const ch_entities *entities, const decoy *d, const char *post,
            guint *wrong)
{
    for (guint k = 0; k < ch_entities_count(); k++) {
        g_autofree char *name = g_strdup_printf(",%s,", ch_entities_name(k));
        if (covered(entities, k, post, NULL) > 0 &&
            strstr(d->truly, name) == NULL) {
            (*wrong)++;
            print_message("decoy taken for %s: %s\n", ch_entities_name(k),
                          d->shape);
            return;
        }
    }
}

static void
test_decoys(void **state)
{
    g_autoptr(ch_config) config = ch_config_new();
    ch_entities *entities = ch_entities_new(config);
    GRand *r = g_rand_new_with_seed(164514);
    guint wrong = 0;
    (void)state;
    for (guint i = 0; i < DECOYS; i++) {
        const decoy *d = &decoys[i % G_N_ELEMENTS(decoys)];
        g_autoptr(GString) shape = g_string_new(d->shape);
        for (char *p = shape->str; *p != '\0'; p++) {
            *p = *p == '%' ? (char)('1' + below(r, 9))
                 : *p == '#' && !g_ascii_isalpha(p[1])
                     ? (char)('0' + below(r, 10))
                     : *p;
        }
        count_decoy(entities, d, shape->str, &wrong);
    }
    g_rand_free(r);
    ch_entities_free(entities);
    print_message("%-18s %4u / %u\n", "decoys", wrong, DECOYS);
    assert_in_range(wrong, 0, DECOYS / 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recall),
        cmocka_unit_test(test_decoys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
