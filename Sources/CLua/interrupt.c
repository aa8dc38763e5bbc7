// Interrupts: a hook that raises, and coroutines that say which thread runs.
//
// Hooks belong to one Lua thread, and a hook that is always set would slow every
// instruction. So the hook is set at the moment of the interrupt on the thread that
// runs, and handed on when control goes from one thread to another.
#include <string.h>
#include <unistd.h>

#include "host.h"

static lua_State *volatile caught;
static void (*volatile alsocall)(void);
static struct sigaction before;
// SIGINTs since the last clua_resume.
static volatile sig_atomic_t unanswered;

static void raiseinterrupt(lua_State *L, lua_Debug *record) {
    (void)record;
    if (clua_host(L)->interrupted) {
        // The hook stays: after a pcall has caught the error it fires again.
        luaL_error(L, "interrupted");
    }
    lua_sethook(L, NULL, 0, 0);
}

static void hook(lua_State *L) {
    lua_sethook(L, raiseinterrupt, LUA_MASKCALL | LUA_MASKCOUNT, 1);
}

void clua_interrupt(lua_State *L) {
    CLuaHost *host = clua_host(L);
    host->interrupted = 1;
    hook(host->running);
}

bool clua_interrupted(lua_State *L) { return clua_host(L)->interrupted; }

void clua_resume(lua_State *L) {
    CLuaHost *host = clua_host(L);
    host->interrupted = 0;
    unanswered = 0;
    lua_sethook(host->main, NULL, 0, 0);
}

void clua_setrunning(lua_State *L) {
    CLuaHost *host = clua_host(L);
    host->running = L;
    if (host->interrupted) hook(L);
}

// MARK: The signal

static void onsigint(int number) {
    (void)number;
    if (++unanswered >= 3) {
        static const char text[] = "\nlyceum: interrupted three times without an answer, leaving\n";
        if (write(STDERR_FILENO, text, sizeof text - 1) < 0) _exit(130);
        _exit(130);
    }
    if (caught != NULL) clua_interrupt(caught);
    if (alsocall != NULL) alsocall();
}

void clua_catchsigint(lua_State *L, void (*also)(void)) {
    clua_releasesigint(caught);
    caught = clua_host(L)->main;
    alsocall = also;
    unanswered = 0;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = onsigint;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &before);
}

void clua_releasesigint(lua_State *L) {
    if (caught == NULL || L == NULL || clua_host(L)->main != caught) return;
    sigaction(SIGINT, &before, NULL);
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
    if (status != LUA_OK && status != LUA_YIELD) {
        // The coroutine died of an error: run its pending to-be-closed variables.
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
