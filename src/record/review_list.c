/*
 * The lists that reviewers work from, their counts, and an item's history.
 *
 * One text of SQL for each list, so that each is compiled once: a filter that
 * is not given is NULL.  Only metadata is searched; the text of a post is
 * sealed and not there to be found.
 */
#include "chaperone/review.h"

#include "record/store_int.h"

/* Whether ?N is one of the names in a column like "a, b". */
#define HAS(column, n)                                                         \
    " AND (?" n " IS NULL OR instr(',' || replace(item." column                \
    ", ' ', '') || ',', ',' || ?" n " || ',') > 0)"

/* 1 state, 2 gateway, 3 rule, 4 author, 5 search, 6 owner, 7 escalated. */
#define FILTERS                                                                \
    " AND (?1 IS NULL OR item.state = ?1)" HAS("gateways", "2")                \
        HAS("rules", "3") " AND (?4 IS NULL OR item.author = ?4)"              \
                          " AND (?5 IS NULL OR instr(lower(item.id || ' ' ||"  \
                          " coalesce(item.author, '') || ' ' ||"               \
                          " coalesce(item.gateways, '') || ' ' ||"             \
                          " coalesce(item.rules, '') || ' ' ||"                \
                          " coalesce(item.reviewer, '')), lower(?5)) > 0)"     \
                          " AND (?6 IS NULL OR review.owner = ?6)"             \
                          " AND (?7 = 0 OR review.escalated_us IS NOT NULL)"

/* The planner, which has no statistics, would sort all of a state. */
#define FROM(index)                                                            \
    " FROM item" index " LEFT JOIN review ON review.id = item.id WHERE "
#define ROWS(index) "SELECT " CH_ITEM_COLUMNS ", " CH_REVIEW_COLUMNS FROM(index)
#define PAGE        " LIMIT ?8 OFFSET ?9"

#define WAITING "item.state IN ('held', 'releasing', 'release_failed')"
#define PASSED  "item.state = 'passed' AND item.seen_us IS NULL"
#define DONE    "item.state IN ('released', 'refused', 'expired')"

static const struct {
    const char *rows, *count;
} lists[CH_LIST_COUNT] = {
    [CH_LIST_WAITING] = {ROWS(" INDEXED BY item_by_waiting") WAITING FILTERS
                         " ORDER BY item.deadline_us, item.time_us,"
                         " item.id" PAGE,
                         "SELECT count(*)" FROM(" INDEXED BY item_by_waiting")
                             WAITING FILTERS},
    [CH_LIST_PASSED] = {ROWS(" INDEXED BY item_by_passed") PASSED FILTERS
                        " ORDER BY item.time_us DESC, item.id" PAGE,
                        "SELECT count(*)" FROM(" INDEXED BY item_by_passed")
                            PASSED FILTERS},
    [CH_LIST_DONE] = {ROWS(" INDEXED BY item_by_decided") DONE FILTERS
                      " ORDER BY item.decided_us DESC, item.id" PAGE,
                      "SELECT count(*)" FROM(" INDEXED BY item_by_decided")
                          DONE FILTERS},
    [CH_LIST_ALL] = {ROWS("") "1" FILTERS
                              " ORDER BY item.time_us DESC, item.id" PAGE,
                     "SELECT count(*)" FROM("") "1" FILTERS},
};

static void
free_row(gpointer data)
{
    ch_list_row *row = data;
    ch_item_free(row->item);
    ch_review_free(row->review);
    g_free(row);
}

static GPtrArray *
read_rows(ch_db *db, const char *sql, const ch_value *values, GError **error)
{
    GError *step_error = NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(free_row);
    g_autoptr(ch_rows) rows = ch_db_query(db, sql, values, error);
    if (rows == NULL) {
        return NULL;
    }
    while (step_error == NULL && ch_rows_next(rows, &step_error)) {
        ch_item *item = ch_items_read(rows, &step_error);
        if (item != NULL) {
            ch_list_row *row = g_new0(ch_list_row, 1);
            row->item = item;
            row->review = ch_review_read(rows, CH_ITEM_COLUMN_COUNT);
            g_ptr_array_add(list, row);
        }
    }
    if (step_error != NULL) {
        g_propagate_error(error, step_error);
        return NULL;
    }
    return g_steal_pointer(&list);
}

