// Limits: the allocator with its bound, and the count of instructions.
#include <stdio.h>
#include <stdlib.h>

#include "host.h"

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
    void *moved = realloc(block, newSize);
    if (moved == NULL) {
        if (host->mayraise && grows) return NULL;
        fprintf(stderr, "lyceum: out of memory: Lua asked for %zu bytes\n", newSize);
        abort();
    }
    host->memory = host->memory - before + newSize;
    return moved;
}

void clua_setlimits(lua_State *L, size_t bytes, int64_t instructions) {
    CLuaHost *host = clua_host(L);
    host->memorylimit = bytes;
    host->budget = instructions;
    host->instructions = instructions;
    clua_standardhook(host->main);
}
