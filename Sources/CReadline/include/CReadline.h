// CReadline: GNU readline behind calls that fit Swift.
//
// Contents: reading a line · history · completion · the screen.
// One line at a time in one process; all calls on the main thread.
#ifndef LYCEUM_CREADLINE_H
#define LYCEUM_CREADLINE_H

#include <stdbool.h>
#include <stddef.h>

// MARK: Reading a line

typedef enum CReadlineResult {
    // The user pressed Enter; `line` was set.
    CREADLINE_LINE = 0,
    // The user pressed Ctrl-D on an empty line, or the input ended.
    CREADLINE_END = 1,
    // The user pressed Ctrl-C; what was typed is gone.
    CREADLINE_INTERRUPTED = 2,
    // The user asked for the editor (Ctrl-X Ctrl-E); `line` was set, and may be empty.
    CREADLINE_EDIT = 3,
    // A signal asks the program to leave.
    CREADLINE_LEAVE = 4
} CReadlineResult;

// Prepares readline: bracketed paste, prefix search on the arrow keys, the name
// under which ~/.inputrc can address this program.
void creadline_prepare(const char *name);

// Shows `prompt` and reads a line with editing. On CREADLINE_LINE and CREADLINE_EDIT
// `*line` is a text (without its line break) that the caller gives to creadline_free;
// otherwise NULL. SIGINT belongs to this function while it runs, and to its former owner
// afterwards. `leaves` is asked after each signal whether to give up; it may be NULL.
CReadlineResult creadline_read(const char *prompt, bool (*leaves)(void), char **line);

void creadline_free(char *line);

// MARK: History

// Forgets every entry.
void creadline_clearhistory(void);

// Adds an entry, which may have several lines, as the most recent one.
void creadline_addhistory(const char *entry);

// MARK: Completion

// Collects what a completer offers.
typedef struct CReadlineOffers CReadlineOffers;

// Called with the whole line and the bytes [start, end) of it that are to be completed.
// May not jump out.
typedef void (*CReadlineCompleter)(
    void *context, const char *line, int start, int end, CReadlineOffers *offers);

// Calls `completer` from now on when the user presses Tab.
void creadline_setcompleter(CReadlineCompleter completer, void *context);

// Offers a text to put in place of the bytes [start, end). A list shows it as `label`,
// with `hint`, one line about it, behind; the hint may be empty.
void creadline_offer(CReadlineOffers *offers, const char *text, const char *label, const char *hint);

// MARK: The screen

// Writes out what C's buffers hold. 0 if standard output took everything since the last
// call; else the number of the error, or -1 if it is no longer known.
int creadline_flushoutput(void);

// The width of the terminal behind a file descriptor in columns, or 0.
int creadline_width(int descriptor);

#endif
