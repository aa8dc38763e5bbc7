// zlib, as Swift can call it: its initialisers are macros.
#ifndef CZLIB_H
#define CZLIB_H

#include <zlib.h>

// Begins reading a gzip stream. The stream is the caller's, zeroed; inflateEnd frees what this allocates.
static inline int czlib_begin_reading(z_stream *stream) { return inflateInit2(stream, 16 + MAX_WBITS); }

// Begins writing a gzip stream. The stream is the caller's, zeroed; deflateEnd frees what this allocates.
static inline int czlib_begin_writing(z_stream *stream) {
    return deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
}

#endif
