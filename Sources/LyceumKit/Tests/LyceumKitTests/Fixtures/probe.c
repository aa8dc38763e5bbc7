// A plugin that registers nothing, whose answers to the handshake the test chooses.
#include "lyceum_plugin.h"

void lyceum_plugin_info(lyceum_plugin_info_t *out) {
    lyceum_plugin_describe(out, "probe", "1.0");
    out->api_version = API_VERSION;
    strncpy(out->compiler, COMPILER, sizeof out->compiler - 1);
}

int32_t lyceum_plugin_register(void *registry, const void *identity) {
    (void)registry;
    (void)identity;
    return STATUS;
}
