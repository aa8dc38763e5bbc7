// Nothing to compile: the header holds the whole handshake. SwiftPM wants one source file in a C target.
#include "lyceum_plugin.h"

_Static_assert(sizeof(lyceum_plugin_info_t) == 512, "the handshake's layout is frozen");
