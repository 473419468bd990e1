/*
 * A PCRE2 pattern to a tree: the part of the language that rules and entity
 * kinds use, with the options of regex.c (UTF, Unicode properties, brackets
 * that capture only by name).
 *
 * The tree may describe more than the pattern matches, never less.  What is
 * not known here for certain is refused: the pattern then has no triggers and
 * runs over every text, which is slow and right.
 */
#include "trigger_int.h"

#include <string.h>

#define MAX_DEPTH 60 /* of brackets; people write less than ten */

typedef struct {
    const char *at;
    const char *problem;
    guint depth;
} parser;

#define TOO_COMPLEX "it uses syntax that cannot be searched for ahead"
#define OPTIONS                                                                \
    "an inline option such as (?i) hides its words: text is folded to small "  \
    "letters before, leave it out"

static ch_tree *parse_alternatives(parser *p);

static ch_tree *
node(ch_tree_kind kind)
{
    ch_tree *tree = g_new0(ch_tree, 1);
    tree->kind = kind;
    return tree;
}

void
ch_tree_free(ch_tree *tree)
{
    while (tree != NULL) {
        ch_tree *next = tree->next;
        ch_tree_free(tree->first);
        g_free(tree);
        tree = next;
    }
}

static ch_tree *
refuse(parser *p, const char *problem)
{
    if (p->problem == NULL) {
        p->problem = problem;
    }
    return NULL;
}

/* --- sets --------------------------------------------------------------- */

gboolean
ch_set_has(const ch_ascii_set *set, guint c)
{
    return c < 128 && (set->bits[c / 64] >> (c % 64) & 1) != 0;
}

static void
set_add(ch_char_set *set, gunichar c)
{
    if (c < 128) {
        set->ascii.bits[c / 64] |= G_GUINT64_CONSTANT(1) << (c % 64);
    } else if (set->n_others < CH_SET_OTHERS) {
        set->others[set->n_others++] = c;
    } else {
        set->wide = TRUE;
    }
}

static void
set_add_range(ch_char_set *set, gunichar first, gunichar last)
{
    for (gunichar c = first; c <= last && c < 128; c++) {
        set_add(set, c);
    }
    set->wide |= last >= 128 && MAX(first, 128) + CH_SET_OTHERS <= last;
    for (gunichar c = MAX(first, 128); !set->wide && c <= last; c++) {
        set_add(set, c);
    }
}

static void
set_invert(ch_char_set *set)
{
    /* What is inexact can only be inverted to everything. */
    set->ascii.bits[0] = set->loose ? G_MAXUINT64 : ~set->ascii.bits[0];
    set->ascii.bits[1] = set->loose ? G_MAXUINT64 : ~set->ascii.bits[1];
    set->n_others = 0;
    set->wide = TRUE;
    set->exotic = FALSE;
}

#define ANY_KIND 'a' /* not known here: may be all of ASCII */

/* The ASCII part of a kind of characters, named by a letter of its own. */
static gboolean
is_of_kind(char kind, char c)
{
    switch (kind) {
    case 'd':
        return g_ascii_isdigit(c);
    case 'w':
        return g_ascii_isalnum(c) || c == '_';
    case 's':
        return c == ' ' || (c >= '\t' && c <= '\r');
    case 'h':
        return c == ' ' || c == '\t';
    case 'v':
        return c >= '\n' && c <= '\r';
    case 'L':
        return g_ascii_isalpha(c);
    case 'u':
        return g_ascii_isupper(c);
    case 'l':
        return g_ascii_islower(c);
    case 'X':
        return g_ascii_isalnum(c);
    default:
        return TRUE;
    }
}

static void
set_add_kind(ch_char_set *set, char kind)
{
    for (guint c = 0; c < 128; c++) {
        if (is_of_kind(kind, (char)c)) {
            set_add(set, c);
        }
    }
    set->loose |= kind == ANY_KIND;
    /* Beyond ASCII these four hold only what scan.c knows as exotic. */
    if (strchr("dshv", kind) != NULL) {
        set->exotic = TRUE;
    } else {
        set->wide = TRUE;
    }
}

