/*
 * The doctor's look at the reader of attachments: whether it starts, shuts
 * itself in and answers, and whether it can read words in pictures.
 */
#include "chaperone/pool.h"
#include "doctor.h"

static ch_extraction *
ask(ch_pool *pool, const void *data, gsize length)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, length);
    return ch_pool_run(pool, bytes);
}

static void
check_pictures(doctor *d, ch_pool *pool)
{
    /* The smallest GIF, too small for words: it is read if there is an
     * engine. */
    static const guint8 gif[] = {'G', 'I',  'F', '8', '9', 'a', 1, 0,   1,
                                 0,   0x80, 0,   0,   0,   0,   0, 255, 255,
                                 255, ',',  0,   0,   0,   0,   1, 0,   1,
                                 0,   0,    2,   2,   'D', 1,   0, ';'};
    g_autoptr(ch_extraction) x = ask(pool, gif, sizeof gif);
    gboolean good = (x->seen & 1u << CH_SEEN_WORDS) != 0;
    doctor_say(d, good ? DOCTOR_GOOD : DOCTOR_WARN, "words in pictures",
               good ? "are read" : "are not read",
               "apt-get install tesseract-ocr-eng tesseract-ocr-spa; or "
               "chaperone.yaml: extract: {ocr: false}");
}

void
doctor_check_extract(doctor *d, ch_config *config)
{
    static const char text[] = "Office hours are from nine to five.\n";
    g_autoptr(ch_pool) pool = ch_pool_new(config);
    g_autoptr(ch_extraction) x = ask(pool, text, sizeof text - 1);
    gboolean good = x->texts->len == 1 && x->unscanned == 0;
    doctor_say(d, good ? DOCTOR_GOOD : DOCTOR_BAD, "chaperone-extract",
               good             ? "reads in its jail"
               : x->unavailable ? "cannot be started"
                                : "does not answer as it should",
               "install chaperone-extract, or chaperone.yaml: extract: "
               "{program: PATH, memory: 512MiB}: until then all documents "
               "are held");
    if (good && config->extract_ocr) {
        check_pictures(d, pool);
    }
}
