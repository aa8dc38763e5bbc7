// CLua: the only code of Lyceum that touches the Lua 5.4 C API.
//
// Lua raises errors with longjmp, and a longjmp over a Swift frame is undefined
// behaviour. So this header gives Swift only calls that never raise:
//   - every lua_CFunction, every raise and every API that the manual marks `e`
//     or `v` lives in this target, the latter two behind lua_pcall;
//   - APIs marked `m` raise only when memory runs out. The allocator of clua_open lets
//     them fail only where Lua code called them; for the host it goes beyond its limit,
//     and if there is no memory at all it prints a message and aborts.
// lua.h itself stays out of the module, so that Swift cannot call anything else.
//
// Contents: states · calls from Lua into the host · calls from the host into Lua ·
// the stack · tables · records · globals · references · host objects · interrupts · limits.
//
// Threads: a state belongs to one thread. The one exception is clua_interrupt.
#ifndef LYCEUM_CLUA_H
#define LYCEUM_CLUA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lua_State lua_State;

// What a value is. The numbers are Lua's own LUA_T… constants.
typedef enum CLuaType {
    CLUA_NONE = -1,
    CLUA_NIL = 0,
    CLUA_BOOLEAN = 1,
    CLUA_LIGHT_USERDATA = 2,
    CLUA_NUMBER = 3,
    CLUA_STRING = 4,
    CLUA_TABLE = 5,
    CLUA_FUNCTION = 6,
    CLUA_USERDATA = 7,
    CLUA_THREAD = 8
} CLuaType;

// MARK: States

// How Lua reaches the host. Both functions get the `context` of clua_open and may
// not raise Lua errors themselves.
typedef struct CLuaCallbacks {
    // Runs the function behind `box`. The arguments are the whole stack of `L`, which
    // may be a coroutine. Returns the number of results on top of the stack, or
    // CLUA_RAISE after pushing one error value.
    int (*call)(void *context, lua_State *L, void *box);
    // Lua has dropped its claim on `object` (a box or a host object). Called during
    // garbage collection: it may not call Lua, throw or block.
    void (*release)(void *context, void *object);
} CLuaCallbacks;

// What CLuaCallbacks.call returns to have the value on top of the stack raised.
extern const int CLUA_RAISE;

// A new state with the standard libraries; NULL only when there is no memory at all.
// `context` must outlive the state. The caller owns the state: see clua_close.
lua_State *clua_open(void *context, CLuaCallbacks callbacks);

// Closes the state; every object that Lua still holds is released.
void clua_close(lua_State *L);

// The version of the Lua library in this process, for example "Lua 5.4".
const char *clua_version(void);

// A full garbage collection. Two of them also free objects that were resurrected
// by their own finalizer.
void clua_collect(lua_State *L);

// Bytes that Lua uses at the moment.
size_t clua_memory(lua_State *L);

// MARK: Calls from Lua into the host

// Pushes a Lua function that calls the host with `box`. Lua owns one claim on
// `box` from now on and gives it up through CLuaCallbacks.release.
void clua_pushfunction(lua_State *L, void *box);

// Pushes an __index function: a raw look-up in the table on top of the stack
// (which it pops), and where that finds nothing a call of the host with `box`.
void clua_pushindexer(lua_State *L, void *box);

// The box of a function made by clua_pushfunction; NULL for every other value.
void *clua_tobox(lua_State *L, int index);

// Puts "chunk:line: " of the Lua code that called the running function into
// `buffer` (cut to `size`, always terminated); an empty text if it is unknown.
void clua_where(lua_State *L, char *buffer, size_t size);

// MARK: Calls from the host into Lua

// Calls the function below `nargs` arguments, as lua_pcall does, with all results.
// On success returns true with the results on the stack. On failure returns false
// with two values on the stack: the error value and the traceback (string or nil).
bool clua_call(lua_State *L, int nargs);

// Compiles text (never bytecode) and pushes the function: true. On failure pushes
// the message: false. `name` is a chunk name: "@file" or "=title".
bool clua_load(lua_State *L, const char *text, size_t size, const char *name);

// Pushes the value as text the way `print` shows it, running __tostring or using
// __name: true. On failure pushes the error value and the traceback: false.
bool clua_describe(lua_State *L, int index);

// MARK: The stack

int clua_gettop(lua_State *L);
void clua_settop(lua_State *L, int top);
bool clua_checkstack(lua_State *L, int extra);
int clua_absindex(lua_State *L, int index);
void clua_pushvalue(lua_State *L, int index);
void clua_remove(lua_State *L, int index);
CLuaType clua_type(lua_State *L, int index);

bool clua_toboolean(lua_State *L, int index);
bool clua_isinteger(lua_State *L, int index);
int64_t clua_tointeger(lua_State *L, int index);
double clua_tonumber(lua_State *L, int index);
// The bytes of a string, NULL for every other type (numbers are not converted).
// They live as long as the string is on the stack.
const char *clua_tostring(lua_State *L, int index, size_t *size);
// An address that identifies a table, function, thread or userdata; NULL for others.
const void *clua_topointer(lua_State *L, int index);
bool clua_rawequal(lua_State *L, int first, int second);

void clua_pushnil(lua_State *L);
void clua_pushboolean(lua_State *L, bool value);
void clua_pushinteger(lua_State *L, int64_t value);
void clua_pushnumber(lua_State *L, double value);
void clua_pushstring(lua_State *L, const char *bytes, size_t size);
// The sentinel for a null inside a list (a light userdata holding NULL).
void clua_pushnull(lua_State *L);
bool clua_isnull(lua_State *L, int index);
void clua_pushglobals(lua_State *L);

