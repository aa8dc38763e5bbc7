// Calls in both directions. The raise of a host error and every protected call are here.
#include <stdio.h>

#include "host.h"

// MARK: From Lua into the host

// The host's frame has returned before lua_error jumps.
int clua_dispatch(lua_State *L) {
    CLuaHost *host = clua_host(L);
    void *box = *(void **)lua_touserdata(L, lua_upvalueindex(1));
    // A finalizer of the script may still call us while the state is being closed.
    if (box == NULL) return luaL_error(L, "the Lua state is closing");
    bool outer = host->mayraise;
    host->mayraise = false;
    int results = host->callbacks.call(host->context, L, box);
    host->mayraise = outer;
    return results == CLUA_RAISE ? lua_error(L) : results;
}

static int dispatchindex(lua_State *L) {
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL) return 1;
    lua_settop(L, 2);
    return clua_dispatch(L);
}

// The box travels in a userdata of its own, whose metatable releases it.
void clua_pushbox(lua_State *L, void *box) {
    void **slot = lua_newuserdatauv(L, sizeof *slot, 0);
    *slot = box;
    luaL_setmetatable(L, "lyceum.box");
}

void clua_pushfunction(lua_State *L, void *box) {
    clua_pushbox(L, box);
    lua_pushcclosure(L, clua_dispatch, 1);
}

void clua_pushindexer(lua_State *L, void *box) {
    clua_pushbox(L, box);
    lua_insert(L, -2);
    lua_pushcclosure(L, dispatchindex, 2);
}

void *clua_tobox(lua_State *L, int index) {
    if (lua_tocfunction(L, index) != clua_dispatch) return NULL;
    if (lua_getupvalue(L, index, 1) == NULL) return NULL;
    void *box = *(void **)lua_touserdata(L, -1);
    lua_pop(L, 1);
    return box;
}

void clua_where(lua_State *L, char *buffer, size_t size) {
    lua_Debug record;
    buffer[0] = '\0';
    for (int level = 1; lua_getstack(L, level, &record); level++) {
        lua_getinfo(L, "Sl", &record);
        if (record.currentline > 0) {
            snprintf(buffer, size, "%s:%d: ", record.short_src, record.currentline);
            return;
        }
    }
}

// MARK: From the host into Lua

// Addresses as registry keys: the last error that a message handler has seen, and its traceback.
static char errorKey, tracebackKey;

// Message handler: keeps the traceback and lets the error pass as it is, since Lua also calls it for errors that are
// caught further in (those of `load`).
static int keeptraceback(lua_State *L) {
    lua_settop(L, 1);
    luaL_traceback(L, L, NULL, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &tracebackKey);
    lua_pushvalue(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &errorKey);
    return 1;
}

// Pushes the traceback of the error on top of the stack, or nil, and forgets both.
static void pushtraceback(lua_State *L, int status) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &errorKey);
    // Only LUA_ERRRUN passes through the handler.
    bool isknown = status == LUA_ERRRUN && lua_rawequal(L, -1, -2);
    lua_pop(L, 1);
    if (isknown) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, &tracebackKey);
    } else {
        lua_pushnil(L);
    }
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &errorKey);
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &tracebackKey);
}

bool clua_call(lua_State *L, int nargs) {
    CLuaHost *host = clua_host(L);
    lua_State *caller = host->running;
    int base = lua_gettop(L) - nargs;
    lua_pushcfunction(L, keeptraceback);
    lua_insert(L, base);
    bool outer = host->mayraise;
    host->running = L;
    host->mayraise = true;
    host->chained = false;
    int status = lua_pcall(L, nargs, LUA_MULTRET, base);
    host->mayraise = outer;
    host->running = caller;
    lua_remove(L, base);
    if (status == LUA_OK) return true;
    if (status == LUA_ERRMEM && clua_mustend(host)) {
        // The allocator has refused, so that this code stops.
        lua_pop(L, 1);
        clua_pushstop(L);
    } else if (status == LUA_ERRMEM && host->chained) {
        lua_pop(L, 1);
        lua_pushliteral(L, "stack overflow (a chain of '__call' metamethods without end)");
    }
    pushtraceback(L, status);
    return false;
}

bool clua_load(lua_State *L, const char *text, size_t size, const char *name) {
    return luaL_loadbufferx(L, text, size, name, "t") == LUA_OK;
}

static int describe(lua_State *L) {
    luaL_tolstring(L, 1, NULL);
    return 1;
}

bool clua_describe(lua_State *L, int index) {
    index = lua_absindex(L, index);
    lua_pushcfunction(L, describe);
    lua_pushvalue(L, index);
    return clua_call(L, 1);
}
