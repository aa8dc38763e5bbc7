#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>
#include <stdio.h>
#include <time.h>

#include "bridge.h"

static int add(lua_State *L) {
    lua_pushinteger(L, luaL_checkinteger(L, 1) + luaL_checkinteger(L, 2));
    return 1;
}

// Protected, as every call from Swift into Lua is.
static int apply(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 2);
    return lua_pcall(L, 1, 1, 0) == LUA_OK ? 1 : lua_error(L);
}

double bridge_time(const char *code) {
    lua_State *L = luaL_newstate();
    if (L == NULL) return -1;
    luaL_openlibs(L);
    lua_register(L, "add", add);
    lua_register(L, "apply", apply);
    clock_t begun = clock();
    int failed = luaL_dostring(L, code);
    double seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
    if (failed) fprintf(stderr, "%s\n", lua_tostring(L, -1));
    lua_close(L);
    return failed ? -1 : seconds;
}
