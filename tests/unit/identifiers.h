/*
 * Made-up identifiers for test_identifiers.c: 40 valid and 20 spoiled values
 * of each type, in the forms that people write.  The check digits are worked
 * out here anew, not by the code under test.
 */
#ifndef CHAPERONE_TEST_IDENTIFIERS_H
#define CHAPERONE_TEST_IDENTIFIERS_H

#include "unit.h"

static guint
below(GRand *r, guint n)
{
    return (guint)g_rand_int_range(r, 0, (gint32)n);
}

/* One of the choices of a list "a|b|c".  Owned. */
static char *
one_of(GRand *r, const char *list)
{
    g_auto(GStrv) parts = g_strsplit(list, "|", 0);
    guint n = g_strv_length(parts);
    return g_strdup(n == 0 ? "" : parts[below(r, n)]);
}

/* Fills a shape: # digit, + digit 1-9, @ letter, ? either, ~ MBI letter,
 * ^ MBI letter or digit; others stand for themselves.  Owned. */
static char *
fill(GRand *r, const char *shape)
{
    static const char mbi[] = "ACDEFGHJKMNPQRTUVWXY0123456789";
    char *out = g_strdup(shape);
    for (char *p = out; *p != '\0'; p++) {
        switch (*p) {
        case '#':
            *p = (char)('0' + below(r, 10));
            break;
        case '+':
            *p = (char)('1' + below(r, 9));
            break;
        case '@':
            *p = (char)('A' + below(r, 26));
            break;
        case '?':
            *p = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"[below(r, 33)];
            break;
        case '~':
            *p = mbi[below(r, 20)];
            break;
        case '^':
            *p = mbi[below(r, 30)];
            break;
        default:
            break;
        }
    }
    return out;
}

static char *
fill_one(GRand *r, const char *shapes)
{
    g_autofree char *shape = one_of(r, shapes);
    return fill(r, shape);
}

/* Groups "3-2-4" of a compact value with a separator.  Owned. */
static char *
grouped(GRand *r, const char *compact, const char *groups, const char *seps)
{
    g_autofree char *sep = one_of(r, seps);
    GString *out = g_string_new(NULL);
    for (const char *g = groups; *compact != '\0'; g += *g != '\0' ? 1 : 0) {
        gsize n = *g != '\0' ? (gsize)(*g - '0') : strlen(compact);
        n = MIN(n, strlen(compact));
        g_string_append_printf(out, "%s%.*s", out->len > 0 ? sep : "", (int)n,
                               compact);
        compact += n;
    }
    return g_string_free(out, FALSE);
}

/* A copy with its check digit behind it.  Owned. */
static char *
with_luhn(const char *digits)
{
    guint sum = 0, n = (guint)strlen(digits);
    for (guint i = 0; i < n; i++) {
        guint d = (guint)(digits[n - 1 - i] - '0');
        sum += i % 2 == 0 ? (2 * d) / 10 + (2 * d) % 10 : d;
    }
    return g_strdup_printf("%s%u", digits, (10 - sum % 10) % 10);
}

/* --- makers: spoiled is TRUE for a value that must not be found ------- */

/* Adds one to some digit of the value. */
static char *
spoil(GRand *r, char *value)
{
    gsize at;
    do {
        at = below(r, (guint)strlen(value));
    } while (!g_ascii_isdigit(value[at]));
    value[at] = (char)('0' + (value[at] - '0' + 1) % 10);
    return value;
}

static char *
make_ssn(GRand *r, gboolean spoiled)
{
    guint area = 1 + below(r, 899), group = 1 + below(r, 99);
    guint serial = 1 + below(r, 9999);
    area += area == 666 ? 1 : 0;
    if (spoiled) {
        guint how = below(r, 5);
        area = how == 0 ? 0 : how == 1 ? 666 : how == 2 ? 950 : area;
        group = how == 3 || how == 2 ? 0 : group;
        serial = how == 4 ? 0 : serial;
    }
    g_autofree char *d = g_strdup_printf("%03u%02u%04u", area, group, serial);
    return grouped(r, d, "324", "-|-|-| |.||");
}

static char *
make_itin(GRand *r, gboolean spoiled)
{
    g_autofree char *group =
        one_of(r, spoiled ? "12|34|49|66|69|89|93|07" : "50|65|70|88|90|92|94");
    guint area = 900 + below(r, 100), serial = below(r, 10000);
    g_autofree char *d = g_strdup_printf("%u%s%04u", area, group, serial);
    return grouped(r, d, "324", "-|-| |.|");
}

