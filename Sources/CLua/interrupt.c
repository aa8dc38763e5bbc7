// Interrupts and limits: a hook that raises.
//
// Hooks belong to one Lua thread, and a hook that is always set would slow every
// instruction. So the hook is set at the moment of the interrupt on the thread that
// runs, and handed on when control goes from one thread to another.
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

static lua_State *volatile caught;
static void (*volatile alsocall)(int, int);
// The signals that are caught, and who had them before.
static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { SIGNALS = sizeof signals / sizeof *signals };
static struct sigaction before[SIGNALS];
// SIGINTs since the last clua_resume.
static volatile sig_atomic_t unanswered;
// SIGTERMs and SIGHUPs since the beginning.
static volatile sig_atomic_t leaving;

// Instructions between two looks at the budget.
enum { STRIDE = 1000 };

static bool isspent(const CLuaHost *host) { return host->budget > 0 && host->instructions <= 0; }

bool clua_mustend(const CLuaHost *host) { return host->interrupted || host->expired || isspent(host); }

void clua_pushstop(lua_State *L) {
    CLuaHost *host = clua_host(L);
    if (host->interrupted) {
        lua_pushliteral(L, "interrupted");
    } else if (isspent(host)) {
        lua_pushfstring(L, "the limit of %d million instructions is reached", (int)((host->budget + 999999) / 1000000));
    } else {
        lua_pushfstring(L, "the limit of %d s is reached", (int)((host->timelimit + 999999999) / 1000000000));
    }
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void onhook(lua_State *L, lua_Debug *record);

// `level` is the function that the message names.
static void spend(lua_State *L, int64_t steps, int level) {
    CLuaHost *host = clua_host(L);
    if (host->budget > 0) host->instructions -= steps;
    if (host->deadline > 0 && !host->expired && now() >= host->deadline) host->expired = 1;
    if (!clua_mustend(host)) return;
    // This hook stays: after a pcall has caught the error it fires again.
    lua_sethook(L, onhook, LUA_MASKCOUNT, 1);
    luaL_where(L, level);
    clua_pushstop(L);
    lua_concat(L, 2);
    lua_error(L);
}

static void onhook(lua_State *L, lua_Debug *record) {
    (void)record;
    spend(L, lua_gethookcount(L), 0);
    clua_standardhook(L);
}

void clua_spend(lua_State *L, int64_t steps) { spend(L, steps, 1); }

// Not at calls: a call of the message handler would put "interrupted" in place of what
// an interrupted function of the host has to say.
static void hook(lua_State *L) { lua_sethook(L, onhook, LUA_MASKCOUNT, 1); }

void clua_standardhook(lua_State *L) {
    CLuaHost *host = clua_host(L);
    if (host->budget > 0 || host->timelimit > 0) {
        lua_sethook(L, onhook, LUA_MASKCOUNT, STRIDE);
    } else {
        lua_sethook(L, NULL, 0, 0);
    }
}

void clua_interrupt(lua_State *L) {
    CLuaHost *host = clua_host(L);
    host->interrupted = 1;
    hook(host->running);
}

bool clua_interrupted(lua_State *L) { return clua_host(L)->interrupted; }

bool clua_takeunheard(lua_State *L, int base) {
    if (!clua_mustend(clua_host(L))) return false;
    lua_settop(L, base);
    clua_pushstop(L);
    lua_pushnil(L);
    return true;
}

void clua_resume(lua_State *L) {
    CLuaHost *host = clua_host(L);
    unanswered = 0;
    bool isdirty = clua_mustend(host);
    host->instructions = host->budget;
    host->deadline = host->timelimit > 0 ? now() + host->timelimit : 0;
    host->expired = 0;
    if (leaving) return;
    host->interrupted = 0;
    // A hook that a script has set stays otherwise.
    if (isdirty) clua_standardhook(host->main);
}

void clua_setrunning(lua_State *L) {
    CLuaHost *host = clua_host(L);
    host->running = L;
    if (clua_mustend(host)) hook(L);
}

// MARK: The signal

static void say(const char *text) {
    // There is nobody to tell if this fails.
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

static void onsignal(int number) {
    bool isstop = number == SIGINT;
    int count = isstop ? ++unanswered : ++leaving;
    if (isstop && count >= 3) {
        say("\nlyceum: interrupted three times without an answer, leaving\n");
        _exit(128 + number);
    }
    if (!isstop && count >= 2) _exit(128 + number);
    if (isstop && count == 2) say("\nlyceum: stopping at once; a third Ctrl-C ends the program\n");
    if (caught != NULL) clua_interrupt(caught);
    if (alsocall != NULL) alsocall(number, count);
}

void clua_catchsignals(lua_State *L, void (*also)(int, int)) {
    clua_releasesignals(caught);
    caught = clua_host(L)->main;
    alsocall = also;
    unanswered = 0;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = onsignal;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < SIGNALS; i++) {
        sigaction(signals[i], &action, &before[i]);
        // nohup has said that a hang-up is not a reason to stop.
        if (signals[i] == SIGHUP && before[i].sa_handler == SIG_IGN) sigaction(SIGHUP, &before[i], NULL);
    }
}

void clua_releasesignals(lua_State *L) {
    if (caught == NULL || L == NULL || clua_host(L)->main != caught) return;
    for (int i = 0; i < SIGNALS; i++) sigaction(signals[i], &before[i], NULL);
    caught = NULL;
    alsocall = NULL;
}
