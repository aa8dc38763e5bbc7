// Coroutines that say which thread runs, and finalizers that run in one.
#include "host.h"

// Coroutines may be closed by a __close that closes another: each level is one of the C stack, which Lua 5.4.4 does
// not count there.
enum { MOSTCLOSING = 100 };

// An address as a registry key: the set of coroutines that a stop has ended, with weak keys. Lua leaves them without
// hooks, so nothing of them may run any more.
static char endedKey;

static void markended(lua_State *L, lua_State *co) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &endedKey);
    lua_pushthread(co);
    lua_xmove(co, L, 1);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

static bool isended(lua_State *L, int index) {
    index = lua_absindex(L, index);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &endedKey);
    lua_pushvalue(L, index);
    bool ended = lua_rawget(L, -2) != LUA_TNIL;
    lua_pop(L, 2);
    return ended;
}

// Moves `nargs` values from L to the coroutine and runs it until it yields, returns
// or fails. Returns the number of values moved back, or -1 with the error value on L.
static int resume(lua_State *L, lua_State *co, int nargs) {
    CLuaHost *host = clua_host(L);
    if (!lua_checkstack(co, nargs + 1)) {
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
        if (clua_mustend(host)) markended(L, co);
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

// Closes the pending variables of a coroutine; false with the error value on L.
static bool close(lua_State *L, lua_State *co) {
    CLuaHost *host = clua_host(L);
    if (host->closing >= MOSTCLOSING) {
        lua_pushliteral(L, "C stack overflow (coroutines that close each other)");
        return false;
    }
    host->closing++;
    clua_setrunning(co);
    int status = lua_resetthread(co);
    clua_setrunning(L);
    host->closing--;
    if (status == LUA_OK) return true;
    lua_xmove(co, L, 1);
    if (clua_mustend(host)) markended(L, co);
    return false;
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

static int coroutineclose(lua_State *L) {
    lua_State *co = checkcoroutine(L);
    lua_Debug record;
    bool isnormal = lua_status(co) == LUA_OK && lua_getstack(co, 0, &record);
    if (co == L || isnormal) {
        return luaL_error(L, "cannot close a %s coroutine", co == L ? "running" : "normal");
    }
    clua_spend(L, 0);
    if (isended(L, 1)) {
        lua_pushboolean(L, 0);
        lua_pushliteral(L, "the coroutine was stopped, so its pending variables cannot be closed");
        return 2;
    }
    if (close(L, co)) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    return 2;
}

static int resumewrapped(lua_State *L) {
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    int count = resume(L, co, lua_gettop(L));
    if (count >= 0) return count;
    int status = lua_status(co);
    if (status != LUA_OK && status != LUA_YIELD && !clua_mustend(clua_host(L))) {
        // The coroutine died of an error: run its pending to-be-closed variables. Not after
        // an error out of a hook, which leaves the coroutine without hooks.
        lua_pushvalue(L, -1);
        lua_xmove(L, co, 1);
        if (!close(L, co)) lua_remove(L, -2);
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

// MARK: Finalizers

// Lua runs finalizers without hooks, so that nothing could interrupt them; a coroutine has hooks of its own.
static int finalize(lua_State *L) {
    lua_settop(L, 1);
    lua_State *co = lua_newthread(L);
    clua_standardhook(co);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_xmove(L, co, 1);
    lua_pushvalue(L, 1);
    return resume(L, co, 1) < 0 ? lua_error(L) : 0;
}

static int setmetatable(lua_State *L) {
    int type = lua_type(L, 2);
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) return luaL_error(L, "cannot change a protected metatable");
    lua_settop(L, 2);
    if (type == LUA_TTABLE) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) == LUA_TFUNCTION && lua_tocfunction(L, -1) == NULL) {
            lua_pushliteral(L, "__gc");
            lua_insert(L, -2);
            lua_pushcclosure(L, finalize, 1);
            lua_rawset(L, 2);
        }
        lua_settop(L, 2);
    }
    lua_setmetatable(L, 1);
    return 1;
}

void clua_opencoroutines(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"resume", coroutineresume}, {"close", coroutineclose}, {"wrap", coroutinewrap}, {NULL, NULL}};
    static const luaL_Reg globals[] = {{"setmetatable", setmetatable}, {NULL, NULL}};
    clua_replace(L, "coroutine", functions);
    clua_replace(L, "_G", globals);
    lua_newtable(L);
    lua_newtable(L);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &endedKey);
}