static char *
make_mbi(GRand *r, gboolean spoiled)
{
    g_autofree char *shape =
        one_of(r, spoiled ? "0~^#~^#~~##|+S^#~^#~~##|+~^#~O#~~##|+~^#~^#~B##|"
                            "+~^#~^#~~#L|+#^#~^#~~##"
                          : "+~^#~^#~~##");
    g_autofree char *v = fill(r, shape);
    return grouped(r, v, "434", "-|-|| ");
}

static char *
make_ein(GRand *r, gboolean spoiled)
{
    g_autofree char *prefix =
        one_of(r, spoiled ? "07|08|17|28|49|69|78|96" : "01|12|26|31|45|59|83");
    g_autofree char *rest = fill(r, "#######");
    return g_strdup_printf("%s-%s", prefix, rest);
}

static char *
make_mrn(GRand *r, gboolean spoiled)
{
    return fill_one(r, spoiled ? "##|###|#|##-#"
                               : "########|00######|#######|######|##########|"
                                 "@#######|@@######|A-######|##-##-##|"
                                 "###-###-###|M########");
}

static char *
make_plan(GRand *r, gboolean spoiled)
{
    return fill_one(r, spoiled ? "##|@##|###"
                               : "@#########|@@@#########|###########|"
                                 "@@@######-##|##########|@@#######@|"
                                 "@##########-01|#########@|@@@ ### ### ###|"
                                 "@@#@#######");
}

static char *
make_bank(GRand *r, gboolean spoiled)
{
    return fill_one(r, spoiled ? "##|###|####"
                               : "########|##########|############|"
                                 "000#########|#### #### ####|######-###");
}

static char *
make_aba(GRand *r, gboolean spoiled)
{
    g_autofree char *d = fill_one(r, "01######|02######|11######|26######|"
                                     "31######|06######|12######");
    guint sum = 0;
    for (guint i = 0; i < 8; i++) {
        sum += (guint)(d[i] - '0') * (guint[]){3, 7, 1}[i % 3];
    }
    char *v = g_strdup_printf("%s%u", d, (10 - sum % 10) % 10);
    return spoiled ? spoil(r, v) : v;
}

static char *
make_iban(GRand *r, gboolean spoiled)
{
    g_autofree char *country = one_of(r, "DE|ES|GB|FR|NL");
    const char *shape = strcmp(country, "DE") == 0   ? "##################"
                        : strcmp(country, "ES") == 0 ? "####################"
                        : strcmp(country, "GB") == 0 ? "@@@@##############"
                        : strcmp(country, "NL") == 0
                            ? "@@@@##########"
                            : "##########???????????##";
    g_autofree char *bban = fill(r, shape);
    g_autofree char *whole = g_strdup_printf("%s%s00", bban, country);
    guint rest = 0;
    for (const char *p = whole; *p != '\0'; p++) {
        rest = g_ascii_isdigit(*p) ? rest * 10 + (guint)(*p - '0')
                                   : rest * 100 + (guint)(*p - 'A') + 10;
        rest %= 97;
    }
    g_autofree char *v = g_strdup_printf("%s%02u%s", country, 98 - rest, bban);
    if (spoiled) {
        spoil(r, v + 4);
    }
    return grouped(r, v, "44444444", " | |");
}

static char *
make_card(GRand *r, gboolean spoiled)
{
    g_autofree char *body =
        fill_one(r, "4##############|4##############|52#############|"
                    "2345###########|6011###########|37############");
    g_autofree char *v = with_luhn(body);
    if (spoiled) {
        spoil(r, v + 4);
    }
    return v[0] == '3' ? grouped(r, v, "465", " |-|")
                       : grouped(r, v, "4444", " | |-|");
}

static char *
make_npi(GRand *r, gboolean spoiled)
{
    g_autofree char *body = fill(r, "1########");
    g_autofree char *whole = g_strconcat("80840", body, NULL);
    g_autofree char *checked = with_luhn(whole);
    char *v = g_strdup(checked + 5);
    return spoiled ? spoil(r, v) : v;
}

static char *
make_dea(GRand *r, gboolean spoiled)
{
    g_autofree char *kind = one_of(r, "A|B|F|M");
    g_autofree char *d = fill(r, "######");
    guint v[6];
    for (guint i = 0; i < 6; i++) {
        v[i] = (guint)(d[i] - '0');
    }
    guint check = (v[0] + v[2] + v[4] + 2 * (v[1] + v[3] + v[5])) % 10;
    return g_strdup_printf("%s%c%s%u", kind, 'A' + (char)below(r, 26), d,
                           spoiled ? (check + 1 + below(r, 8)) % 10 : check);
}

