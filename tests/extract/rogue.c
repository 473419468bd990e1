/*
 * A reader that does what it is told by the attachment, after it has shut
 * itself in by the real reader's jail: what ends it is what the jail is worth.
 * Built for the tests alone; never installed.
 *
 * The attachment is one word.  What can be refused without ending is told as
 * a text "refused: ERRNO"; what succeeded, as "escaped".
 */
#include "chaperone/extraction.h"
#include "extract/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void
say(char kind, guint8 value, const char *text)
{
    gsize length = strlen(text);
    guint8 head[CH_RECORD_HEAD] = {(guint8)kind,          value, (guint8)length,
                                   (guint8)(length >> 8), 0,     0};
    if (write(0, head, sizeof head) < 0 || write(0, text, length) < 0) {
        _exit(1);
    }
}

static void
tell(gboolean escaped)
{
    g_autofree char *text =
        escaped ? g_strdup("escaped")
                : g_strdup_printf("refused: %s", g_strerror(errno));
    say('T', CH_WHERE_ATTACHMENT, text);
}

/* --- what the jail must stop ------------------------------------------------
 */

static void
try_socket(void)
{
    tell(socket(AF_INET, SOCK_STREAM, 0) >= 0);
}

static void
try_exec(void)
{
    char *const none[] = {NULL};
    execve("/bin/true", none, none);
    tell(FALSE);
}

static void
try_fork(void)
{
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    tell(child > 0);
}

static void
try_open(void)
{
    tell(open("/etc/passwd", O_RDONLY) >= 0);
}

static void
try_write(void)
{
    tell(open("/tmp/chaperone-escaped", O_WRONLY | O_CREAT, 0600) >= 0);
}

static void
try_memory(void)
{
    tell(mmap(NULL, (size_t)4 << 30, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static void
try_code(void)
{
    tell(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
              -1, 0) != MAP_FAILED);
}

static void
try_kill(void)
{
    tell(kill(getppid(), 0) == 0);
}

static void
try_trace(void)
{
    tell(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
}

static void
spin(void)
{
    for (volatile guint i = 0;; i++) {
    }
}

/* --- what the pool must bear ---------------------------------------------- */

static void
hang(void)
{
    char byte;
    while (read(0, &byte, 1) >= 0) {
    }
}

static void
crash(void)
{
    say('T', CH_WHERE_ATTACHMENT, "said before");
    __builtin_trap();
}

static void
flood(void)
{
    static const char much[4096];
    while (write(0, much, sizeof much) > 0) {
    }
}

static void
flood_with_texts(void)
{
    static char much[65000];
    memset(much, 'a', sizeof much - 1);
    for (;;) {
        say('T', CH_WHERE_ATTACHMENT, much);
    }
}

static void
lie(void)
{
    say('T', CH_WHERE_SUBJECT, "a place that no attachment has");
    say('E', 0, "");
}

static void
lie_about_length(void)
{
    static const guint8 head[] = {
        'T', CH_WHERE_ATTACHMENT, 0xff, 0xff, 0xff, 0xff, 'a'};
    tell(write(0, head, sizeof head) < 0);
}

static void
be_good(void)
{
    say('T', CH_WHERE_METADATA, "good");
    say('S', CH_SEEN_LOCATION, "");
    say('U', CH_UNSCANNED_ENCRYPTED, "");
    say('E', 0, "");
}

/* A document with pictures in it. */
static void
see_pictures(void)
{
    say('T', CH_WHERE_ATTACHMENT, "read");
    say('S', CH_SEEN_MEDIA, "");
    say('E', 0, "");
}

static void
be_quiet(void)
{
}

static const struct {
    const char *word;
    void (*act)(void);
} acts[] = {
    {"socket", try_socket},
    {"exec", try_exec},
    {"fork", try_fork},
    {"open", try_open},
    {"write", try_write},
    {"memory", try_memory},
    {"code", try_code},
    {"kill", try_kill},
    {"trace", try_trace},
    {"spin", spin},
    {"hang", hang},
    {"crash", crash},
    {"flood", flood},
    {"texts", flood_with_texts},
    {"lie", lie},
    {"length", lie_about_length},
    {"good", be_good},
    {"quiet", be_quiet},
    {"pictures", see_pictures},
};

int
main(int argc, char **argv)
{
    const ch_jail_limits limits = {512 << 20, 1};
    char word[32] = "";
    guint64 head;
    if (strcmp(argv[argc - 1], "--ocr") == 0 &&
        !g_str_has_suffix(argv[0], "-with-eyes")) {
        return 1; /* the one for pictures cannot be started */
    }
    if (!ch_jail_enter(&limits) || write(0, "R", 1) != 1 ||
        read(0, &head, sizeof head) != sizeof head ||
        read(0, word, sizeof word - 1) < 0) {
        return 1;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(acts); i++) {
        if (strcmp(acts[i].word, word) == 0) {
            acts[i].act();
        }
    }
    _exit(0);
}
