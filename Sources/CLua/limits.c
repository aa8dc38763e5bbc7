// Limits: the allocator with its bound, and the count of instructions.
#include <stdio.h>
#include <stdlib.h>

#include "host.h"

// From this size on an allocation fails while the running code has to stop: a C function that fills memory executes
// no instruction that a hook could see.
enum { LARGE = 256 << 10 };
// From this size on, in bytes, a stack that grows is looked at; the values of a frame that are looked at, which lie
// behind its local variables (255 at most); and the longest period.
enum { DEEP = 64 << 10, FIRST = 260, SEEN = 128, PERIOD = 32 };

// Whether the stack grows because something calls its own __call without end: then the same few tables stand in the
// frame again and again, before the arguments. Lua moves all of them for each call, so this would take hours to
// overflow.
static bool ischain(lua_State *L) {
    if (lua_gettop(L) < FIRST + SEEN) return false;
    for (int period = 1; period <= PERIOD; period++) {
        int place = FIRST;
        while (place < FIRST + SEEN - period) {
            int type = lua_type(L, place);
            if (type != LUA_TTABLE && type != LUA_TUSERDATA) return false;
            if (lua_topointer(L, place) != lua_topointer(L, place + period)) break;
            place++;
        }
        if (place == FIRST + SEEN - period) return true;
    }
    return false;
}

// Lua reports a failed allocation by longjmp, which may not cross host frames: so it sees
// one only where there are none.
void *clua_allocate(void *context, void *block, size_t oldSize, size_t newSize) {
    CLuaHost *host = context;
    // For a new block Lua passes the kind of object.
    size_t before = block != NULL ? oldSize : 0;
    if (newSize == 0) {
        free(block);
        host->memory -= before;
        return NULL;
    }
    bool grows = newSize > before;
    if (grows && host->mayraise && host->memorylimit != 0 &&
        (newSize - before > host->memorylimit || host->memory > host->memorylimit - (newSize - before))) {
        return NULL;
    }
    if (grows && host->mayraise && newSize >= DEEP) {
        if (newSize - before >= LARGE && clua_mustend(host)) return NULL;
        if (block == NULL && ischain(host->running)) {
            host->chained = true;
            return NULL;
        }
    }
    void *moved = realloc(block, newSize);
    if (moved == NULL) {
        if (host->mayraise && grows) return NULL;
        fprintf(stderr, "lyceum: out of memory: Lua asked for %zu bytes\n", newSize);
        abort();
    }
    host->memory = host->memory - before + newSize;
    return moved;
}

void clua_hold(lua_State *L, size_t bytes) {
    CLuaHost *host = clua_host(L);
    host->pending += bytes < SIZE_MAX - host->pending ? bytes : SIZE_MAX - host->pending;
    // A collection costs as much as Lua's heap is large, so it is worth it after as many bytes.
    if (host->pending < host->memory + (16 << 20) || !lua_gc(L, LUA_GCISRUNNING)) return;
    host->pending = 0;
    lua_gc(L, LUA_GCCOLLECT);
}

void clua_setlimits(lua_State *L, size_t bytes, int64_t instructions, int64_t nanoseconds) {
    CLuaHost *host = clua_host(L);
    host->memorylimit = bytes;
    host->budget = instructions;
    host->instructions = instructions;
    host->timelimit = nanoseconds;
    clua_standardhook(host->main);
}