/* \d and its like, c behind the backslash; FALSE: none of them. */
static gboolean
set_add_escape(ch_char_set *set, char c)
{
    ch_char_set other = {0};
    if (c == '\0' || strchr("dwshvDWSHV", c) == NULL) {
        return FALSE;
    }
    if (g_ascii_islower(c)) {
        set_add_kind(set, c);
        return TRUE;
    }
    set_add_kind(&other, g_ascii_tolower(c));
    set_invert(&other);
    set->ascii.bits[0] |= other.ascii.bits[0];
    set->ascii.bits[1] |= other.ascii.bits[1];
    set->wide = TRUE;
    return TRUE;
}

/* \p{L}, \pL, \P{..}: at is behind the p. */
static gboolean
set_add_property(parser *p, ch_char_set *set, gboolean inverted)
{
    static const struct {
        const char *name;
        char kind;
    } known[] = {{"L", 'L'},   {"Lu", 'u'},  {"Ll", 'l'},
                 {"L&", 'L'},  {"N", 'd'},   {"Nd", 'd'},
                 {"Xan", 'X'}, {"Xwd", 'w'}, {"Xsp", 's'}};
    gsize length = 1;
    const char *name = p->at;
    if (*name == '{') {
        const char *end = strchr(++name, '}');
        if (end == NULL) {
            return FALSE;
        }
        length = (gsize)(end - name);
        p->at = end + 1;
    } else if (g_ascii_isalpha(*name)) {
        p->at++;
    } else {
        return FALSE;
    }
    char kind = ANY_KIND;
    for (guint i = 0; i < G_N_ELEMENTS(known) && !inverted; i++) {
        if (strlen(known[i].name) == length &&
            strncmp(known[i].name, name, length) == 0) {
            kind = known[i].kind;
        }
    }
    set_add_kind(set, kind);
    set->wide |= !(kind == 'd' && length == 2) && kind != 's';
    return TRUE;
}

/* --- characters --------------------------------------------------------- */

static gboolean
parse_hex(parser *p, gunichar *c_out)
{
    gboolean braced = *p->at == '{';
    guint digits = 0, most = braced ? 6 : 2;
    gunichar c = 0;
    p->at += braced;
    for (; digits < most && g_ascii_isxdigit(*p->at); digits++, p->at++) {
        c = c * 16 + (gunichar)g_ascii_xdigit_value(*p->at);
    }
    if (braced && *p->at++ != '}') {
        return FALSE;
    }
    *c_out = c;
    return digits > 0 && g_unichar_validate(c);
}

/* One literal character behind a backslash; at is on it. */
static gboolean
parse_escaped(parser *p, gunichar *c_out)
{
    static const char names[] = "tnrfea";
    static const char values[] = "\t\n\r\f\033\a";
    char c = *p->at;
    if (c == '\0') {
        return FALSE;
    }
    const char *name = strchr(names, c);
    if (name != NULL) {
        *c_out = (gunichar)values[name - names];
        p->at++;
        return TRUE;
    }
    if (c == 'x') {
        p->at++;
        return parse_hex(p, c_out);
    }
    if (g_ascii_isalnum(c)) {
        return FALSE;
    }
    *c_out = g_utf8_get_char(p->at);
    p->at = g_utf8_next_char(p->at);
    return TRUE;
}

/* --- classes ------------------------------------------------------------ */

/* [:alpha:]; at is on its bracket. */
static gboolean
parse_posix(parser *p, ch_char_set *set)
{
    static const struct {
        const char *name;
        char kind;
    } known[] = {
        {"[:alpha:]", 'L'}, {"[:digit:]", 'd'}, {"[:alnum:]", 'X'},
        {"[:space:]", 's'}, {"[:upper:]", 'u'}, {"[:lower:]", 'l'},
        {"[:word:]", 'w'},  {"[:blank:]", 'h'}, {"[:punct:]", ANY_KIND},
    };
    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        if (g_str_has_prefix(p->at, known[i].name)) {
            p->at += strlen(known[i].name);
            set_add_kind(set, known[i].kind);
            return TRUE;
        }
    }
    return FALSE;
}

