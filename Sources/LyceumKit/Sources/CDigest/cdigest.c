#include "cdigest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

// CDigest is EVP_MD_CTX under another name, so that no header of OpenSSL reaches Swift.
static EVP_MD_CTX *context(CDigest *digest) { return (EVP_MD_CTX *)digest; }

static void require(int succeeded) {
    if (succeeded) return;
    fputs("lyceum: libcrypto cannot compute a hash\n", stderr);
    abort();
}

CDigest *cdigest_new(CDigestKind kind) {
    EVP_MD_CTX *made = EVP_MD_CTX_new();
    require(made != NULL);
    require(EVP_DigestInit_ex(made, kind == CDIGEST_SHA1 ? EVP_sha1() : EVP_sha256(), NULL));
    return (CDigest *)made;
}

CDigest *cdigest_copy(const CDigest *digest) {
    EVP_MD_CTX *made = EVP_MD_CTX_new();
    require(made != NULL);
    require(EVP_MD_CTX_copy_ex(made, (const EVP_MD_CTX *)digest));
    return (CDigest *)made;
}

void cdigest_update(CDigest *digest, const void *bytes, size_t count) {
    require(EVP_DigestUpdate(context(digest), bytes, count));
}

void cdigest_finish(CDigest *digest, uint8_t *hash, size_t *count) {
    unsigned int length = 0;
    require(EVP_DigestFinal_ex(context(digest), hash, &length));
    *count = length;
}

void cdigest_free(CDigest *digest) { EVP_MD_CTX_free(context(digest)); }
