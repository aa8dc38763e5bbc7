// instr, replace and trim of SQL in linear time, and printf that fails where SQLite's own is silent. SQLite's documentation says what they give: lang_corefunc.html.
#define _GNU_SOURCE
#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "CLab.h"

// MARK: UTF-8

static int continues(unsigned char byte) { return (byte & 0xC0) == 0x80; }

// The code point at `*place`, which moves behind it; damaged bytes count one by one, above Unicode's range.
static uint32_t next(const unsigned char **place, const unsigned char *end) {
    const unsigned char *s = *place;
    int more = s[0] < 0xC0 ? 0 : s[0] < 0xE0 ? 1 : s[0] < 0xF0 ? 2 : s[0] < 0xF8 ? 3 : 0;
    uint32_t value = s[0];
    if (more > 0 && end - s > more) {
        value &= 0x3Fu >> more;
        for (int i = 1; i <= more; i++) {
            if (!continues(s[i])) more = 0;
            else value = value << 6 | (s[i] & 0x3F);
        }
    } else {
        more = 0;
    }
    *place = s + 1 + more;
    return more > 0 || s[0] < 0x80 ? value & 0x1FFFFF : 0x1FFF00u | s[0];
}

// MARK: Functions

static void instr(sqlite3_context *context, int count, sqlite3_value **values) {
    (void)count;
    if (sqlite3_value_type(values[0]) == SQLITE_NULL || sqlite3_value_type(values[1]) == SQLITE_NULL) return;
    int isblob = sqlite3_value_type(values[0]) == SQLITE_BLOB && sqlite3_value_type(values[1]) == SQLITE_BLOB;
    const char *text = isblob ? sqlite3_value_blob(values[0]) : (const char *)sqlite3_value_text(values[0]);
    const char *sought = isblob ? sqlite3_value_blob(values[1]) : (const char *)sqlite3_value_text(values[1]);
    size_t size = (size_t)sqlite3_value_bytes(values[0]), length = (size_t)sqlite3_value_bytes(values[1]);
    if (length == 0) return sqlite3_result_int(context, 1);
    if (text == NULL || sought == NULL) return sqlite3_result_int(context, 0);
    const char *found = memmem(text, size, sought, length);
    if (found == NULL) return sqlite3_result_int(context, 0);
    sqlite3_int64 place = 1;
    for (const char *s = text; s < found; s++) place += isblob || !continues((unsigned char)*s);
    sqlite3_result_int64(context, place);
}

static void replace(sqlite3_context *context, int count, sqlite3_value **values) {
    (void)count;
    for (int i = 0; i < 3; i++) {
        if (sqlite3_value_type(values[i]) == SQLITE_NULL) return;
    }
    const char *text = (const char *)sqlite3_value_text(values[0]);
    const char *old = (const char *)sqlite3_value_text(values[1]);
    const char *new = (const char *)sqlite3_value_text(values[2]);
    if (text == NULL || old == NULL || new == NULL) return sqlite3_result_error_nomem(context);
    size_t size = (size_t)sqlite3_value_bytes(values[0]);
    size_t oldsize = (size_t)sqlite3_value_bytes(values[1]), newsize = (size_t)sqlite3_value_bytes(values[2]);
    if (oldsize == 0) return sqlite3_result_value(context, values[0]);
    const char *end = text + size, *found;
    uint64_t hits = 0;
    for (const char *s = text; (found = memmem(s, (size_t)(end - s), old, oldsize)); s = found + oldsize) hits++;
    // Each count is below 2^31.
    uint64_t total = size - hits * oldsize + hits * newsize;
    if (total > (uint64_t)sqlite3_limit(sqlite3_context_db_handle(context), SQLITE_LIMIT_LENGTH, -1)) {
        return sqlite3_result_error_toobig(context);
    }
    char *result = sqlite3_malloc64(total + 1), *to = result;
    if (result == NULL) return sqlite3_result_error_nomem(context);
    const char *from = text;
    while ((found = memmem(from, (size_t)(end - from), old, oldsize))) {
        memcpy(to, from, (size_t)(found - from));
        to += found - from;
        memcpy(to, new, newsize);
        to += newsize;
        from = found + oldsize;
    }
    memcpy(to, from, (size_t)(end - from));
    sqlite3_result_text64(context, result, total, sqlite3_free, SQLITE_UTF8);
}

