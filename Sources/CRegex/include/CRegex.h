// Regular expressions of ICU, for Swift. ICU is opened on first use: 35 MB that few sessions need.
//
// Swift's own Regex backtracks without end on some patterns and cannot be stopped; this one asks every few thousand
// steps whether it should go on, and has limits of steps and memory.
#ifndef CREGEX_H
#define CREGEX_H

#include <stdbool.h>
#include <stdint.h>

// A compiled pattern. Used from one thread at a time.
typedef struct cregex cregex;

typedef enum {
    CREGEX_FOUND,
    CREGEX_NOT_FOUND,
    CREGEX_STOPPED,        // goes_on said no
    CREGEX_TOO_LONG,       // the limit of steps
    CREGEX_TOO_MUCH,       // the limit of memory, 8 MB
    CREGEX_FAILED
} cregex_result;

// Compiles a pattern of UTF-16. Returns NULL if it cannot be read, with *offset as the place of the mistake (-1 if not
// known) and *message as ICU's name for it (never freed); NULL with a message about the library if there is no ICU.
// The caller ends it with cregex_close.
cregex *cregex_open(const uint16_t *pattern, int32_t length, int32_t *offset, const char **message);

// Looks for the pattern anywhere in a text of UTF-16, which must stay until it returns.
//
// limit: so many blocks of ICU's steps, of which each lasts 0.2 to 1 ms; 0 for none.
// goes_on: asked every few thousand steps, on this thread; NULL always goes on.
cregex_result cregex_find(
    cregex *regex, const uint16_t *text, int32_t length, int32_t limit, bool (*goes_on)(const void *context),
    const void *context);

// Frees a pattern; NULL is allowed.
void cregex_close(cregex *regex);

#endif
