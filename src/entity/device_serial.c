/*
 * device-serial: serial number of a device or implant, 45 CFR
 * 164.514(b)(2)(i)(M).
 *
 * Makers choose the shape, so the word beside it is compulsory.  Lot, model
 * and catalogue numbers name a product and are none.
 */
#include "kinds.h"

static const char *const words[] = {"serial number",
                                    "serial no",
                                    "serial #",
                                    "serial num",
                                    "serialno",
                                    "ser no",
                                    "ser. no",
                                    "s/n",
                                    "sn#",
                                    "device id",
                                    "device identifier",
                                    "device number",
                                    "implant id",
                                    "implant number",
                                    "implant card",
                                    "numero de serie",
                                    "num. de serie",
                                    "n. de serie",
                                    "no. de serie",
                                    "n/s",
                                    "device serial",
                                    NULL};
static const char *const weak[] = {"serial",   "sn",        "implant",
                                   "serie",    "pacemaker", "marcapasos",
                                   "implante", NULL};
static const ch_labels labels = {words, 32, 25, weak};

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    ch_labels_skip(&labels, in, span);
    return ch_kind_count_digits(in, *span) >= 4 &&
           span->end - span->start >= 5 && ch_labels_claim(&labels, in, *span);
}

const ch_entity_kind ch_entity_device_serial = {
    "device-serial",
    CH_LEFT "(?:[0-9]{5,16}(?:-[0-9a-z]{1,6})?|[0-9]{2,6}(?:-[0-9]{2,6}){1,3}"
            "|[a-z]{2,4}-[0-9]{2,6}-[0-9a-z]{2,8}"
            "|[a-z]{1,4}[0-9]{1,4}[a-z]{0,3}-[0-9a-z]{3,10}|" CH_CODE
            ")" CH_RIGHT,
    accept, NULL};
