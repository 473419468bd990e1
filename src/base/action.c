/*
 * Names of actions, as people write and read them.
 */
#include "chaperone/action.h"

static const char *const action_names[] = {"accept", "tag", "quarantine",
                                           "reject"};

const char *
ch_action_name(ch_action action)
{
    return action_names[action];
}

gboolean
ch_action_parse(const char *name, ch_action *action_out)
{
    for (guint i = 0; i < G_N_ELEMENTS(action_names); i++) {
        if (strcmp(name, action_names[i]) == 0) {
            *action_out = (ch_action)i;
            return TRUE;
        }
    }
    return FALSE;
}
