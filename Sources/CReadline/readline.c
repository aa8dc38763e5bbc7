// For wcwidth.
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <unistd.h>
#include <wchar.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "CReadline.h"

// MARK: Reading a line

// What the line handler, which readline calls, tells creadline_read.
static char *finished;
static bool isfinished;
static volatile sig_atomic_t interrupted;
static bool wantseditor;

static void online(char *line) {
    finished = line;
    isfinished = true;
    // Before the line is used, the terminal must be as it was.
    rl_callback_handler_remove();
}

static void onsigint(int number) {
    (void)number;
    interrupted = 1;
}

// Ctrl-X Ctrl-E: ends the line as Enter does; creadline_read tells the difference.
static int onedit(int count, int key) {
    wantseditor = true;
    return rl_newline(count, key);
}

// Readline takes the encoding from the environment; ours is always UTF-8.
static void initialize(void) {
    setlocale(LC_CTYPE, "");
    bool isutf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    const char *chosen = getenv("LC_ALL");
    char *before = chosen != NULL ? strdup(chosen) : NULL;
    if (!isutf8) setenv("LC_ALL", "C.UTF-8", 1);
    rl_initialize();
    if (!isutf8 && before != NULL) setenv("LC_ALL", before, 1);
    if (!isutf8 && before == NULL) unsetenv("LC_ALL");
    free(before);
}

void creadline_prepare(const char *name) {
    rl_readline_name = name;
    // Readline restores the terminal on signals also while we wait for a key.
    rl_persistent_signal_handlers = 1;
    // Before ~/.inputrc is read, so that the user's own bindings win.
    static const char *const up[] = {"\033[A", "\033OA"}, *const down[] = {"\033[B", "\033OB"};
    for (int form = 0; form < 2; form++) {
        rl_bind_keyseq(up[form], rl_history_search_backward);
        rl_bind_keyseq(down[form], rl_history_search_forward);
    }
    rl_add_defun("edit-and-execute-command", onedit, -1);
    rl_bind_keyseq("\\C-x\\C-e", onedit);
    rl_variable_bind("enable-bracketed-paste", "on");
    initialize();
    rl_completer_word_break_characters = " \t\n\"'`@$><=;|&{(+-*/%^~#,)[]}";
    rl_completer_quote_characters = NULL;
}

static void drop(void) {
    rl_free_line_state();
    rl_callback_sigcleanup();
    rl_callback_handler_remove();
    fputc('\n', rl_outstream ? rl_outstream : stdout);
    fflush(rl_outstream ? rl_outstream : stdout);
}

CReadlineResult creadline_read(const char *prompt, bool (*leaves)(void), char **line) {
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    action.sa_handler = onsigint;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &before);

    *line = NULL;
    finished = NULL;
    isfinished = false;
    interrupted = 0;
    wantseditor = false;

    // Blocked except inside pselect, so that no signal slips in before it sleeps.
    sigset_t blocked, open;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGHUP);
    sigprocmask(SIG_BLOCK, &blocked, &open);
    sigdelset(&open, SIGINT);
    sigdelset(&open, SIGTERM);
    sigdelset(&open, SIGHUP);
    rl_callback_handler_install(prompt, online);

    CReadlineResult result = CREADLINE_LINE;
    while (!isfinished) {
        fd_set input;
        FD_ZERO(&input);
        FD_SET(STDIN_FILENO, &input);
        int ready = pselect(STDIN_FILENO + 1, &input, NULL, NULL, NULL, &open);
        int reason = errno;
        if (ready < 0 && reason == EINTR) {
            // Readline's own handler has only noted the signal; this acts on it.
            sigprocmask(SIG_UNBLOCK, &blocked, NULL);
            rl_check_signals();
            sigprocmask(SIG_BLOCK, &blocked, NULL);
        } else if (ready > 0) {
            rl_callback_read_char();
        } else {
            drop();
            result = CREADLINE_END;
            break;
        }
        if (interrupted && !isfinished) {
            drop();
            result = CREADLINE_INTERRUPTED;
            break;
        }
        if (leaves != NULL && leaves() && !isfinished) {
            drop();
            result = CREADLINE_LEAVE;
            break;
        }
    }
    sigprocmask(SIG_SETMASK, &open, NULL);
    sigaction(SIGINT, &before, NULL);
    if (result != CREADLINE_LINE) return result;
    if (finished == NULL) return CREADLINE_END;
    *line = finished;
    return wantseditor ? CREADLINE_EDIT : CREADLINE_LINE;
}

void creadline_free(char *line) { free(line); }

// MARK: History

void creadline_clearhistory(void) { clear_history(); }
void creadline_addhistory(const char *entry) { add_history(entry); }

// MARK: Completion