typedef enum { ITEM_BAD, ITEM_KIND, ITEM_CHAR } item_kind;

/* One member of a class: a kind of characters, added, or a character. */
static item_kind
parse_item(parser *p, ch_char_set *set, gunichar *c_out)
{
    if (*p->at == '[' && strchr(":.=", p->at[1]) != NULL && p->at[1] != '\0') {
        return parse_posix(p, set) ? ITEM_KIND : ITEM_BAD;
    }
    if (*p->at != '\\') {
        *c_out = g_utf8_get_char(p->at);
        p->at = g_utf8_next_char(p->at);
        return ITEM_CHAR;
    }
    p->at++;
    if (set_add_escape(set, *p->at)) {
        p->at++;
        return ITEM_KIND;
    }
    if (*p->at == 'p' || *p->at == 'P') {
        p->at++;
        return set_add_property(p, set, p->at[-1] == 'P') ? ITEM_KIND
                                                          : ITEM_BAD;
    }
    if (*p->at == 'b') { /* in a class it is the backspace */
        p->at++;
        *c_out = '\b';
        return ITEM_CHAR;
    }
    return parse_escaped(p, c_out) ? ITEM_CHAR : ITEM_BAD;
}

/* Members up to the closing bracket; at is behind the opening one. */
static gboolean
parse_members(parser *p, ch_char_set *set)
{
    for (gboolean first = TRUE; *p->at != ']' || first; first = FALSE) {
        gunichar from = 0, to = 0;
        item_kind kind = *p->at == '\0' ? ITEM_BAD : parse_item(p, set, &from);
        gboolean is_range = *p->at == '-' && p->at[1] != ']';
        /* What a hyphen means behind a kind differs among versions. */
        if (kind == ITEM_BAD || (kind == ITEM_KIND && is_range)) {
            return FALSE;
        }
        to = from;
        if (is_range) {
            p->at++;
            if (*p->at == '\0' || parse_item(p, set, &to) != ITEM_CHAR) {
                return FALSE;
            }
        }
        if (kind == ITEM_CHAR) {
            set_add_range(set, from, to);
        }
    }
    p->at++;
    return TRUE;
}

static ch_tree *
parse_class(parser *p)
{
    g_autoptr(ch_tree) tree = node(CH_TREE_SET);
    gboolean inverted = *p->at == '^';
    p->at += inverted;
    if (!parse_members(p, &tree->set)) {
        return refuse(p, TOO_COMPLEX);
    }
    if (inverted) {
        set_invert(&tree->set);
    }
    return g_steal_pointer(&tree);
}

/* --- groups ------------------------------------------------------------- */

/* What a look-around says: no word character here is an edge. */
static ch_tree *
look_around(ch_tree *inner, gboolean ahead, gboolean negative)
{
    g_autoptr(ch_tree) tree = inner;
    if (ahead && !negative) {
        ch_tree *look = node(CH_TREE_AHEAD);
        look->first = g_steal_pointer(&tree);
        return look;
    }
    gboolean edge = negative && tree->kind == CH_TREE_SET && !tree->set.loose;
    for (guint c = 0; c < 128 && edge; c++) {
        edge = !is_of_kind('w', (char)c) || ch_set_has(&tree->set.ascii, c);
    }
    return node(edge ? CH_TREE_EDGE : CH_TREE_EMPTY);
}

/* Skips the name of a group, up to end; FALSE: no name. */
static gboolean
skip_name(parser *p, char end)
{
    const char *start = p->at;
    while (g_ascii_isalnum(*p->at) || *p->at == '_') {
        p->at++;
    }
    return p->at > start && *p->at++ == end;
}

