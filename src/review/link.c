/*
 * The link of a letter: opens its card once, for who has signed in.
 *
 * It gives nobody a right that he has not: the way to here is that of every
 * page, and a link that is spent, over or unknown leads to the queue, where
 * the post is.  Its token is in no log and, after this answer, in no address.
 */
#include "review.h"

#include "chaperone/link.h"
#include "chaperone/log.h"

#include <string.h>
#include <syslog.h>

/* Why it opens nothing; known ones name their post. */
static void
tell_end(ch_ctx *c, ch_link_end end, const char *id)
{
    static const char *const names[] = {[CH_LINK_SPENT] = "link-spent",
                                        [CH_LINK_EXPIRED] = "link-expired",
                                        [CH_LINK_FOREIGN] = "link-foreign"};
    const char *words =
        end == CH_LINK_SPENT
            ? T(c, "This link was used before; each works once. Look for the "
                   "post in the queue, by its ID:")
        : end == CH_LINK_EXPIRED
            ? T(c, "The time of this link is over. Look for the post in the "
                   "queue or among the decided ones, by its ID:")
            : T(c, "This is no link of a letter from here, or it was cut "
                   "short. Look for the post in the queue.");
    g_autofree char *what =
        g_strdup_printf("%s%s%s", words, end == CH_LINK_FOREIGN ? "" : " ", id);
    ch_log(LOG_NOTICE, "review-refused", CH_LOG_ID, id, CH_LOG_REASON,
           names[end], CH_LOG_AUTHOR, c->session->account, CH_LOG_CODE,
           end == CH_LINK_FOREIGN ? 404 : 410, CH_LOG_END);
    ch_respond_error(c, end == CH_LINK_FOREIGN ? 404 : 410, what);
}

void
ch_get_link(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1] = "";
    ch_link_end end = CH_LINK_FOREIGN;
    /* A look at whether there is a page spends nothing. */
    if (strcmp(c->request->method, "HEAD") == 0) {
        ch_respond_see(c, "/queue");
        return;
    }
    if (ch_link_is_token(c->arg) &&
        !ch_link_use(c->store, c->arg, c->now_us, &end, id, &error)) {
        ch_respond_gerror(c, error);
        return;
    }
    if (end != CH_LINK_OPENS) {
        tell_end(c, end, id);
        return;
    }
    g_autofree char *card = g_strdup_printf("/item/%s", id);
    ch_respond_see(c, card);
}
