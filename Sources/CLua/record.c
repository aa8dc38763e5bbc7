// Records: tables that Lua code can read and not change. What it sees is an empty table whose metatable leads to the
// fields; a plain table would take assignments that never reach the dataset it was read from.
#include "host.h"

// Addresses as keys: nothing in Lua can forge them.
static char metatableKey, fieldsKey;

static int field(lua_State *L) {
    lua_settop(L, 2);
    if (lua_type(L, 1) != LUA_TTABLE || lua_rawgetp(L, 1, &fieldsKey) != LUA_TTABLE) return 0;
    lua_insert(L, 2);
    lua_rawget(L, 2);
    return 1;
}

static int refuse(lua_State *L) {
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "field";
    return luaL_error(
        L,
        "a record is read-only: its field '%s' cannot be set; d:map(function(r) r.%s = … return r end) makes a "
        "dataset with other values",
        name, name);
}

static int nextfield(lua_State *L) {
    lua_settop(L, 2);
    return lua_type(L, 1) == LUA_TTABLE && lua_next(L, 1) ? 2 : 0;
}

static int pairs(lua_State *L) {
    lua_pushcfunction(L, nextfield);
    if (lua_type(L, 1) != LUA_TTABLE || lua_rawgetp(L, 1, &fieldsKey) != LUA_TTABLE) lua_newtable(L);
    lua_pushnil(L);
    return 3;
}

void clua_openrecords(lua_State *L) {
    lua_newtable(L);
    lua_pushcfunction(L, field);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, refuse);
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, pairs);
    lua_setfield(L, -2, "__pairs");
    lua_pushliteral(L, "record");
    lua_setfield(L, -2, "__name");
    lua_pushliteral(L, "record");
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatableKey);
}

void clua_sealrecord(lua_State *L) {
    lua_createtable(L, 0, 1);
    lua_insert(L, -2);
    lua_rawsetp(L, -2, &fieldsKey);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatableKey);
    lua_setmetatable(L, -2);
}

bool clua_pushfields(lua_State *L, int index) {
    if (lua_type(L, index) != LUA_TTABLE) return false;
    index = lua_absindex(L, index);
    if (!lua_getmetatable(L, index)) return false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatableKey);
    bool ours = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    if (!ours) return false;
    if (lua_rawgetp(L, index, &fieldsKey) == LUA_TTABLE) return true;
    lua_pop(L, 1);
    return false;
}
