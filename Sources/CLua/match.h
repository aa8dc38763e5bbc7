// One match of a Lua pattern; match.c says where it comes from.
#ifndef LYCEUM_CLUA_MATCH_H
#define LYCEUM_CLUA_MATCH_H

#include "host.h"

// Lengths of captures that are none.
#define CAP_UNFINISHED (-1)
#define CAP_POSITION (-2)

#define L_ESC '%'

// Captures that a pattern may have.
#define MAXCAPTURES 32

// How deep `cluamatch_run` may call itself.
#define MAXCCALLS 200

typedef struct MatchState {
    const char *src_init;  // The subject.
    const char *src_end;
    const char *p_end;  // The end of the pattern.
    lua_State *L;
    int matchdepth;  // Levels of recursion that are left.
    unsigned char level;  // Captures, finished or not.
    ptrdiff_t steps;  // Work since `L` was last asked whether to stop.
    struct {
        const char *init;
        ptrdiff_t len;
    } capture[MAXCAPTURES];
} MatchState;

// Matches the pattern at `p` at the place `s` of the subject: the end of the match, or NULL. Raises errors of the
// pattern, and a stop.
const char *cluamatch_run(MatchState *ms, const char *s, const char *p);

#endif