typedef struct Offer {
    char *text;
    char *label;
    char *hint;
} Offer;

struct CReadlineOffers {
    Offer *items;
    size_t count;
    size_t capacity;
};

static CReadlineCompleter completer;
static void *completercontext;
static CReadlineOffers offers;
static size_t nextoffer;

// A list with more lines than this is shown in columns, without hints.
enum { HINTEDLINES = 60 };

void creadline_offer(CReadlineOffers *list, const char *text, const char *label, const char *hint) {
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 32;
        Offer *grown = realloc(list->items, capacity * sizeof *grown);
        if (grown == NULL) return;
        list->items = grown;
        list->capacity = capacity;
    }
    Offer offer = {strdup(text), strdup(label), strdup(hint)};
    if (offer.text != NULL && offer.label != NULL && offer.hint != NULL) {
        list->items[list->count++] = offer;
    } else {
        free(offer.text);
        free(offer.label);
        free(offer.hint);
    }
}

static void forgetoffers(void) {
    for (size_t i = 0; i < offers.count; i++) {
        free(offers.items[i].text);
        free(offers.items[i].label);
        free(offers.items[i].hint);
    }
    offers.count = 0;
}

// Readline takes over, and frees, each text.
static char *giveoffer(const char *text, int state) {
    (void)text;
    if (state == 0) nextoffer = 0;
    return nextoffer < offers.count ? strdup(offers.items[nextoffer++].text) : NULL;
}

static char **complete(const char *text, int start, int end) {
    // Never fall back to readline's own completion of file names.
    rl_attempted_completion_over = 1;
    // Readline sets this again for each completion.
    rl_completion_append_character = '\0';
    if (completer == NULL) return NULL;
    forgetoffers();
    completer(completercontext, rl_line_buffer, start, end, &offers);
    return rl_completion_matches(text, giveoffer);
}

// How many columns a UTF-8 text takes, and how many bytes of it fit into `room`.
static size_t columns(const char *text, size_t room, size_t *bytes) {
    mbstate_t shift;
    memset(&shift, 0, sizeof shift);
    size_t used = 0, length = strlen(text);
    *bytes = 0;
    while (*bytes < length) {
        wchar_t character;
        size_t size = mbrtowc(&character, text + *bytes, length - *bytes, &shift);
        if (size == 0 || size > length) break;
        int width = wcwidth(character);
        if (width < 0) break;
        if (used + (size_t)width > room) break;
        used += (size_t)width;
        *bytes += size;
    }
    return used;
}

// Shows the offers with their hints, one a line.
static void list(char **matches, int count, int longest) {
    size_t widest = 0, hints = 0, bytes;
    for (size_t i = 0; i < offers.count; i++) {
        size_t width = columns(offers.items[i].label, SIZE_MAX, &bytes);
        if (width > widest) widest = width;
        if (offers.items[i].hint[0] != '\0') hints++;
    }
    FILE *out = rl_outstream ? rl_outstream : stdout;
    if (hints == 0 || count > HINTEDLINES) {
        // Without what all of them begin with: the labels.
        for (size_t i = 0; i < offers.count && (int)i < count; i++) {
            char *label = strdup(offers.items[i].label);
            if (label == NULL) continue;
            free(matches[i + 1]);
            matches[i + 1] = label;
        }
        rl_display_match_list(matches, count, widest > 0 ? (int)widest : longest);
    } else {
        int rows, width;
        rl_get_screen_size(&rows, &width);
        size_t screen = width > 20 ? (size_t)width - 1 : 79;
        fputc('\n', out);
        for (size_t i = 0; i < offers.count; i++) {
            const Offer *offer = &offers.items[i];
            size_t used = columns(offer->label, SIZE_MAX, &bytes);
            fprintf(out, "  %s", offer->label);
            size_t gap = widest + 4;
            if (offer->hint[0] != '\0' && gap + 10 < screen) {
                columns(offer->hint, screen - gap, &bytes);
                fprintf(out, "%*s%.*s", (int)(widest - used + 2), "", (int)bytes, offer->hint);
            }
            fputc('\n', out);
        }
    }
    fflush(out);
    rl_forced_update_display();
}

void creadline_setcompleter(CReadlineCompleter callback, void *context) {
    completer = callback;
    completercontext = context;
    rl_attempted_completion_function = complete;
    rl_completion_display_matches_hook = list;
}

// MARK: The screen

int creadline_flushoutput(void) {
    errno = 0;
    int fault = fflush(stdout) == 0 ? 0 : errno == 0 ? -1 : errno;
    // What was printed some time ago may have failed then.
    if (ferror(stdout) && fault == 0) fault = -1;
    clearerr(stdout);
    fflush(NULL);
    return fault;
}

int creadline_width(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
