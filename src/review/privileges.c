/*
 * From root to review.user, for good, before anything of a mail is touched.
 */
#include "privileges.h"

#include "chaperone/error.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

void
ch_review_harden(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    /* The store's files are shared with the milter by their group. */
    umask(0007);
    signal(SIGPIPE, SIG_IGN);
}

static gboolean
find(const ch_config *config, uid_t *uid_out, gid_t *gid_out, GError **error)
{
    const struct passwd *user = getpwnam(config->review_user);
    const struct group *group = getgrnam(config->review_group);
    if (user == NULL || group == NULL) {
        g_set_error(error, CH_ERROR, CH_ERROR_CONFIG,
                    user == NULL ? "review.user: no user %s on this system"
                                 : "review.group: no group %s on this system",
                    user == NULL ? config->review_user : config->review_group);
        return FALSE;
    }
    *uid_out = user->pw_uid;
    *gid_out = group->gr_gid;
    return TRUE;
}

gboolean
ch_review_drop(const ch_config *config, GError **error)
{
    uid_t uid;
    gid_t gid;
    if (geteuid() != 0 || strcmp(config->review_user, "root") == 0) {
        return TRUE;
    }
    if (!find(config, &uid, &gid, error)) {
        return FALSE;
    }
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 ||
        setresuid(uid, uid, uid) != 0) {
        g_set_error(error, CH_ERROR, CH_ERROR_IO, "cannot become user %s: %s",
                    config->review_user, g_strerror(errno));
        return FALSE;
    }
    if (setuid(0) == 0 || geteuid() == 0) {
        g_set_error(error, CH_ERROR, CH_ERROR_INTERNAL,
                    "user %s could become root again", config->review_user);
        return FALSE;
    }
    prctl(PR_SET_DUMPABLE, 0); /* the kernel sets it anew on setuid */
    return TRUE;
}
