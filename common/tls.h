#pragma once

/*
 * TLS contexts as cowork-protocol(7) wants them: TLS 1.3 only, ALPN cowork/1, no tickets, no
 * resumption, no renegotiation, buffers released when idle.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/crypto.h"

struct ssl_ctx_st; /* SSL_CTX */
struct ssl_st;	   /* SSL */

#define TLS_ALPN		 "cowork/1"
#define TLS_PROBLEM_MAX		 256
#define TLS_FINGERPRINT_TEXT_MAX 104 /* "SHA256:" and hex pairs with colons, and NUL */

struct tls_problem {
	char text[TLS_PROBLEM_MAX]; /* one line: what is wrong, which file, what to do */
};

/*
 * A server context from a PEM chain and key. Checks that key and certificate fit and that the
 * certificate is valid now. 0 or negative errno with *ret_problem.
 *
 * Clients are asked for a certificate, and need none. Any is taken: that the client holds its key is
 * proven, and who that is, tls_peer_fingerprint() has to tell.
 */
int tls_server_new(const char *certificate, const char *key, struct ssl_ctx_st **ret,
		   struct tls_problem *ret_problem);
/*
 * A client context. `ca` a PEM file or NULL for the system store. With `fingerprint` (SHA-256 of
 * the server's certificate, 32 bytes) the chain is not checked but the fingerprint must match: see
 * tls_check_peer().
 */
int tls_client_new(const char *ca, const uint8_t *fingerprint, struct ssl_ctx_st **ret,
		   struct tls_problem *ret_problem);
/* Gives a client context a certificate and its key to show. 0 or negative errno with *ret_problem. */
int tls_client_identify(struct ssl_ctx_st *ctx, const char *certificate, const char *key,
			struct tls_problem *ret_problem);
/* Takes NULL, returns NULL. */
struct ssl_ctx_st *tls_ctx_free(struct ssl_ctx_st *ctx);

/* Prepares a client's SSL for `host`: SNI, name or address check (unless by fingerprint), ALPN. */
int tls_client_prepare(struct ssl_st *ssl, const char *host, bool by_fingerprint);
/* After the handshake: ALPN was agreed (and the fingerprint, if not NULL, matches). 0, -EPROTO,
 * -EACCES. */
int tls_check_peer(struct ssl_st *ssl, const uint8_t *fingerprint, struct tls_problem *ret_problem);
/* Why a handshake failed, in one line; call it before anything else touches OpenSSL's error queue.
 */
void tls_handshake_problem(struct ssl_st *ssl, struct tls_problem *ret_problem);
/*
 * OpenSSL answers a peer's key updates inside SSL_read(), however many come one after another: a
 * flood of them would keep the caller there for as long as it lasts. Counts them in *count (borrowed
 * as long as the SSL lives); beyond TLS_KEY_UPDATES_MAX SSL_read() finds an end of file. Set it to 0
 * whenever the peer has sent something of use.
 */
#define TLS_KEY_UPDATES_MAX 32
void tls_count_key_updates(struct ssl_st *ssl, unsigned *count);
/* SHA-256 of the peer's certificate; 0 or -ENOENT. */
int tls_peer_fingerprint(struct ssl_st *ssl, uint8_t out[SHA256_SIZE]);
/* When the peer's certificate ends, in microseconds; 0, -ENOENT, -EINVAL. */
int tls_peer_expiry(struct ssl_st *ssl, int64_t *ret_usec);
/* SHA-256 of the first certificate in a PEM text; 0 or -EINVAL. */
int tls_pem_fingerprint(const char *pem, uint8_t out[SHA256_SIZE]);
const char *tls_fingerprint_format(const uint8_t fingerprint[SHA256_SIZE],
				   char out[TLS_FINGERPRINT_TEXT_MAX]);
int tls_fingerprint_parse(const char *text, uint8_t out[SHA256_SIZE]);

/* When the context's certificate ends, in microseconds; 0 and *ret, or -ENOENT. */
int tls_certificate_expiry(struct ssl_ctx_st *ctx, int64_t *ret_usec);

/* Makes a P-256 key and a self-signed certificate (or, with csr true, a request) for the given
 * names and addresses, `days` long; files are created 0640 and never overwritten (-EEXIST). */
int tls_make_certificate(const char *certificate, const char *key, const char *const *names,
			 int days, bool csr, struct tls_problem *ret_problem);
