// What the files of this target share: the record that every state points to.
#ifndef LYCEUM_CLUA_HOST_H
#define LYCEUM_CLUA_HOST_H

#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>
#include <signal.h>

#include "CLua.h"

// One per state. The main thread and every coroutine find it in their extra space.
typedef struct CLuaHost {
    void *context;
    CLuaCallbacks callbacks;
    lua_State *main;
    // The thread that executes at this moment: what an interrupt must hook.
    lua_State *volatile running;
    volatile sig_atomic_t interrupted;
    // Bytes that Lua uses and, unless 0, may use.
    size_t memory;
    size_t memorylimit;
    // Whether a failed allocation may raise: Lua code runs below a protected call, with no
    // host frame in between.
    bool mayraise;
    // Instructions that a call from outside may run, unless 0, and what is left of them.
    int64_t budget;
    int64_t instructions;
    // Nanoseconds that a call from outside may take, unless 0, and when (of the monotonic clock) they are over.
    int64_t timelimit;
    int64_t deadline;
    volatile sig_atomic_t expired;
    // Coroutines that are being closed, one inside the other.
    int closing;
    // Whether the last failed allocation was that of an endless chain of __call.
    bool chained;
    // Bytes that the host has given to Lua in objects since the last collection that they caused.
    size_t pending;
} CLuaHost;

static inline CLuaHost *clua_host(lua_State *L) { return *(CLuaHost **)lua_getextraspace(L); }

// Replaces coroutine.resume, wrap and close by versions that keep CLuaHost.running up to
// date, and setmetatable by one whose finalizers can be interrupted.
void clua_opencoroutines(lua_State *L);

// Replaces the functions of the standard library that can run long without executing an
// instruction by versions that hear interrupts and count what they do.
void clua_openpatterns(lua_State *L);
void clua_opentables(lua_State *L);
void clua_openbase(lua_State *L);

// Creates the registry entries for host objects.
void clua_openobjects(lua_State *L);

// Calls the host with the box in the first upvalue; a lua_CFunction.
int clua_dispatch(lua_State *L);

// Pushes a userdata that holds one claim on `box`.
void clua_pushbox(lua_State *L, void *box);

// Replaces ipairs by a version that asks host objects for their length.
void clua_openglobals(lua_State *L);

// Creates the metatable of records.
void clua_openrecords(lua_State *L);

// Whether the code that runs has to stop: interrupted, or beyond a limit.
bool clua_mustend(const CLuaHost *host);

// Counts steps of a C function as instructions, and raises if the code has to stop. To be
// called every thousand steps or so.
void clua_spend(lua_State *L, int64_t steps);

// Pushes what a stop says: "interrupted", or which limit is reached.
void clua_pushstop(lua_State *L);

// Replaces a field of a global table by a C function.
void clua_replace(lua_State *L, const char *library, const luaL_Reg *functions);

// Sets the hook that L has while nothing is wrong: none, or the one that counts.
void clua_standardhook(lua_State *L);

// The allocator; `host` is the CLuaHost.
void *clua_allocate(void *host, void *block, size_t oldSize, size_t newSize);

// After control came back to L: says so, and passes a pending interrupt on to it.
void clua_setrunning(lua_State *L);

#endif