static char *
make_vin(GRand *r, gboolean spoiled)
{
    static const char letters[] = "ABCDEFGHJKLMNPRSTUVWXYZ";
    static const guint values[] = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4,
                                   5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9};
    static const guint weights[] = {8, 7, 6, 5, 4, 3, 2, 10, 0,
                                    9, 8, 7, 6, 5, 4, 3, 2};
    char *v =
        fill_one(r, "1HGCM826#3A######|2T1BURHE#JC######|"
                    "5YJ3E1EA#KF######|JM1BK32F#81######|1FT?X1??#?K######");
    guint sum = 0;
    for (guint i = 0; i < 17; i++) {
        const char *at = strchr(letters, v[i]);
        sum += weights[i] *
               (at == NULL ? (guint)(v[i] - '0') : values[at - letters]);
    }
    guint check = (sum + (spoiled ? 1 + below(r, 9) : 0)) % 11;
    v[8] = check == 10 ? 'X' : (char)('0' + check);
    return v;
}

static char *
make_udi(GRand *r, gboolean spoiled)
{
    g_autofree char *d = fill(r, "00844########");
    guint sum = 0;
    for (guint i = 0; i < 13; i++) {
        sum += (guint)(d[i] - '0') * (i % 2 == 0 ? 3 : 1);
    }
    g_autofree char *rest = fill_one(
        r, "(17)2712##(21)######|(21)?????###|"
           "(11)250110(10)?###(21)####??|(17)281131(10)##?(21)#######");
    return g_strdup_printf("(01)%s%u%s", d,
                           (10 - sum % 10 + (spoiled ? 3 : 0)) % 10, rest);
}

static char *
make_imei(GRand *r, gboolean spoiled)
{
    g_autofree char *body = fill(r, "35############");
    g_autofree char *v = with_luhn(body);
    if (spoiled) {
        spoil(r, v);
    }
    return grouped(r, v, "2661", "||-| ");
}

static char *
make_nhs(GRand *r, gboolean spoiled)
{
    for (;;) {
        g_autofree char *d = fill(r, "4########");
        guint sum = 0;
        for (guint i = 0; i < 9; i++) {
            sum += (guint)(d[i] - '0') * (10 - i);
        }
        guint check = (11 - sum % 11) % 11;
        if (check < 10) {
            check = spoiled ? (check + 1 + below(r, 8)) % 10 : check;
            g_autofree char *v = g_strdup_printf("%s%u", d, check);
            return grouped(r, v, "334", " | ||-");
        }
    }
}

static char *
make_nif(GRand *r, gboolean spoiled)
{
    static const char table[] = "TRWAGMYFPDXBNJZSQVHLCKE";
    guint n = 10000000 + below(r, 89999999);
    g_autofree char *sep = one_of(r, "||-| ");
    return g_strdup_printf("%08u%s%c", n, sep,
                           table[(n + (spoiled ? 1 + below(r, 22) : 0)) % 23]);
}

static char *
make_nie(GRand *r, gboolean spoiled)
{
    static const char table[] = "TRWAGMYFPDXBNJZSQVHLCKE";
    guint first = below(r, 3), n = below(r, 9999999);
    guint whole = first * 10000000 + n + (spoiled ? 1 + below(r, 22) : 0);
    g_autofree char *sep = one_of(r, "||-");
    return g_strdup_printf("%c%s%07u%s%c", 'X' + (char)first, sep, n, sep,
                           table[whole % 23]);
}

static char *
make_curp(GRand *r, gboolean spoiled)
{
    static const char table[] = "0123456789ABCDEFGHIJKLMN#OPQRSTUVWXYZ";
    g_autofree char *sex = one_of(r, "H|M");
    g_autofree char *state = one_of(r, "DF|JC|NL|VZ|OC|NE");
    g_autofree char *name = fill(r, "@A@@");
    g_autofree char *tail = fill(r, "@@@");
    guint year = below(r, 100), month = 1 + below(r, 12),
          day = 1 + below(r, 28);
    g_autofree char *v =
        g_strdup_printf("%s%02u%02u%02u%s%s%s%u", name, year, month, day, sex,
                        state, tail, below(r, 10));
    guint sum = 0;
    for (guint i = 0; i < 17; i++) {
        sum += (guint)(strchr(table, v[i]) - table) * (18 - i);
    }
    guint check = (10 - sum % 10 + (spoiled ? 1 + below(r, 9) : 0)) % 10;
    return g_strdup_printf("%s%u", v, check);
}

static char *
make_sin(GRand *r, gboolean spoiled)
{
    g_autofree char *body = fill_one(r, "1#######|4#######|5#######|7#######");
    g_autofree char *v = with_luhn(body);
    if (spoiled) {
        spoil(r, v);
    }
    return grouped(r, v, "333", " | |-|");
}

#endif
