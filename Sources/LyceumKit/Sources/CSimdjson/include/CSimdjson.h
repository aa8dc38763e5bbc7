// simdjson's DOM parser, reduced to what Swift needs: one call that turns a text into a flat array of nodes.
//
// Ownership: csimdjson_parser_new makes a parser, csimdjson_parser_free frees it. Nodes and the texts they
//   point to belong to the parser and live until its next parse or its end.
// Threads: one parser, one thread at a time. Different parsers are independent.
// Errors: no C++ exception leaves the shim. After a failure *nodes and *count are untouched.
#ifndef CSIMDJSON_H
#define CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct CSimdjsonParser CSimdjsonParser;

typedef enum : uint32_t {
    CSIMDJSON_NULL = 0,
    CSIMDJSON_FALSE = 1,
    CSIMDJSON_TRUE = 2,
    CSIMDJSON_INTEGER = 3,
    CSIMDJSON_NUMBER = 4,
    CSIMDJSON_STRING = 5,
    CSIMDJSON_LIST = 6,
    CSIMDJSON_OBJECT = 7,
} CSimdjsonKind;

typedef enum : int32_t {
    CSIMDJSON_OK = 0,
    // The text is not JSON.
    CSIMDJSON_MALFORMED = 1,
    // It may be JSON, but a number in it does not fit 64 bits.
    CSIMDJSON_NUMBER_RANGE = 2,
    // More nested lists and objects than CSIMDJSON_MAX_DEPTH.
    CSIMDJSON_TOO_DEEP = 3,
    // Out of memory, or larger than simdjson's 4 GB.
    CSIMDJSON_NO_SPACE = 4,
} CSimdjsonStatus;

// Nested lists and objects that are still accepted.
#define CSIMDJSON_MAX_DEPTH 1024

// One value, in the order of the text. A list is followed by its `count` elements, each with all that is in
// it; an object by `count` pairs, each a string node (the key) and the value.
typedef struct {
    CSimdjsonKind kind;
    // Elements of a list, pairs of an object, bytes of a string.
    uint32_t count;
    union {
        int64_t integer;
        double number;
        // UTF-8, not terminated by zero.
        const char *text;
    };
} CSimdjsonNode;

// A new parser; null if memory is out.
CSimdjsonParser *csimdjson_parser_new(void);

void csimdjson_parser_free(CSimdjsonParser *parser);

// Parses `length` bytes. `readable`, at least `length`, says how many bytes may be read from `bytes` on
// (what follows the text is never interpreted): where enough are, the text is not copied first.
CSimdjsonStatus csimdjson_parse(CSimdjsonParser *parser, const uint8_t *bytes, size_t length, size_t readable,
                                const CSimdjsonNode **nodes, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