/* Behind an opening bracket. */
static ch_tree *
parse_group(parser *p)
{
    static const char *const looks[] = {"?=", "?!", "?<=", "?<!"};
    int look = -1;
    for (int i = 0; i < (int)G_N_ELEMENTS(looks); i++) {
        if (g_str_has_prefix(p->at, looks[i])) {
            look = i;
            p->at += strlen(looks[i]);
            break;
        }
    }
    if (look < 0 && (*p->at == '?' || *p->at == '*')) {
        const char *kind = p->at;
        if (g_str_has_prefix(kind, "?:") || g_str_has_prefix(kind, "?>")) {
            p->at += 2;
        } else if (g_str_has_prefix(kind, "?P<") ||
                   g_str_has_prefix(kind, "?<")) {
            p->at += kind[1] == 'P' ? 3 : 2;
            if (!skip_name(p, '>')) {
                return refuse(p, TOO_COMPLEX);
            }
        } else {
            gboolean option =
                g_ascii_isalpha(kind[1]) || kind[1] == '-' || kind[1] == '^';
            return refuse(p, option ? OPTIONS : TOO_COMPLEX);
        }
    }
    ch_tree *inner = parse_alternatives(p);
    if (inner == NULL || *p->at != ')') {
        ch_tree_free(inner);
        return refuse(p, TOO_COMPLEX);
    }
    p->at++;
    return look < 0 ? inner : look_around(inner, look < 2, look % 2 == 1);
}

/* --- atoms -------------------------------------------------------------- */

static ch_tree *
parse_back_reference(parser *p)
{
    if (*p->at == 'k') {
        char open = p->at[1];
        p->at += 2;
        return (open == '<' && skip_name(p, '>')) ||
                       (open == '{' && skip_name(p, '}'))
                   ? node(CH_TREE_OPEN)
                   : refuse(p, TOO_COMPLEX);
    }
    p->at++;
    return g_ascii_isdigit(*p->at) ? refuse(p, TOO_COMPLEX)
                                   : node(CH_TREE_OPEN);
}

/* Behind a backslash. */
static ch_tree *
parse_escape(parser *p)
{
    char c = *p->at;
    gunichar literal;
    g_autoptr(ch_tree) tree = node(CH_TREE_SET);
    if (set_add_escape(&tree->set, c)) {
        p->at++;
        return g_steal_pointer(&tree);
    }
    if (c == 'p' || c == 'P') {
        p->at++;
        return set_add_property(p, &tree->set, c == 'P')
                   ? g_steal_pointer(&tree)
                   : refuse(p, TOO_COMPLEX);
    }
    if (c != '\0' && strchr("bBAzZ", c) != NULL) {
        p->at++;
        return node(c == 'b' ? CH_TREE_EDGE : CH_TREE_EMPTY);
    }
    if (c == 'k' || (c >= '1' && c <= '9')) {
        return parse_back_reference(p);
    }
    if (!parse_escaped(p, &literal)) {
        return refuse(p, TOO_COMPLEX);
    }
    set_add(&tree->set, literal);
    return g_steal_pointer(&tree);
}

static ch_tree *
parse_atom(parser *p)
{
    char c = *p->at;
    if (strchr("([\\^$", c) != NULL) {
        p->at++;
        return c == '('    ? parse_group(p)
               : c == '['  ? parse_class(p)
               : c == '\\' ? parse_escape(p)
                           : node(CH_TREE_EMPTY);
    }
    if (strchr("*+?", c) != NULL) {
        return refuse(p, TOO_COMPLEX);
    }
    ch_tree *tree = node(CH_TREE_SET);
    set_add(&tree->set, c == '.' ? '\n' : g_utf8_get_char(p->at));
    if (c == '.') {
        set_invert(&tree->set);
    }
    p->at = g_utf8_next_char(p->at);
    return tree;
}

/* --- repeats, sequences, alternatives ----------------------------------- */

static gboolean
parse_number(parser *p, guint *n_out)
{
    const char *start = p->at;
    guint n = 0;
    while (g_ascii_isdigit(*p->at) && p->at - start < 5) {
        n = n * 10 + (guint)(*p->at++ - '0');
    }
    *n_out = n;
    return p->at > start;
}