static gboolean
is_filtered(const ch_list_ask *a)
{
    return a->state != NULL || a->gateway != NULL || a->rule != NULL ||
           a->author != NULL || a->search != NULL || a->owner != NULL ||
           a->escalated;
}

/* Without filters no join is needed to count. */
static const char *const plain_counts[CH_LIST_COUNT] = {
    [CH_LIST_WAITING] =
        "SELECT count(*) FROM item INDEXED BY item_by_waiting WHERE " WAITING,
    [CH_LIST_PASSED] =
        "SELECT count(*) FROM item INDEXED BY item_by_passed WHERE " PASSED,
    [CH_LIST_DONE] =
        "SELECT count(*) FROM item INDEXED BY item_by_decided WHERE " DONE,
    [CH_LIST_ALL] = "SELECT count(*) FROM item",
};

GPtrArray *
ch_review_list(ch_store *store, const ch_list_ask *a, guint *total_out,
               GError **error)
{
    gint64 total = 0;
    const ch_value values[] = {CH_TEXT(a->state),    CH_TEXT(a->gateway),
                               CH_TEXT(a->rule),     CH_TEXT(a->author),
                               CH_TEXT(a->search),   CH_TEXT(a->owner),
                               CH_INT(a->escalated), CH_INT(a->limit),
                               CH_INT(a->offset),    {.type = CH_VALUE_END}};
    ch_value counted[G_N_ELEMENTS(values)];
    memcpy(counted, values, sizeof values);
    counted[7].type = CH_VALUE_END;
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return NULL;
    }
    gboolean ok =
        is_filtered(a)
            ? ch_db_number(db, lists[a->list].count, counted, 0, &total, error)
            : ch_db_number(db, plain_counts[a->list], NULL, 0, &total, error);
    GPtrArray *list =
        ok ? read_rows(db, lists[a->list].rows, values, error) : NULL;
    ch_store_unlock_reader(store, list != NULL);
    *total_out = (guint)total;
    return list;
}

/* --- counts --------------------------------------------------------------- */

static gboolean
count(ch_db *db, const char *sql, const ch_value *values, guint *out,
      GError **error)
{
    gint64 n = 0;
    gboolean ok = ch_db_number(db, sql, values, 0, &n, error);
    *out = (guint)n;
    return ok;
}

gboolean
ch_review_count(ch_store *store, gint64 due_us, ch_review_counts *out,
                GError **error)
{
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return FALSE;
    }
    gboolean ok =
        count(db, plain_counts[CH_LIST_WAITING], NULL, &out->waiting, error) &&
        count(db,
              "SELECT count(*) FROM review JOIN item ON item.id = review.id"
              " WHERE review.escalated_us IS NOT NULL AND item.state = 'held'",
              NULL, &out->escalated, error) &&
        count(db, plain_counts[CH_LIST_PASSED], NULL, &out->passed, error) &&
        count(db, "SELECT count(*) FROM item WHERE state = 'release_failed'",
              NULL, &out->failed, error) &&
        count(db,
              "SELECT count(*) FROM item WHERE state = 'held'"
              " AND deadline_us BETWEEN 0 AND ?",
              CH_VALUES(CH_INT(due_us)), &out->due_soon, error);
    ch_store_unlock_reader(store, ok);
    return ok;
}

/* --- history -------------------------------------------------------------- */

static void
free_history(gpointer data)
{
    ch_history *h = data;
    g_free(h->event);
    g_free(h->actor);
    g_free(h->note);
    g_free(h);
}

