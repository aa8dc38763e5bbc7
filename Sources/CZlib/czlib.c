// Nothing to compile: the header holds all of the shim. SwiftPM wants one source file in a C target.
#include "CZlib.h"
