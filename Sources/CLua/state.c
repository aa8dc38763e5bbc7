// States: opening, closing, memory.
#include <stdio.h>
#include <stdlib.h>

#include "host.h"

const int CLUA_RAISE = -1;

// Reached only by an error outside every lua_pcall, which is a defect of this target.
static int panic(lua_State *L) {
    const char *message = lua_tostring(L, -1);
    fprintf(stderr, "lyceum: unprotected Lua error: %s\n", message ? message : "(not a string)");
    abort();
}

static int openall(lua_State *L) {
    luaL_openlibs(L);
    clua_opencoroutines(L);
    clua_openpatterns(L);
    clua_opentables(L);
    clua_openbase(L);
    clua_openobjects(L);
    clua_openrecords(L);
    clua_openglobals(L);
    return 0;
}

lua_State *clua_open(void *context, CLuaCallbacks callbacks) {
    CLuaHost *host = calloc(1, sizeof *host);
    if (host == NULL) return NULL;
    lua_State *L = lua_newstate(clua_allocate, host);
    if (L == NULL) {
        free(host);
        return NULL;
    }
    host->context = context;
    host->callbacks = callbacks;
    host->main = L;
    host->running = L;
    // Coroutines inherit the extra space of the main thread when they are created.
    *(CLuaHost **)lua_getextraspace(L) = host;
    lua_atpanic(L, panic);
    lua_pushcfunction(L, openall);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
        clua_close(L);
        return NULL;
    }
    return L;
}

void clua_close(lua_State *L) {
    CLuaHost *host = clua_host(L);
    clua_releasesignals(L);
    lua_close(host->main);
    free(host);
}

const char *clua_version(void) { return LUA_RELEASE; }

void clua_collect(lua_State *L) {
    lua_gc(L, LUA_GCCOLLECT);
    lua_gc(L, LUA_GCCOLLECT);
}

size_t clua_memory(lua_State *L) {
    return (size_t)lua_gc(L, LUA_GCCOUNT) * 1024 + (size_t)lua_gc(L, LUA_GCCOUNTB);
}
