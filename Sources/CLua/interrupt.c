// Interrupts: a hook that raises, and coroutines that say which thread runs.
//
// Hooks belong to one Lua thread, and a hook that is always set would slow every
// instruction. So the hook is set at the moment of the interrupt on the thread that
// runs, and handed on when control goes from one thread to another.
#include <string.h>
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

static void onhook(lua_State *L, lua_Debug *record) {
    (void)record;
    CLuaHost *host = clua_host(L);
    // These hooks stay: after a pcall has caught the error they fire again.
    if (host->interrupted) luaL_error(L, "interrupted");
    if (host->budget > 0) {
        host->instructions -= lua_gethookcount(L);
        if (isspent(host)) {
            lua_sethook(L, onhook, LUA_MASKCOUNT, 1);
        }
    }
    if (isspent(host)) luaL_error(L, "the limit of %d million instructions is reached",
        (int)((host->budget + 999999) / 1000000));
    clua_standardhook(L);
}

// Not at calls: a call of the message handler would put "interrupted" in place of what
// an interrupted function of the host has to say.
static void hook(lua_State *L) { lua_sethook(L, onhook, LUA_MASKCOUNT, 1); }

void clua_standardhook(lua_State *L) {
    if (clua_host(L)->budget > 0) {
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

void clua_resume(lua_State *L) {
    CLuaHost *host = clua_host(L);
    unanswered = 0;
    bool isdirty = host->interrupted || isspent(host);
    host->instructions = host->budget;
    if (leaving) return;
    host->interrupted = 0;
    // A hook that a script has set stays otherwise.
    if (isdirty) clua_standardhook(host->main);
}

void clua_setrunning(lua_State *L) {
    CLuaHost *host = clua_host(L);
    host->running = L;
    if (host->interrupted || isspent(host)) hook(L);
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
        // nohup has said that a hang-up is no reason to stop.
        if (signals[i] == SIGHUP && before[i].sa_handler == SIG_IGN) sigaction(SIGHUP, &before[i], NULL);
    }
}

void clua_releasesignals(lua_State *L) {
    if (caught == NULL || L == NULL || clua_host(L)->main != caught) return;
    for (int i = 0; i < SIGNALS; i++) sigaction(signals[i], &before[i], NULL);
    caught = NULL;
    alsocall = NULL;
}

// MARK: Coroutines

// Moves `nargs` values from L to the coroutine and runs it until it yields, returns
// or fails. Returns the number of values moved back, or -1 with the error value on L.
static int resume(lua_State *L, lua_State *co, int nargs) {
    if (!lua_checkstack(co, nargs)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, co, nargs);
    int count = 0;
    clua_setrunning(co);
    int status = lua_resume(co, L, nargs, &count);
    clua_setrunning(L);
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(co, L, 1);
        return -1;
    }
    if (!lua_checkstack(L, count + 1)) {
        lua_pop(co, count);
        lua_pushliteral(L, "too many results to resume");
        return -1;
    }
    lua_xmove(co, L, count);
    return count;
}

static lua_State *checkcoroutine(lua_State *L) {
    lua_State *co = lua_tothread(L, 1);
    luaL_argexpected(L, co != NULL, 1, "coroutine");
    return co;
}

static int coroutineresume(lua_State *L) {
    lua_State *co = checkcoroutine(L);
    int count = resume(L, co, lua_gettop(L) - 1);
    if (count < 0) {
        lua_pushboolean(L, 0);
        lua_insert(L, -2);
        return 2;
    }
    lua_pushboolean(L, 1);
    lua_insert(L, -(count + 1));
    return count + 1;
}

static int resumewrapped(lua_State *L) {
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    int count = resume(L, co, lua_gettop(L));
    if (count >= 0) return count;
    int status = lua_status(co);
    CLuaHost *host = clua_host(L);
    if (status != LUA_OK && status != LUA_YIELD && !host->interrupted && !isspent(host)) {
        // The coroutine died of an error: run its pending to-be-closed variables. Not after
        // an error out of a hook, which leaves the coroutine without hooks.
        lua_resetthread(co);
        lua_xmove(co, L, 1);
    }
    if (lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int coroutinewrap(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, resumewrapped, 1);
    return 1;
}

void clua_opencoroutines(lua_State *L) {
    lua_getglobal(L, "coroutine");
    lua_pushcfunction(L, coroutineresume);
    lua_setfield(L, -2, "resume");
    lua_pushcfunction(L, coroutinewrap);
    lua_setfield(L, -2, "wrap");
    lua_pop(L, 1);
}
