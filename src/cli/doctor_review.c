/*
 * The doctor's look at the review page: who it runs as, whether that user can
 * read the key and write the store and nobody else the key of its certificate,
 * how long that is good, and whether the page answers.
 *
 * A page that is not there is no fault by itself: the command line decides,
 * too.  Asks this host alone, never review.base_url.
 */
#include "doctor.h"

#include <curl/curl.h>
#include <gio/gio.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#define DAY_S 86400
/* Days before its end from which on a certificate is worth a word. */
#define CERTIFICATE_DAYS 14
#define ANSWER_S         5L

/* --- who it runs as ------------------------------------------------------- */

typedef struct {
    uid_t user;
    gid_t group;
} person;

static gboolean
find_person(doctor *d, const ch_config *config, person *out)
{
    const struct passwd *user = getpwnam(config->review_user);
    const struct group *group = getgrnam(config->review_group);
    g_autofree char *seen = g_strdup_printf(
        "%s %s, %s %s", user != NULL ? "user" : "no user", config->review_user,
        group != NULL ? "group" : "no group", config->review_group);
    gboolean known = user != NULL && group != NULL;
    doctor_say(d, known ? DOCTOR_GOOD : DOCTOR_WARN, "review: user", seen,
               "systemd-sysusers, or chaperone.yaml: review: {user: NAME, "
               "group: NAME}");
    if (known) {
        *out = (person){user->pw_uid, group->gr_gid};
    }
    return known;
}

/* Whether bits (of one class: 4 read, 2 write, 1 search) are that person's. */
static gboolean
may(const struct stat *st, const person *p, mode_t bits)
{
    mode_t mode = st->st_uid == p->user    ? st->st_mode >> 6
                  : st->st_gid == p->group ? st->st_mode >> 3
                                           : st->st_mode;
    return p->user == 0 || (mode & bits) == bits;
}

static void
check_file(doctor *d, const person *p, const char *what, const char *path,
           mode_t bits, const char *mend)
{
    struct stat st;
    gboolean there = stat(path, &st) == 0;
    gboolean good = there && may(&st, p, bits);
    g_autofree char *seen =
        g_strdup_printf("%s%s", path,
                        good    ? ""
                        : there ? ": not for the page's user"
                                : ": is not there, or not to be seen");
    doctor_say(d, good ? DOCTOR_GOOD : DOCTOR_BAD, what, seen, mend);
}

static void
check_files(doctor *d, const ch_config *config, const person *p)
{
    const char *path = strchr(config->store_url, ':') + 1;
    g_autofree char *directory = g_path_get_dirname(path);
    g_autofree char *key =
        g_strdup_printf("chgrp %s %s && chmod 0640 %s", config->review_group,
                        config->store_key_file, config->store_key_file);
    g_autofree char *store = g_strdup_printf(
        "chgrp %s %s %s && chmod 0770 %s && chmod 0660 %s: milter.user must "
        "be of that group, too",
        config->review_group, directory, path, directory, path);
    check_file(d, p, "review: store.key_file", config->store_key_file, 4, key);
    check_file(d, p, "review: store", path, 6, store);
    check_file(d, p, "review: directory of the store", directory, 7, store);
}

/* --- the way to it -------------------------------------------------------- */

/* "0.0.0.0:8443" is asked at 127.0.0.1.  Owned. */
static char *
dup_url(const ch_config *config)
{
    const char *listen = config->review_listen;
    const char *colon = strrchr(listen, ':');
    g_autofree char *host = g_strndup(listen, (gsize)(colon - listen));
    const char *asked = strcmp(host, "0.0.0.0") == 0 ? "127.0.0.1"
                        : strcmp(host, "[::]") == 0  ? "[::1]"
                                                     : host;
    return g_strdup_printf("http%s://%s%s/healthz",
                           config->review_certificate[0] != '\0' ? "s" : "",
                           asked, colon);
}

static gboolean
is_loopback(const char *listen)
{
    g_autofree char *host =
        g_strndup(listen, (gsize)(strrchr(listen, ':') - listen));
    g_strstrip(g_strdelimit(host, "[]", ' '));
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);
    return strcmp(host, "localhost") == 0 ||
           (address != NULL && g_inet_address_get_is_loopback(address));
}

