// The handshake between Lyceum and a plugin, at the level of C.
//
// Swift has no stable ABI on Linux: two sides built by different compilers, or against different versions of
// LyceumKit, must not exchange a single Swift value. So before any Swift call the host asks a plugin, through
// this struct alone, what it is. The layout is frozen: fields are only ever added in `reserved`.
//
// A plugin exports two functions of C linkage:
//   void lyceum_plugin_info(lyceum_plugin_info_t *out);
//       Fills *out; owns nothing; is called once, right after dlopen, on the main thread.
//   int32_t lyceum_plugin_register(void *registry, const void *identity);
//       Registers what it brings; returns a lyceum_register_status_t. Called only if the info matched.
#ifndef LYCEUM_PLUGIN_H
#define LYCEUM_PLUGIN_H

#include <stdint.h>
#include <string.h>

// Raised whenever LyceumKit's public surface changes in a way that an already built plugin cannot survive.
#define LYCEUM_PLUGIN_API_VERSION 2

typedef struct {
    uint32_t api_version;
    char compiler[252];
    char id[64];
    char version[32];
    char reserved[160];
} lyceum_plugin_info_t;

typedef enum : int32_t {
    LYCEUM_REGISTER_OK = 0,
    // The plugin carries its own copy of LyceumKit: its registry type is not the host's.
    LYCEUM_REGISTER_OTHER_KIT = 1,
    // Registration threw; the host finds the error in its registry.
    LYCEUM_REGISTER_FAILED = 2,
} lyceum_register_status_t;

// The compiler that compiled the calling module (an inline function: each side gets its own answer).
static inline const char *lyceum_compiler_version(void) { return __VERSION__; }

// Fills `out` for a plugin `id`, `version`; both are copied, and cut to the size of their fields.
static inline void lyceum_plugin_describe(lyceum_plugin_info_t *out, const char *id, const char *version) {
    memset(out, 0, sizeof *out);
    out->api_version = LYCEUM_PLUGIN_API_VERSION;
    strncpy(out->compiler, lyceum_compiler_version(), sizeof out->compiler - 1);
    strncpy(out->id, id, sizeof out->id - 1);
    strncpy(out->version, version, sizeof out->version - 1);
}

#endif