// Which ends to trim is the function's user data: 1 the left, 2 the right.
static void trim(sqlite3_context *context, int count, sqlite3_value **values) {
    (void)count;
    if (sqlite3_value_type(values[0]) == SQLITE_NULL || sqlite3_value_type(values[1]) == SQLITE_NULL) return;
    const unsigned char *text = sqlite3_value_text(values[0]), *set = sqlite3_value_text(values[1]);
    if (text == NULL || set == NULL) return sqlite3_result_error_nomem(context);
    const unsigned char *end = text + sqlite3_value_bytes(values[0]);
    const unsigned char *setend = set + sqlite3_value_bytes(values[1]);
    // One bit a code point.
    uint8_t *known = calloc(0x200000 / 8, 1);
    if (known == NULL) return sqlite3_result_error_nomem(context);
    while (set < setend) {
        uint32_t scalar = next(&set, setend);
        known[scalar >> 3] |= (uint8_t)(1u << (scalar & 7));
    }
    intptr_t ends = (intptr_t)sqlite3_user_data(context);
    while ((ends & 1) && text < end) {
        const unsigned char *after = text;
        uint32_t scalar = next(&after, end);
        if (!(known[scalar >> 3] >> (scalar & 7) & 1)) break;
        text = after;
    }
    while ((ends & 2) && text < end) {
        const unsigned char *last = end - 1;
        for (int i = 0; i < 3 && last > text && continues(*last); i++) last--;
        const unsigned char *after = last;
        uint32_t scalar = next(&after, end);
        if (after != end) {
            last = after = end - 1;
            scalar = next(&after, end);
        }
        if (!(known[scalar >> 3] >> (scalar & 7) & 1)) break;
        end = last;
    }
    free(known);
    sqlite3_result_text64(
        context, (const char *)text, (sqlite3_uint64)(end - text), SQLITE_TRANSIENT, SQLITE_UTF8);
}

// SQLite's own gives NULL where the text would be larger than a value may be, and in some versions where it is empty.
// It is asked over the connection in the user data, with a letter before the text, so that NULL has one meaning.
static void format(sqlite3_context *context, int count, sqlite3_value **values) {
    if (count == 0 || sqlite3_value_type(values[0]) == SQLITE_NULL) return;
    sqlite3 *own = sqlite3_user_data(context);
    sqlite3_str *sql = sqlite3_str_new(own);
    sqlite3_str_appendall(sql, "SELECT printf('x' || ?");
    for (int i = 1; i < count; i++) sqlite3_str_appendall(sql, ", ?");
    sqlite3_str_appendall(sql, ")");
    char *text = sqlite3_str_finish(sql);
    sqlite3_stmt *statement = NULL;
    int code = text != NULL ? sqlite3_prepare_v2(own, text, -1, &statement, NULL) : SQLITE_NOMEM;
    sqlite3_free(text);
    for (int i = 0; code == SQLITE_OK && i < count; i++) code = sqlite3_bind_value(statement, i + 1, values[i]);
    if (code == SQLITE_OK) code = sqlite3_step(statement);
    const char *made = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (made != NULL) {
        sqlite3_uint64 size = (sqlite3_uint64)sqlite3_column_bytes(statement, 0);
        sqlite3_result_text64(context, made + 1, size - 1, SQLITE_TRANSIENT, SQLITE_UTF8);
    } else if (code == SQLITE_ROW) {
        sqlite3_result_error_toobig(context);
    } else {
        sqlite3_result_error_code(context, code);
    }
    sqlite3_finalize(statement);
}

static void closeown(void *own) { sqlite3_close_v2(own); }

static void addformat(sqlite3 *db, const char *name, int kind) {
    sqlite3 *own = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY;
    if (sqlite3_open_v2(":memory:", &own, flags, NULL) != SQLITE_OK) {
        closeown(own);
        return;
    }
    // One byte more for the letter.
    sqlite3_limit(own, SQLITE_LIMIT_LENGTH, sqlite3_limit(db, SQLITE_LIMIT_LENGTH, -1) + 1);
    // Closes the connection if it fails, too.
    sqlite3_create_function_v2(db, name, -1, kind, own, format, 0, 0, closeown);
}

// MARK: Registration

void clab_prepare_queries(struct sqlite3 *db) {
    enum { KIND = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS };
    sqlite3_create_function(db, "instr", 2, KIND, 0, instr, 0, 0);
    sqlite3_create_function(db, "replace", 3, KIND, 0, replace, 0, 0);
    sqlite3_create_function(db, "ltrim", 2, KIND, (void *)1, trim, 0, 0);
    sqlite3_create_function(db, "rtrim", 2, KIND, (void *)2, trim, 0, 0);
    sqlite3_create_function(db, "trim", 2, KIND, (void *)3, trim, 0, 0);
    addformat(db, "printf", KIND);
    addformat(db, "format", KIND);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, 1000000);
    sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 400);
    sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, 100);
    sqlite3_limit(db, SQLITE_LIMIT_VDBE_OP, 1000000);
    sqlite3_limit(db, SQLITE_LIMIT_FUNCTION_ARG, 100);
    sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000);
    sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
}
