/*
 * The kinds of entities, one module each, and what they share.
 */
#ifndef CHAPERONE_KINDS_H
#define CHAPERONE_KINDS_H

#include "chaperone/entity.h"
#include "entity/own.h"

/* No letter, digit, amount of money or other number touches the value. */
#define CH_LEFT  "(?<![a-z0-9_$]|[0-9][-./,:])"
#define CH_RIGHT "(?![a-z0-9_]|[-./,:][0-9])"

/* Codes of letters and digits that somebody made up: each has a run of byte
 * classes to be found by. */
#define CH_CODE                                                                \
    "(?:[a-z]{1,4}-?[0-9]{4,12}(?:-[0-9]{1,6}|[a-z]{1,3})?"                    \
    "|[0-9]{2,5}[a-z]{1,4}-?[0-9]{2,8}[a-z]?"                                  \
    "|[a-z]{1,4}[0-9]{1,4}-?[a-z]{1,4}-?[0-9]{2,8})"

/* Words that say what a value is. */
typedef struct {
    const char *const *words; /* folded; ends with NULL */
    gsize before;             /* bytes that may lie between label and value */
    gsize after;              /* the same for a label behind it */
    /* NULL, or words of every day that are labels only right beside the
     * value: "policy is 4471", not "policy update 4471" */
    const char *const *weak;

} ch_labels;

/* Whether a label of the kind stands near, whole words, and none of another
 * number (order, invoice, another identifier) stands nearer. */
gboolean ch_labels_claim(const ch_labels *labels, const ch_entity_text *in,
                         ch_span span);
/* For values known by their shape: whether a label of something that is no
 * identifier (order, lot, version) stands right before the value. */
gboolean ch_labels_deny(const ch_labels *labels, const ch_entity_text *in,
                        ch_span span);
/* Whether a label of another kind stands nearer before the value. */
gboolean ch_labels_rival(const ch_labels *labels, const ch_entity_text *in,
                         ch_span span);
/* Moves the start behind a label that the pattern took in: "mrn-004821". */
void ch_labels_skip(const ch_labels *labels, const ch_entity_text *in,
                    ch_span *span);
/* Whether one of the whole words stands in the bytes before or after. */
gboolean ch_kind_has_word(const ch_entity_text *in, ch_span span, gsize before,
                          gsize after, const char *const *words);
/* Whether a letter, digit, underscore or byte of a longer character. */
gboolean ch_kind_is_word(char c);

/* The digits of a value; room for size - 1 of them.  Returns how many. */
gsize ch_kind_digits(const char *value, gsize length, char *out, gsize size);
/* The same with letters. */
gsize ch_kind_alnums(const char *value, gsize length, char *out, gsize size);
/* Both for a span; the array's size is taken from its type. */
#define CH_DIGITS(in, span, out)                                               \
    ch_kind_digits((in)->data + (span).start, (span).end - (span).start, out,  \
                   sizeof(out))
#define CH_ALNUMS(in, span, out)                                               \
    ch_kind_alnums((in)->data + (span).start, (span).end - (span).start, out,  \
                   sizeof(out))
/* How many of them a span has; no room needed. */
gsize ch_kind_count_digits(const ch_entity_text *in, ch_span span);
/* Check of ISO/IEC 7812-1 annex B (Luhn). */
gboolean ch_kind_luhn(const char *digits);
/* Sum of each digit times its weight; as many digits as weights. */
guint ch_kind_weigh(const char *digits, const guint8 *weights, gsize n);
/* Whether all its digits are the same one. */
gboolean ch_kind_is_one_digit(const char *digits);
/* FALSE where capitals are not known. */
gboolean ch_kind_is_capital(const ch_entity_text *in, gsize at);
/* Two digits as a number. */
guint ch_kind_two(const char *digits);

/* A pattern of some thousand given names.  Owned. */
char *ch_person_dup_pattern(void);

extern const ch_entity_kind ch_entity_aba_routing;
extern const ch_entity_kind ch_entity_age;
extern const ch_entity_kind ch_entity_age_over_89;
extern const ch_entity_kind ch_entity_bank_account;
extern const ch_entity_kind ch_entity_ca_sin;
extern const ch_entity_kind ch_entity_credit_card;
extern const ch_entity_kind ch_entity_date;
extern const ch_entity_kind ch_entity_date_of_birth;
extern const ch_entity_kind ch_entity_device_serial;
extern const ch_entity_kind ch_entity_email;
extern const ch_entity_kind ch_entity_es_nie;
extern const ch_entity_kind ch_entity_es_nif;
extern const ch_entity_kind ch_entity_health_plan_id;
extern const ch_entity_kind ch_entity_iban;
extern const ch_entity_kind ch_entity_icd10_code;
extern const ch_entity_kind ch_entity_imei;
extern const ch_entity_kind ch_entity_ip_address;
extern const ch_entity_kind ch_entity_license_plate;
extern const ch_entity_kind ch_entity_mac_address;
extern const ch_entity_kind ch_entity_mrn;
extern const ch_entity_kind ch_entity_mx_curp;
extern const ch_entity_kind ch_entity_person;
extern const ch_entity_kind ch_entity_phone;
extern const ch_entity_kind ch_entity_social_handle;
extern const ch_entity_kind ch_entity_street_address;
extern const ch_entity_kind ch_entity_udi;
extern const ch_entity_kind ch_entity_uk_nhs;
extern const ch_entity_kind ch_entity_url;
extern const ch_entity_kind ch_entity_us_dea;
extern const ch_entity_kind ch_entity_us_driver_license;
extern const ch_entity_kind ch_entity_us_ein;
extern const ch_entity_kind ch_entity_us_itin;
extern const ch_entity_kind ch_entity_us_mbi;
extern const ch_entity_kind ch_entity_us_npi;
extern const ch_entity_kind ch_entity_us_passport;
extern const ch_entity_kind ch_entity_us_ssn;
extern const ch_entity_kind ch_entity_vin;
extern const ch_entity_kind ch_entity_zip_code;

#endif