GPtrArray *
ch_review_history(ch_store *store, const char *id, GError **error)
{
    GError *step_error = NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(free_history);
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return NULL;
    }
    ch_rows *rows = ch_db_query(
        db,
        "SELECT time_us, event, actor, note FROM (SELECT 0 AS waits, seq AS"
        " at, time_us, event, actor, note FROM ledger WHERE id = ?1"
        " UNION ALL SELECT 1, row, time_us, event, actor, note"
        " FROM ledger_waiting WHERE id = ?1"
        " AND row > coalesce((SELECT row FROM ledger_chained), 0))"
        " ORDER BY waits, at",
        CH_VALUES(CH_TEXT(id)), &step_error);
    while (rows != NULL && ch_rows_next(rows, &step_error)) {
        ch_history *h = g_new0(ch_history, 1);
        h->time_us = ch_rows_int(rows, 0, 0);
        h->event = ch_rows_dup_text(rows, 1);
        h->actor = ch_rows_dup_text(rows, 2);
        h->note = ch_rows_dup_text(rows, 3);
        g_ptr_array_add(list, h);
    }
    ch_rows_free(rows);
    ch_store_unlock_reader(store, step_error == NULL);
    if (step_error != NULL) {
        g_propagate_error(error, step_error);
        return NULL;
    }
    return g_steal_pointer(&list);
}

/* --- numbers -------------------------------------------------------------- */

gboolean
ch_review_each(ch_store *store, gint64 after_us, ch_review_visit visit,
               gpointer data, GError **error)
{
    GError *step_error = NULL;
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return FALSE;
    }
    ch_rows *rows = ch_db_query(
        db, "SELECT " CH_ITEM_COLUMNS " FROM item WHERE time_us >= ?",
        CH_VALUES(CH_INT(after_us)), &step_error);
    while (rows != NULL && step_error == NULL &&
           ch_rows_next(rows, &step_error)) {
        g_autoptr(ch_item) item = ch_items_read(rows, &step_error);
        if (item != NULL) {
            visit(item, data);
        }
    }
    ch_rows_free(rows);
    ch_store_unlock_reader(store, step_error == NULL);
    if (step_error != NULL) {
        g_propagate_error(error, step_error);
        return FALSE;
    }
    return TRUE;
}

/* --- deadlines ------------------------------------------------------------ */

/* Half of the time, and three quarters of it, are over; -1: no deadline. */
GPtrArray *
ch_review_due(ch_store *store, ch_mark mark, gint64 now_us, gint64 before_us,
              guint limit, GError **error)
{
#define HELD                                                                   \
    "SELECT " CH_ITEM_COLUMNS                                                  \
    " FROM item LEFT JOIN review ON review.id = item.id"                       \
    " WHERE item.state = 'held' AND item.deadline_us >= 0"                     \
    " AND review.evidence_us IS NULL AND "
    const char *sql =
        mark == CH_MARK_REMINDED ? HELD
            "review.reminded_us IS NULL AND"
            " item.time_us / 2 + item.deadline_us / 2 <= ?1"
            " AND ?3 IS NOT NULL ORDER BY item.deadline_us LIMIT ?2"
        : mark == CH_MARK_WARNED
            ? HELD "review.warned_us IS NULL AND item.time_us / 4"
                   " + item.deadline_us / 4 * 3 <= ?1"
                   " AND ?3 IS NOT NULL ORDER BY item.deadline_us LIMIT ?2"
            : HELD "item.deadline_us <= ?1 AND item.time_us <= ?3"
                   " ORDER BY item.deadline_us LIMIT ?2";
#undef HELD
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return NULL;
    }
    GPtrArray *items = ch_items_query(
        db, sql, CH_VALUES(CH_INT(now_us), CH_INT(limit), CH_INT(before_us)),
        error);
    ch_store_unlock_reader(store, items != NULL);
    return items;
}