static void
check_way(doctor *d, const ch_config *config)
{
    gboolean tls = config->review_certificate[0] != '\0';
    gboolean proxy = g_str_has_prefix(config->review_base_url, "https://");
    gboolean safe = tls || proxy || is_loopback(config->review_listen);
    doctor_say(d, safe ? DOCTOR_GOOD : DOCTOR_BAD, "review.listen",
               config->review_listen,
               "chaperone.yaml: review: {tls: ...}, or base_url: "
               "\"https://...\" of a proxy: passwords would go in the clear, "
               "and the page does not start");
    gboolean linked = config->review_base_url[0] != '\0';
    doctor_say(d, linked ? DOCTOR_GOOD : DOCTOR_WARN, "review.base_url",
               linked ? config->review_base_url : "empty",
               "chaperone.yaml: review: {base_url: \"https://...\"}: notices "
               "name a command instead of a link");
}

/* Root reads it for the page; nobody else needs to. */
static void
check_tls_file(doctor *d, const char *what, const char *path, gboolean secret)
{
    struct stat st;
    gboolean there = stat(path, &st) == 0 && S_ISREG(st.st_mode);
    gboolean open = there && secret && (st.st_mode & 0037) != 0;
    g_autofree char *seen = g_strdup_printf("%s%s", path,
                                            !there ? ": no file"
                                            : open ? ": others may read it"
                                                   : "");
    g_autofree char *mend = g_strdup_printf(
        secret ? "chown root %s && chmod 0600 %s: the page reads it as root"
               : "chaperone.yaml: review: {tls: {certificate: FILE, key: "
                 "FILE}}",
        path, path);
    doctor_say(d, there && !open ? DOCTOR_GOOD : DOCTOR_BAD, what, seen, mend);
}

/* --- what it says --------------------------------------------------------- */

static size_t
take(char *data, size_t size, size_t n, void *user)
{
    GString *body = user;
    if (body->len < 100) {
        g_string_append_len(body, data, (gssize)(size * n));
    }
    return size * n;
}

/* The end of the certificate that the page showed; -1: it showed none. */
static gint64
certificate_end(CURL *curl)
{
    static const char label[] = "Expire date:";
    struct curl_certinfo *info = NULL;
    if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &info) != CURLE_OK ||
        info == NULL || info->num_of_certs < 1) {
        return -1;
    }
    for (const struct curl_slist *l = info->certinfo[0]; l; l = l->next) {
        if (g_str_has_prefix(l->data, label)) {
            return (gint64)curl_getdate(l->data + strlen(label), NULL);
        }
    }
    return -1;
}

static void
check_certificate(doctor *d, CURL *curl)
{
    gint64 end = certificate_end(curl);
    gint64 left = end - g_get_real_time() / G_USEC_PER_SEC;
    g_autofree char *seen =
        end < 0
            ? g_strdup("its end is not known")
            : g_strdup_printf("%" G_GINT64_FORMAT " days left", left / DAY_S);
    doctor_say(d,
               end >= 0 && left <= 0                        ? DOCTOR_BAD
               : end < 0 || left < CERTIFICATE_DAYS * DAY_S ? DOCTOR_WARN
                                                            : DOCTOR_GOOD,
               "review: certificate", seen,
               "renew it, then systemctl restart chaperone-review");
}

static void
check_answer(doctor *d, const ch_config *config)
{
    g_autofree char *url = dup_url(config);
    g_autoptr(GString) body = g_string_new(NULL);
    long status = 0;
    CURL *curl = curl_easy_init();
    /* This host's own page: by what name others know it does not matter. */
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, ANSWER_S);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    gboolean well =
        code == CURLE_OK && status == 200 && strcmp(body->str, "ok\n") == 0;
    gboolean ours = code == CURLE_OK && status == 503;
    doctor_say(d,
               well   ? DOCTOR_GOOD
               : ours ? DOCTOR_BAD
                      : DOCTOR_WARN,
               "review: /healthz",
               well               ? url
               : ours             ? "the page runs, its store does not answer"
               : code != CURLE_OK ? curl_easy_strerror(code)
                                  : "another program answers there",
               ours ? "journalctl -u chaperone-review"
                    : "systemctl enable --now chaperone-review, if people are "
                      "to decide on the page");
    if (well && config->review_certificate[0] != '\0') {
        check_certificate(d, curl);
    }
    curl_easy_cleanup(curl);
}

void
doctor_check_review(doctor *d, const ch_config *config)
{
    person p;
    check_way(d, config);
    if (find_person(d, config, &p)) {
        check_files(d, config, &p);
    }
    if (config->review_certificate[0] != '\0') {
        check_tls_file(d, "review.tls: certificate", config->review_certificate,
                       FALSE);
        check_tls_file(d, "review.tls: key", config->review_key, TRUE);
    }
    check_answer(d, config);
}
