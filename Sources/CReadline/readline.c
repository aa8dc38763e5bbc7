#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "CReadline.h"

// MARK: Reading a line

// What the line handler, which readline calls, tells creadline_read.
static char *finished;
static bool isfinished;
static volatile sig_atomic_t interrupted;

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
    rl_variable_bind("enable-bracketed-paste", "on");
    rl_initialize();
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

CReadlineResult creadline_read(const char *prompt, char **line) {
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    action.sa_handler = onsigint;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &before);

    *line = NULL;
    finished = NULL;
    isfinished = false;
    interrupted = 0;
    rl_callback_handler_install(prompt, online);

    // Blocked except inside pselect, so that no signal slips in before it sleeps.
    sigset_t blocked, open;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, &open);
    sigdelset(&open, SIGINT);

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
    }
    sigprocmask(SIG_SETMASK, &open, NULL);
    sigaction(SIGINT, &before, NULL);
    if (result != CREADLINE_LINE) return result;
    if (finished == NULL) return CREADLINE_END;
    *line = finished;
    return CREADLINE_LINE;
}

void creadline_free(char *line) { free(line); }

// MARK: History

void creadline_clearhistory(void) { clear_history(); }
void creadline_addhistory(const char *entry) { add_history(entry); }

// MARK: Completion

struct CReadlineOffers {
    char **texts;
    size_t count;
    size_t capacity;
};

static CReadlineCompleter completer;
static void *completercontext;
static CReadlineOffers offers;
static size_t nextoffer;

void creadline_offer(CReadlineOffers *list, const char *text) {
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 32;
        char **grown = realloc(list->texts, capacity * sizeof *grown);
        if (grown == NULL) return;
        list->texts = grown;
        list->capacity = capacity;
    }
    char *copy = strdup(text);
    if (copy != NULL) list->texts[list->count++] = copy;
}

// Readline takes over, and frees, each text.
static char *giveoffer(const char *text, int state) {
    (void)text;
    if (state == 0) nextoffer = 0;
    return nextoffer < offers.count ? offers.texts[nextoffer++] : NULL;
}

static char **complete(const char *text, int start, int end) {
    // Never fall back to readline's own completion of file names.
    rl_attempted_completion_over = 1;
    // Readline sets this anew for each completion.
    rl_completion_append_character = '\0';
    if (completer == NULL) return NULL;
    offers.count = 0;
    completer(completercontext, rl_line_buffer, start, end, &offers);
    return rl_completion_matches(text, giveoffer);
}

void creadline_setcompleter(CReadlineCompleter callback, void *context) {
    completer = callback;
    completercontext = context;
    rl_attempted_completion_function = complete;
}

// MARK: The screen

int creadline_width(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
