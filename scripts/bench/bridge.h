// The peer of scripts/bench/bridge: the same functions in C, on Lua's own API.
#ifndef BRIDGE_H
#define BRIDGE_H

// Runs Lua code in a state with `add(a, b)` and `apply(f, x)`; seconds of processor time, or
// -1 after an error, printed on standard error.
double bridge_time(const char *code);

#endif
