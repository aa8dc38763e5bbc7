// Globals: names that were never assigned are errors, and ipairs ends where an object says that it ends.
#include "host.h"

// MARK: Strict globals

// Upvalues: the box, the names that were assigned.
static int missing(lua_State *L) {
    lua_settop(L, 2);
    if (!lua_isnil(L, 2)) {
        lua_pushvalue(L, 2);
        if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL) {
            lua_pushnil(L);
            return 1;
        }
        lua_settop(L, 2);
    }
    return clua_dispatch(L);
}

// Upvalue: the names that were assigned. Runs for new names only.
static int assign(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 3);
    lua_pushvalue(L, 2);
    lua_pushboolean(L, 1);
    lua_rawset(L, lua_upvalueindex(1));
    lua_rawset(L, 1);
    return 0;
}

void clua_strictglobals(lua_State *L, void *box) {
    lua_pushglobaltable(L);
    lua_createtable(L, 0, 2);
    lua_newtable(L);
    clua_pushbox(L, box);
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, missing, 2);
    lua_pushliteral(L, "__index");
    lua_insert(L, -2);
    lua_rawset(L, -4);
    lua_pushcclosure(L, assign, 1);
    lua_pushliteral(L, "__newindex");
    lua_insert(L, -2);
    lua_rawset(L, -3);
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

// MARK: ipairs

// Upvalue: the length of the object at 1.
static int nextelement(lua_State *L) {
    lua_Integer i = luaL_checkinteger(L, 2);
    if (i < 0 || i >= lua_tointeger(L, lua_upvalueindex(1))) return 0;
    lua_pushinteger(L, i + 1);
    return lua_geti(L, 1, i + 1) == LUA_TNIL ? 1 : 2;
}

// Upvalue: Lua's own ipairs, which reads one element too many to find the end.
static int ipairs(lua_State *L) {
    luaL_checkany(L, 1);
    if (clua_toobject(L, 1) != NULL && luaL_getmetafield(L, 1, "__len") != LUA_TNIL) {
        lua_pushinteger(L, luaL_len(L, 1));
        lua_pushcclosure(L, nextelement, 1);
        lua_pushvalue(L, 1);
        lua_pushinteger(L, 0);
        return 3;
    }
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 3);
    return 3;
}

void clua_openglobals(lua_State *L) {
    lua_getglobal(L, "ipairs");
    lua_pushcclosure(L, ipairs, 1);
    lua_setglobal(L, "ipairs");
}