// MARK: Tables (raw: no metamethod runs)

void clua_newtable(lua_State *L, int list, int fields);
CLuaType clua_rawgeti(lua_State *L, int table, int64_t key);
void clua_rawseti(lua_State *L, int table, int64_t key);
CLuaType clua_rawgetfield(lua_State *L, int table, const char *name, size_t size);
void clua_rawsetfield(lua_State *L, int table, const char *name, size_t size);
// Replaces the key on top of the stack by its value.
CLuaType clua_rawget(lua_State *L, int table);
// table[key] = value, popping both; false (and no change) if the key is nil or NaN.
bool clua_rawset(lua_State *L, int table);
uint64_t clua_rawlen(lua_State *L, int index);
// Pops a key and pushes the next key and value: 1; nothing left, nothing pushed: 0;
// the key is unknown because the table changed, nothing pushed: -1.
int clua_next(lua_State *L, int table);
// Pops a table and makes it the metatable of the table at `index`; without a finalizer,
// should it have one.
void clua_setmetatable(lua_State *L, int index);
// Pushes the metatable: true. Without one pushes nothing: false.
bool clua_getmetatable(lua_State *L, int index);

// MARK: Records

// Replaces two tables on top of the stack, the fields and below them the list of all their names, by a record: a
// table that shows its fields and takes no assignment. A name that is in the list and has no field reads as nil.
void clua_sealrecord(lua_State *L);
// Pushes the fields of the record at an index; pushes nothing and gives false for anything else.
bool clua_pushfields(lua_State *L, int index);
// Pushes the list of names of the record at an index; pushes nothing and gives false for anything else.
bool clua_pushcolumns(lua_State *L, int index);
// What a record does when it is asked for a name that is not in its list: calls the host with `box` and the
// arguments record and name. Lua owns one claim on `box` from now on.
void clua_onmissingfield(lua_State *L, void *box);

// MARK: Globals

// From now on reading a global that was never assigned calls the host with `box`, whose result is the value; the
// arguments are the table of globals and the name. Assigning, be it nil, makes a name known. Lua owns one claim
// on `box` from now on.
void clua_strictglobals(lua_State *L, void *box);

// MARK: References

// Pops a value and keeps it; the number gives it back. clua_unref ends it.
int clua_ref(lua_State *L);
void clua_unref(lua_State *L, int reference);
void clua_pushref(lua_State *L, int reference);

// MARK: Host objects

// Adds what every metatable of a host object needs (finalizer and mark) to the
// table on top of the stack.
void clua_sealmetatable(lua_State *L);

// Pushes the userdata that Lua already has for `object`: true. Otherwise pushes
// nothing: false.
bool clua_pushknown(lua_State *L, void *object);

// Pushes a new userdata for `object` with the metatable behind `metatable` (a
// reference to a sealed one). Lua owns one claim on `object` from now on.
void clua_pushobject(lua_State *L, void *object, int metatable);

// The object in a userdata made by clua_pushobject; NULL for every other value.
void *clua_toobject(lua_State *L, int index);

// Releases the object in a userdata made by clua_pushobject, which is closed from then on.
// Does nothing for any other value.
void clua_closeobject(lua_State *L, int index);

// Whether the value is the userdata of a host object that has been closed.
bool clua_isclosed(lua_State *L, int index);

// MARK: Interrupts

// Makes the Lua code that is running, in whichever coroutine, raise "interrupted",
// again and again until clua_resume, so that a pcall cannot swallow it.
// Async-signal-safe, to be called on the thread of the state.
void clua_interrupt(lua_State *L);

// Whether clua_interrupt was called since the last clua_resume.
bool clua_interrupted(lua_State *L);

// After the outermost call has returned without an error: whether the code had to stop all the same. No instruction
// raises "interrupted" where the last thing that a chunk does is a C function that was running, or that has caught the
// error: `return pcall(f)`. Then what lies above `base` gives way to what the stop says and nil, as after a failed
// clua_call.
bool clua_takeunheard(lua_State *L, int base);

// Ends the interrupt. To be called when no Lua code runs.
void clua_resume(lua_State *L);

// From now on SIGINT, SIGTERM and SIGHUP interrupt `L` and call `also` (async-signal-safe;
// may be NULL) with the signal's number and how many of that kind, this one included,
// nothing has answered. After SIGTERM or SIGHUP clua_resume no longer ends the interrupt.
// A third SIGINT, or a second SIGTERM or SIGHUP, ends the process with status 128 + its
// number. One state of a process at a time. System calls are not restarted.
void clua_catchsignals(lua_State *L, void (*also)(int signal, int count));

// Gives the signals back to whoever had them. Does nothing if `L` does not catch them.
void clua_releasesignals(lua_State *L);

// MARK: Limits

// Bounds what Lua code may use: bytes of memory, and instructions and nanoseconds from
// one outermost call to its end; 0 means no limit. Code that goes beyond fails with an error,
// which for instructions and time no pcall can hold up. The steps of the standard library's
// loops count as instructions. Coroutines that exist already are not counted.
void clua_setlimits(lua_State *L, size_t bytes, int64_t instructions, int64_t nanoseconds);

// Tells the collector that the object on top of the stack holds so many bytes outside of
// Lua. It may collect at once: finalizers and CLuaCallbacks.release run.
void clua_hold(lua_State *L, size_t bytes);

#endif
