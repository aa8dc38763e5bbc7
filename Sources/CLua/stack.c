// The stack and raw table access: calls that cannot raise, given the allocator.
#include "host.h"

int clua_gettop(lua_State *L) { return lua_gettop(L); }
void clua_settop(lua_State *L, int top) { lua_settop(L, top); }
bool clua_checkstack(lua_State *L, int extra) { return lua_checkstack(L, extra); }
int clua_absindex(lua_State *L, int index) { return lua_absindex(L, index); }
void clua_pushvalue(lua_State *L, int index) { lua_pushvalue(L, index); }
void clua_remove(lua_State *L, int index) { lua_remove(L, index); }
CLuaType clua_type(lua_State *L, int index) { return (CLuaType)lua_type(L, index); }

bool clua_toboolean(lua_State *L, int index) { return lua_toboolean(L, index); }
bool clua_isinteger(lua_State *L, int index) { return lua_isinteger(L, index); }
int64_t clua_tointeger(lua_State *L, int index) { return lua_tointegerx(L, index, NULL); }
double clua_tonumber(lua_State *L, int index) { return lua_tonumberx(L, index, NULL); }

const char *clua_tostring(lua_State *L, int index, size_t *size) {
    return lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, size) : NULL;
}

const void *clua_topointer(lua_State *L, int index) { return lua_topointer(L, index); }
bool clua_rawequal(lua_State *L, int first, int second) { return lua_rawequal(L, first, second); }

void clua_pushnil(lua_State *L) { lua_pushnil(L); }
void clua_pushboolean(lua_State *L, bool value) { lua_pushboolean(L, value); }
void clua_pushinteger(lua_State *L, int64_t value) { lua_pushinteger(L, value); }
void clua_pushnumber(lua_State *L, double value) { lua_pushnumber(L, value); }
void clua_pushstring(lua_State *L, const char *bytes, size_t size) { lua_pushlstring(L, bytes, size); }
void clua_pushnull(lua_State *L) { lua_pushlightuserdata(L, NULL); }
bool clua_isnull(lua_State *L, int index) {
    return lua_islightuserdata(L, index) && lua_touserdata(L, index) == NULL;
}
void clua_pushglobals(lua_State *L) { lua_pushglobaltable(L); }

void clua_newtable(lua_State *L, int list, int fields) { lua_createtable(L, list, fields); }

CLuaType clua_rawgeti(lua_State *L, int table, int64_t key) {
    return (CLuaType)lua_rawgeti(L, table, key);
}

void clua_rawseti(lua_State *L, int table, int64_t key) { lua_rawseti(L, table, key); }

CLuaType clua_rawgetfield(lua_State *L, int table, const char *name, size_t size) {
    table = lua_absindex(L, table);
    lua_pushlstring(L, name, size);
    return (CLuaType)lua_rawget(L, table);
}

void clua_rawsetfield(lua_State *L, int table, const char *name, size_t size) {
    table = lua_absindex(L, table);
    lua_pushlstring(L, name, size);
    lua_insert(L, -2);
    lua_rawset(L, table);
}

CLuaType clua_rawget(lua_State *L, int table) { return (CLuaType)lua_rawget(L, table); }

bool clua_rawset(lua_State *L, int table) {
    // The manual marks lua_rawset `m`, yet it raises for these two keys.
    bool isNumber = lua_type(L, -2) == LUA_TNUMBER;
    bool isNaN = isNumber && lua_tonumber(L, -2) != lua_tonumber(L, -2);
    if (isNaN || lua_type(L, -2) == LUA_TNIL) {
        lua_pop(L, 2);
        return false;
    }
    lua_rawset(L, table);
    return true;
}

uint64_t clua_rawlen(lua_State *L, int index) { return lua_rawlen(L, index); }

static int next(lua_State *L) {
    lua_settop(L, 2);
    return lua_next(L, 1) ? 2 : 0;
}

int clua_next(lua_State *L, int table) {
    table = lua_absindex(L, table);
    int base = lua_gettop(L) - 1;
    lua_pushcfunction(L, next);
    lua_insert(L, -2);
    lua_pushvalue(L, table);
    lua_insert(L, -2);
    if (lua_pcall(L, 2, LUA_MULTRET, 0) != LUA_OK) {
        lua_settop(L, base);
        return -1;
    }
    return lua_gettop(L) > base ? 1 : 0;
}

void clua_setmetatable(lua_State *L, int index) {
    // Tables of the host share metatables that a script may have got hold of. A finalizer in one would run without
    // hooks for every table that gets it later.
    index = lua_absindex(L, index);
    lua_pushliteral(L, "__gc");
    lua_pushnil(L);
    lua_rawset(L, -3);
    lua_setmetatable(L, index);
}
bool clua_getmetatable(lua_State *L, int index) { return lua_getmetatable(L, index); }

int clua_ref(lua_State *L) { return luaL_ref(L, LUA_REGISTRYINDEX); }
void clua_unref(lua_State *L, int reference) { luaL_unref(L, LUA_REGISTRYINDEX, reference); }
void clua_pushref(lua_State *L, int reference) { lua_rawgeti(L, LUA_REGISTRYINDEX, reference); }
