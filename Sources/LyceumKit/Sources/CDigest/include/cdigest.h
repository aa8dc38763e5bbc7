/// SHA-1 and SHA-256 of libcrypto, which libcurl has in the process already.
///
/// Owner: whoever calls `cdigest_new` or `cdigest_copy` frees the result with `cdigest_free`. Thread: one at a time for
/// each digest. Failure: only a lack of memory, or a libcrypto that was built without the algorithm; the process then
/// ends with a message, as Swift does where it cannot allocate.
#ifndef CDIGEST_H
#define CDIGEST_H

#include <stddef.h>
#include <stdint.h>

typedef struct CDigest CDigest;

typedef enum { CDIGEST_SHA1, CDIGEST_SHA256 } CDigestKind;

/// A digest of no bytes.
CDigest *cdigest_new(CDigestKind kind);
/// A digest that goes on from where the other is; the other stays as it is.
CDigest *cdigest_copy(const CDigest *digest);
/// Adds bytes.
void cdigest_update(CDigest *digest, const void *bytes, size_t count);
/// Writes the hash, of 20 or 32 bytes, and its length. Nothing may be added after it.
void cdigest_finish(CDigest *digest, uint8_t *hash, size_t *count);
/// Frees it.
void cdigest_free(CDigest *digest);

#endif
