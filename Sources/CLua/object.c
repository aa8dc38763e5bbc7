// Host objects: userdata that hold one claim on an object of the host.
#include "host.h"

// Addresses as registry and metatable keys: nothing in Lua can forge them.
static char knownKey, markKey;

// Releases the object in the userdata at an absolute index.
static void giveup(lua_State *L, int index) {
    CLuaHost *host = clua_host(L);
    void **slot = lua_touserdata(L, index);
    // A script can call __gc through debug.getmetatable; the second time is harmless.
    if (slot == NULL || *slot == NULL) return;
    void *object = *slot;
    *slot = NULL;
    // Then this userdata may still be known under an address that is free from now on.
    int top = lua_gettop(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &knownKey);
    if (lua_rawgetp(L, -1, object) == LUA_TUSERDATA && lua_rawequal(L, -1, index)) {
        lua_pushnil(L);
        lua_rawsetp(L, -3, object);
    }
    lua_settop(L, top);
    host->callbacks.release(host->context, object);
}

static int release(lua_State *L) {
    giveup(L, 1);
    return 0;
}

void clua_openobjects(lua_State *L) {
    luaL_newmetatable(L, "lyceum.box");
    lua_pushcfunction(L, release);
    lua_setfield(L, -2, "__gc");
    lua_pushliteral(L, "protected");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    // object → userdata, with weak values: one identity per object while Lua knows it.
    lua_newtable(L);
    lua_newtable(L);
    lua_pushliteral(L, "v");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &knownKey);
}

void clua_sealmetatable(lua_State *L) {
    lua_pushliteral(L, "__gc");
    lua_pushcfunction(L, release);
    lua_rawset(L, -3);
    lua_pushboolean(L, 1);
    lua_rawsetp(L, -2, &markKey);
}

bool clua_pushknown(lua_State *L, void *object) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &knownKey);
    if (lua_rawgetp(L, -1, object) == LUA_TUSERDATA) {
        lua_remove(L, -2);
        return true;
    }
    lua_pop(L, 2);
    return false;
}

void clua_pushobject(lua_State *L, void *object, int metatable) {
    void **slot = lua_newuserdatauv(L, sizeof *slot, 0);
    *slot = object;
    lua_rawgeti(L, LUA_REGISTRYINDEX, metatable);
    lua_setmetatable(L, -2);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &knownKey);
    lua_pushvalue(L, -2);
    lua_rawsetp(L, -2, object);
    lua_pop(L, 1);
}

// The slot of a userdata made by clua_pushobject; NULL for every other value.
static void **slotof(lua_State *L, int index) {
    if (lua_type(L, index) != LUA_TUSERDATA) return NULL;
    index = lua_absindex(L, index);
    if (!lua_getmetatable(L, index)) return NULL;
    bool ours = lua_rawgetp(L, -1, &markKey) != LUA_TNIL;
    lua_pop(L, 2);
    return ours ? lua_touserdata(L, index) : NULL;
}

void *clua_toobject(lua_State *L, int index) {
    void **slot = slotof(L, index);
    return slot != NULL ? *slot : NULL;
}

bool clua_isclosed(lua_State *L, int index) {
    void **slot = slotof(L, index);
    return slot != NULL && *slot == NULL;
}

void clua_closeobject(lua_State *L, int index) {
    index = lua_absindex(L, index);
    if (slotof(L, index) != NULL) giveup(L, index);
}