typedef enum { REPEAT_NONE, REPEAT_READ, REPEAT_BAD } repeat_kind;

/* {n}, {n,}, {n,m}; or a literal brace.  Newer versions know {,n} and spaces
 * too: refused, for they would mean different things. */
static repeat_kind
parse_braces(parser *p, guint *min, guint *max)
{
    const char *start = p->at++;
    gboolean number = parse_number(p, min);
    *max = *min;
    if (number && *p->at == ',') {
        p->at++;
        if (!parse_number(p, max)) {
            *max = CH_TREE_MANY;
        }
    }
    if (number && *p->at == '}') {
        p->at++;
        return REPEAT_READ;
    }
    p->at = start;
    return strspn(start + 1, "0123456789, ") > 0 ? REPEAT_BAD : REPEAT_NONE;
}

static repeat_kind
parse_repeat(parser *p, guint *min, guint *max)
{
    if (*p->at == '{') {
        return parse_braces(p, min, max);
    }
    if (*p->at == '\0' || strchr("*+?", *p->at) == NULL) {
        return REPEAT_NONE;
    }
    *min = *p->at == '+';
    *max = *p->at == '?' ? 1 : CH_TREE_MANY;
    p->at++;
    return REPEAT_READ;
}

/* An atom and what repeats it; lazy and possessive repeats match no more. */
static ch_tree *
parse_repeated(parser *p)
{
    g_autoptr(ch_tree) atom = parse_atom(p);
    for (gboolean first = TRUE; atom != NULL; first = FALSE) {
        guint min, max;
        repeat_kind kind = parse_repeat(p, &min, &max);
        if (kind == REPEAT_NONE) {
            break;
        }
        if (kind == REPEAT_BAD || !first) {
            return refuse(p, TOO_COMPLEX);
        }
        if (*p->at == '?' || *p->at == '+') {
            p->at++;
        }
        gboolean zero_width = atom->kind == CH_TREE_EMPTY ||
                              atom->kind == CH_TREE_EDGE ||
                              atom->kind == CH_TREE_AHEAD;
        ch_tree *repeat = node(zero_width ? CH_TREE_EMPTY : CH_TREE_REPEAT);
        repeat->min = min;
        repeat->max = max;
        repeat->first = g_steal_pointer(&atom);
        atom = repeat;
    }
    return g_steal_pointer(&atom);
}

static ch_tree *
parse_sequence(parser *p)
{
    g_autoptr(ch_tree) tree = node(CH_TREE_CAT);
    ch_tree **last = &tree->first;
    while (*p->at != '\0' && *p->at != '|' && *p->at != ')') {
        *last = parse_repeated(p);
        if (*last == NULL) {
            return NULL;
        }
        last = &(*last)->next;
    }
    if (tree->first != NULL && tree->first->next == NULL) {
        return g_steal_pointer(&tree->first);
    }
    return g_steal_pointer(&tree);
}

static ch_tree *
parse_alternatives(parser *p)
{
    g_autoptr(ch_tree) tree = node(CH_TREE_ALT);
    ch_tree **last = &tree->first;
    if (++p->depth > MAX_DEPTH) {
        return refuse(p, TOO_COMPLEX);
    }
    for (gboolean more = TRUE; more;) {
        *last = parse_sequence(p);
        if (*last == NULL) {
            return NULL;
        }
        last = &(*last)->next;
        more = *p->at == '|';
        p->at += more;
    }
    p->depth--;
    if (tree->first->next == NULL) {
        return g_steal_pointer(&tree->first);
    }
    return g_steal_pointer(&tree);
}

ch_tree *
ch_tree_parse(const char *pattern, const char **problem_out)
{
    parser p = {.at = pattern};
    g_autoptr(ch_tree) tree = parse_alternatives(&p);
    if (tree == NULL || *p.at != '\0') {
        *problem_out = p.problem != NULL ? p.problem : TOO_COMPLEX;
        return NULL;
    }
    return g_steal_pointer(&tree);
}
