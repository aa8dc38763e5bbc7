// Records: tables that Lua code can read and not change. What it sees is an empty table whose metatable leads to the
// fields; a plain table would take assignments that never reach the dataset it was read from.
#include "host.h"

// Addresses as keys: nothing in Lua can forge them.
static char metatableKey, fieldsKey, columnsKey, missingKey;

// Whether the record at 1 has the name at 2 among its columns.
static bool hascolumn(lua_State *L) {
    if (lua_rawgetp(L, 1, &columnsKey) != LUA_TTABLE) return true;
    lua_Unsigned count = lua_rawlen(L, -1);
    for (lua_Unsigned i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i);
        bool same = lua_rawequal(L, -1, 2);
        lua_pop(L, 1);
        if (same) return true;
    }
    return false;
}

static int field(lua_State *L) {
    lua_settop(L, 2);
    if (lua_type(L, 1) != LUA_TTABLE || lua_rawgetp(L, 1, &fieldsKey) != LUA_TTABLE) return 0;
    lua_pushvalue(L, 2);
    if (lua_rawget(L, 3) != LUA_TNIL) return 1;
    // Only now: a field that is there costs no search.
    if (hascolumn(L) || lua_rawgetp(L, LUA_REGISTRYINDEX, &missingKey) != LUA_TFUNCTION) return 0;
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_call(L, 2, 1);
    return 1;
}

// MARK: Equality

enum { DEEPEST = 200 };

static bool isrecord(lua_State *L, int index) {
    if (!clua_pushfields(L, index)) return false;
    lua_pop(L, 1);
    return true;
}

// Whether the values at a and b are equal, tables by their content; no metamethod runs.
static bool issame(lua_State *L, int a, int b, int depth) {
    a = lua_absindex(L, a);
    b = lua_absindex(L, b);
    if (lua_rawequal(L, a, b)) return true;
    if (lua_type(L, a) != LUA_TTABLE || lua_type(L, b) != LUA_TTABLE || depth > DEEPEST) return false;
    luaL_checkstack(L, 10, "tables nested too deeply to compare");
    int top = lua_gettop(L);
    if (!clua_pushfields(L, a)) lua_pushvalue(L, a);
    if (!clua_pushfields(L, b)) lua_pushvalue(L, b);
    bool same = true;
    size_t count = 0;
    lua_pushnil(L);
    while (same && lua_next(L, top + 1)) {
        lua_pushvalue(L, -2);
        lua_rawget(L, top + 2);
        same = issame(L, -2, -1, depth + 1);
        lua_pop(L, 2);
        count++;
    }
    if (same) {
        lua_pushnil(L);
        while (lua_next(L, top + 2)) {
            lua_pop(L, 1);
            count--;
        }
    }
    lua_settop(L, top);
    return same && count == 0;
}

static int equal(lua_State *L) {
    lua_settop(L, 2);
    lua_pushboolean(L, (isrecord(L, 1) || isrecord(L, 2)) && issame(L, 1, 2, 0));
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
    lua_pushcfunction(L, equal);
    lua_setfield(L, -2, "__eq");
    lua_pushliteral(L, "record");
    lua_setfield(L, -2, "__name");
    lua_pushliteral(L, "record");
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatableKey);
}

void clua_sealrecord(lua_State *L) {
    lua_createtable(L, 0, 2);
    lua_insert(L, -3);
    lua_rawsetp(L, -3, &fieldsKey);
    lua_rawsetp(L, -2, &columnsKey);
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

bool clua_pushcolumns(lua_State *L, int index) {
    index = lua_absindex(L, index);
    if (!clua_pushfields(L, index)) return false;
    lua_pop(L, 1);
    if (lua_rawgetp(L, index, &columnsKey) == LUA_TTABLE) return true;
    lua_pop(L, 1);
    return false;
}

void clua_onmissingfield(lua_State *L, void *box) {
    clua_pushfunction(L, box);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &missingKey);
}
