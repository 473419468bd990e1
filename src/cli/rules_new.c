/*
 * chaperone rules new: the beginning of a rule, ready to be loaded.
 *
 * What it writes is a whole rule that finds a phrase nobody writes, so that
 * every tool works on it from the first minute on.  It never writes over a
 * file and never among the shipped rules.
 */
#include "cli.h"

#include "rules.h"

#include "chaperone/error.h"
#include "chaperone/version.h"

#include <errno.h>
#include <sysexits.h>
#include <unistd.h>

/* @PACK@, @ID@ and @DAY@ are filled in. */
static const char skeleton[] =
    "# @ID@: one rule in a file of its own.  chaperone-rules(5) explains\n"
    "# every key; rename, add and remove signals as you like.\n"
    "pack: @PACK@\n"
    "title: Rules of our own\n"
    "rules:\n"
    "  - id: @ID@\n"
    "    # What was found, in five words, for who wrote the post.\n"
    "    title:\n"
    "      en: A title in English\n"
    "      es: Un título en español\n"
    "    severity: S3        # S1 law or harm, S2 conduct, S3 reputation, S4 "
    "style\n"
    "    action: tag         # tag, quarantine or reject; begin with tag\n"
    "    confidence: medium  # low, medium or high\n"
    "    # Where to look; without this line, everywhere.\n"
    "    where: [subject, body, alt, attachment]\n"
    "    # What to look for.  (a|b) are alternatives, word~ has its endings,\n"
    "    # (small )? may be missing, \"...\" is up to four words.\n"
    "    signals:\n"
    "      thing:\n"
    "        words: [\"(purple|violet) placeholder~\"]\n"
    "      harmless:\n"
    "        words: [never, \"do not\"]\n"
    "    # What must stand together: all, any, not; in a sentence, 2 "
    "sentences,\n"
    "    # a paragraph, the part, the post, 80 characters.\n"
    "    condition:\n"
    "      all: [thing, {not: harmless}]\n"
    "      within: sentence\n"
    "    # How to mend the post, in plain words.\n"
    "    advice:\n"
    "      en: Say what to write instead.\n"
    "      es: Diga qué escribir en su lugar.\n"
    "    reference: the law, guideline or house rule behind it\n"
    "    reviewed: @DAY@\n"
    "    # Posts that must be found, and near misses that must not: the rule "
    "is\n"
    "    # refused while one comes out wrong.\n"
    "    examples:\n"
    "      match:\n"
    "        - \"Look at our violet placeholders!\"\n"
    "      pass:\n"
    "        - \"We never use a purple placeholder.\"\n"
    "        - \"The placeholder on the wall is green.\"\n";

static char *
dup_skeleton(const char *id)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *day = g_date_time_format(now, "%F");
    g_auto(GStrv) pack = g_strsplit(id, "/", 2);
    GString *text = g_string_new(skeleton);
    g_string_replace(text, "@PACK@", pack[0], 0);
    g_string_replace(text, "@ID@", id, 0);
    g_string_replace(text, "@DAY@", day, 0);
    return g_string_free(text, FALSE);
}

/* a-z, 0-9 and "-", with one slash inside. */
static gboolean
is_rule_id(const char *id)
{
    return g_regex_match_simple("^[a-z][a-z0-9-]*/[a-z0-9][a-z0-9-]*\\z", id, 0,
                                0);
}

/* Whether a package owns it: what stands there is lost with an update. */
static gboolean
is_shipped(const char *dir)
{
    g_autofree char *given = g_canonicalize_filename(dir, NULL);
    return strcmp(given, CH_DATADIR "/rules") == 0;
}

/* The last of rules.paths that can be written to, else here.  Owned. */
static char *
dup_site_dir(const ch_config *config)
{
    guint count = g_strv_length(config->rules_paths);
    for (guint i = count; i > 0; i--) {
        const char *dir = config->rules_paths[i - 1];
        if (g_file_test(dir, G_FILE_TEST_IS_DIR) && !is_shipped(dir) &&
            access(dir, W_OK) == 0) {
            return g_strdup(dir);
        }
    }
    return g_strdup(".");
}

static gboolean
is_in_force(const ch_config *config, const char *dir)
{
    g_autofree char *given = g_canonicalize_filename(dir, NULL);
    for (guint i = 0; config->rules_paths[i] != NULL; i++) {
        g_autofree char *known =
            g_canonicalize_filename(config->rules_paths[i], NULL);
        if (strcmp(known, given) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Rules that do not load say nothing about the id; they are told elsewhere. */
static gboolean
is_taken(const char *config, const char *id)
{
    g_autoptr(ch_diag) unheard = ch_diag_new();
    g_autoptr(ch_house) house = ch_house_load_drafts(config, unheard);
    return house != NULL && ch_ruleset_find(house->rules, id) != NULL;
}

static gboolean
write_new(const char *path, const char *text, GError **error)
{
    FILE *file = fopen(path, "wx"); /* x: never over another */
    if (file == NULL) {
        g_set_error(error, CH_ERROR,
                    errno == EEXIST ? CH_ERROR_STATE : CH_ERROR_IO,
                    "%s: %s, nothing was written", path, g_strerror(errno));
        return FALSE;
    }
    gboolean written = fputs(text, file) >= 0;
    if (fclose(file) != 0 || !written) {
        g_set_error(error, CH_ERROR, CH_ERROR_IO, "%s: %s", path,
                    g_strerror(errno));
        unlink(path);
        return FALSE;
    }
    return TRUE;
}

static void
print_next(const ch_config *config, const char *dir, const char *path,
           const char *id)
{
    printf("%s: the beginning of rule %s\n\n", path, id);
    if (!is_in_force(config, dir)) {
        printf("%s is not in rules.paths: add it, or take -c FILE with it.\n",
               dir);
    }
    printf("Next:\n"
           "  edit the file: signals, condition, title, advice, examples\n"
           "  chaperone rules test %s\n"
           "  chaperone explain --input text POST.txt    why it hits or "
           "misses\n"
           "  chaperone eval POSTS.jsonl                 how well it does\n"
           "  chaperone config reload                    the milter takes it "
           "over\n",
           id);
}

int
ch_rules_new(const char *config_file, const char *dir, const char *id)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    if (!is_rule_id(id)) {
        return ch_cli_usage("rules", "a new rule is PACK/NAME of a-z, 0-9 "
                                     "and -, such as site/waiting-room");
    }
    g_autoptr(ch_config) config = ch_config_load(config_file, diag);
    if (config == NULL) {
        return ch_cli_fail_diag(diag);
    }
    if (is_taken(config_file, id)) {
        fprintf(stderr,
                "chaperone: there is a rule \"%s\"; see chaperone rules show "
                "%s\n",
                id, id);
        return EX_DATAERR;
    }
    g_autofree char *where = dir == NULL ? dup_site_dir(config) : g_strdup(dir);
    g_autofree char *name = g_strconcat(id, ".yaml", NULL);
    g_strdelimit(name, "/", '-');
    g_autofree char *path = g_build_filename(where, name, NULL);
    g_autofree char *text = dup_skeleton(id);
    GError *error = NULL;
    if (!write_new(path, text, &error)) {
        return ch_cli_fail(error);
    }
    print_next(config, where, path, id);
    return EX_OK;
}
