// XGBoost's C interface, as Debian's libxgboost-dev installs it.
//
// Every function returns 0, or -1 with a text in XGBGetLastError, which is the calling thread's own; exceptions
// end inside the library. A handle belongs to whoever made it. An array that a function gives out belongs to the
// library and lives until the next call with the same handle.
#ifndef LYCEUM_CXGBOOST_H
#define LYCEUM_CXGBOOST_H

#include <xgboost/c_api.h>

#endif
