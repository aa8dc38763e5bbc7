#include "CRegex.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <unicode/uregex.h>

// The library and its functions carry ICU's version in their names.
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define LIBRARY "libicui18n.so." TEXT(U_ICU_VERSION_MAJOR_NUM)

static struct {
    __typeof__(uregex_open) *open;
    __typeof__(uregex_close) *close;
    __typeof__(uregex_setText) *set_text;
    __typeof__(uregex_find) *find;
    __typeof__(uregex_setTimeLimit) *set_limit;
    __typeof__(uregex_setMatchCallback) *set_callback;
    bool is_there;
} icu;

static void open_icu(void) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    icu.open = dlsym(library, TEXT(uregex_open));
    icu.close = dlsym(library, TEXT(uregex_close));
    icu.set_text = dlsym(library, TEXT(uregex_setText));
    icu.find = dlsym(library, TEXT(uregex_find));
    icu.set_limit = dlsym(library, TEXT(uregex_setTimeLimit));
    icu.set_callback = dlsym(library, TEXT(uregex_setMatchCallback));
    icu.is_there = icu.open && icu.close && icu.set_text && icu.find && icu.set_limit && icu.set_callback;
}

struct cregex {
    URegularExpression *compiled;
};

cregex *cregex_open(const uint16_t *pattern, int32_t length, int32_t *offset, const char **message) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, open_icu);
    *offset = -1;
    if (!icu.is_there) {
        *message = LIBRARY " is not there (Debian package libicu-dev)";
        return NULL;
    }
    UParseError place = {0, -1, {0}, {0}};
    UErrorCode status = U_ZERO_ERROR;
    URegularExpression *compiled = icu.open((const UChar *)pattern, length, 0, &place, &status);
    if (U_FAILURE(status)) {
        if (compiled) icu.close(compiled);
        *offset = place.offset;
        switch (status) {
        case U_REGEX_MISMATCHED_PAREN: *message = "a parenthesis without its partner"; break;
        case U_REGEX_MISSING_CLOSE_BRACKET: *message = "a [ that is not closed"; break;
        case U_REGEX_BAD_ESCAPE_SEQUENCE: *message = "an escape that is not known"; break;
        case U_REGEX_RULE_SYNTAX: *message = "a mistake in the syntax"; break;
        case U_REGEX_BAD_INTERVAL: case U_REGEX_MAX_LT_MIN: case U_REGEX_NUMBER_TOO_BIG:
            *message = "a {from,to} that is not valid"; break;
        case U_REGEX_INVALID_BACK_REF: *message = "a reference to a group that is not there"; break;
        case U_REGEX_LOOK_BEHIND_LIMIT: *message = "a look behind without a limit of length"; break;
        case U_REGEX_INVALID_RANGE: *message = "a range whose end comes before its beginning"; break;
        case U_REGEX_PATTERN_TOO_BIG: *message = "too large"; break;
        default: *message = "a mistake"; break;
        }
        return NULL;
    }
    cregex *regex = malloc(sizeof *regex);
    if (!regex) {
        icu.close(compiled);
        *message = "no memory";
        return NULL;
    }
    regex->compiled = compiled;
    return regex;
}

struct asked {
    bool (*goes_on)(const void *context);
    const void *context;
};

static UBool ask(const void *context, int32_t steps) {
    (void)steps;
    const struct asked *asked = context;
    return asked->goes_on(asked->context);
}

cregex_result cregex_find(
    cregex *regex, const uint16_t *text, int32_t length, int32_t limit, bool (*goes_on)(const void *context),
    const void *context) {
    static const UChar nothing[1] = {0};
    struct asked asked = {goes_on, context};
    UErrorCode status = U_ZERO_ERROR;
    icu.set_limit(regex->compiled, limit, &status);
    icu.set_callback(regex->compiled, goes_on ? ask : NULL, goes_on ? &asked : NULL, &status);
    icu.set_text(regex->compiled, text ? (const UChar *)text : nothing, length, &status);
    UBool is_found = icu.find(regex->compiled, 0, &status);
    // Neither the text nor `asked` is ours to keep.
    UErrorCode ignored = U_ZERO_ERROR;
    icu.set_callback(regex->compiled, NULL, NULL, &ignored);
    icu.set_text(regex->compiled, nothing, 0, &ignored);
    switch (status) {
    case U_ZERO_ERROR: return is_found ? CREGEX_FOUND : CREGEX_NOT_FOUND;
    case U_REGEX_STOPPED_BY_CALLER: return CREGEX_STOPPED;
    case U_REGEX_TIME_OUT: return CREGEX_TOO_LONG;
    case U_REGEX_STACK_OVERFLOW: return CREGEX_TOO_MUCH;
    default: return CREGEX_FAILED;
    }
}

void cregex_close(cregex *regex) {
    if (!regex) return;
    icu.close(regex->compiled);
    free(regex);
}
