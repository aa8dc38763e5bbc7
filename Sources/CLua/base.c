// load and xpcall, which call back into Lua from places that a hook does not reach.
#include "host.h"

void clua_replace(lua_State *L, const char *library, const luaL_Reg *functions) {
    lua_getglobal(L, library);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}

// MARK: load

// The text that is being read stands at this index, out of the parser's way.
enum { RESERVED = 5 };

// Pieces of a string, so that an interrupt is heard while a long one is compiled.
typedef struct Reading {
    const char *text;
    size_t size;
} Reading;

static const char *readstring(lua_State *L, void *context, size_t *size) {
    enum { PIECE = 16 << 10 };
    Reading *rest = context;
    clua_spend(L, PIECE / 16);
    *size = rest->size < PIECE ? rest->size : PIECE;
    const char *text = rest->text;
    rest->text += *size;
    rest->size -= *size;
    return *size > 0 ? text : NULL;
}

// What a function gives; it may be one of C's that never ends.
static const char *readfunction(lua_State *L, void *context, size_t *size) {
    (void)context;
    clua_spend(L, 10);
    luaL_checkstack(L, 2, "too many nested functions");
    lua_pushvalue(L, 1);
    lua_call(L, 0, 1);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        *size = 0;
        return NULL;
    }
    if (!lua_isstring(L, -1)) luaL_error(L, "reader function must return a string");
    lua_replace(L, RESERVED);
    return lua_tolstring(L, RESERVED, size);
}

static int load(lua_State *L) {
    size_t size = 0;
    const char *text = lua_tolstring(L, 1, &size);
    const char *mode = luaL_optstring(L, 3, "bt");
    int environment = lua_isnone(L, 4) ? 0 : 4;
    int status;
    if (text != NULL) {
        const char *name = luaL_optstring(L, 2, text);
        Reading reading = {text, size};
        status = lua_load(L, readstring, &reading, name, mode);
    } else {
        const char *name = luaL_optstring(L, 2, "=(load)");
        luaL_checktype(L, 1, LUA_TFUNCTION);
        lua_settop(L, RESERVED);
        status = lua_load(L, readfunction, NULL, name, mode);
    }
    if (status != LUA_OK) {
        luaL_pushfail(L);
        lua_insert(L, -2);
        return 2;
    }
    if (environment != 0) {
        lua_pushvalue(L, environment);
        if (lua_setupvalue(L, -2, 1) == NULL) lua_pop(L, 1);
    }
    return 1;
}

// MARK: xpcall

static int finish(lua_State *L, int status, lua_KContext extra) {
    if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(L) - (int)extra;
    lua_pushboolean(L, 0);
    lua_pushvalue(L, -2);
    return 2;
}

// An error that stops the code comes out of a hook, where a handler would run without hooks: it passes by.
static int handle(lua_State *L) {
    lua_settop(L, 1);
    if (clua_mustend(clua_host(L))) return 1;
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

static int xpcall(lua_State *L) {
    int count = lua_gettop(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, handle, 1);
    lua_replace(L, 2);
    lua_pushboolean(L, 1);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2);
    return finish(L, lua_pcallk(L, count - 2, LUA_MULTRET, 2, 2, finish), 2);
}

void clua_openbase(lua_State *L) {
    static const luaL_Reg functions[] = {{"load", load}, {"xpcall", xpcall}, {NULL, NULL}};
    clua_replace(L, "_G", functions);
}
