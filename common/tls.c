/*
 * TLS contexts and the checks around a handshake. Contexts are made at start and at reload, SSL
 * objects by whoever owns the connection. OpenSSL keeps errors in a queue per thread: each function
 * here leaves it empty, so that one connection's trouble is never read as another's.
 */

#include "common/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "common/civil.h"
#include "common/tls_internal.h"

/* A client's certificate, and perhaps those above it. */
#define CLIENT_CHAIN_MAX 16384

/* One length byte and the name, as in the handshake. */
static const uint8_t alpn_wire[] = { sizeof(TLS_ALPN) - 1, 'c', 'o', 'w', 'o', 'r', 'k', '/', '1' };

_Static_assert(sizeof(alpn_wire) == sizeof(TLS_ALPN), "alpn_wire spells TLS_ALPN");

int tls_problem_set(struct tls_problem *ret, int r, const char *format, ...)
{
	va_list args;

	if (ret != NULL) {
		va_start(args, format);
		vsnprintf(ret->text, sizeof(ret->text), format, args);
		va_end(args);
	}
	ERR_clear_error();
	return r;
}

const char *tls_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	return reason != NULL ? reason : "unknown reason";
}

/* The server takes our protocol wherever it stands in the client's list and nothing else. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
		   const unsigned char *in, unsigned in_len, void *arg)
{
	for (unsigned at = 0; at < in_len; at += 1U + in[at]) {
		if (in[at] == alpn_wire[0] && in_len - at >= sizeof(alpn_wire) &&
		    memcmp(in + at, alpn_wire, sizeof(alpn_wire)) == 0) {
			*out = in + at + 1;
			*out_len = in[at];
			return SSL_TLSEXT_ERR_OK;
		}
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static SSL_CTX *ctx_new(const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (ctx == NULL)
		return NULL;
	/* An end of file without close_notify is a plain end: every message ends in LF anyway. What was
	 * read is overwritten: passwords and tokens come this way. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
					 SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF |
					 SSL_OP_CLEANSE_PLAINTEXT);
	/* Idle connections shrink from 48 to 15 KiB; output buffers may grow and move meanwhile. */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* Unread tickets turn a client's close into a reset that can lose its last request. */
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_num_tickets(ctx, 0) != 1)
		return tls_ctx_free(ctx);
	return ctx;
}

struct ssl_ctx_st *tls_ctx_free(struct ssl_ctx_st *ctx)
{
	SSL_CTX_free(ctx);
	return NULL;
}

/* OpenSSL would blame itself for a file that is not there: ask the system first. */
static int check_readable(const char *what, const char *path, struct tls_problem *ret_problem)
{
	FILE *file = fopen(path, "re");
	int r = -errno;

	if (file == NULL)
		return tls_problem_set(ret_problem, r, "cannot read the %s %s: %s", what, path,
				       strerror(-r));
	fclose(file);
	return 0;
}

int tls_asn1_usec(const struct asn1_string_st *time, int64_t *ret)
{
	struct civil civil;
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1)
		return -EINVAL;
	civil = (struct civil){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
				tm.tm_hour,	   tm.tm_min,	  tm.tm_sec };
	if (!civil_valid(&civil))
		return -EINVAL;
	*ret = civil_to_seconds(&civil) * USEC_PER_SEC;
	return 0;
}

static int check_validity(const char *path, const X509 *certificate,
			  struct tls_problem *ret_problem)
{
	int64_t now = instant_now();
	int64_t from, to;
	char text[INSTANT_TEXT_MAX];

	if (tls_asn1_usec(X509_get0_notBefore(certificate), &from) < 0 ||
	    tls_asn1_usec(X509_get0_notAfter(certificate), &to) < 0)
		return tls_problem_set(ret_problem, -EBADMSG,
				       "the certificate %s has a malformed time of validity", path);
	if (now < from)
		return tls_problem_set(ret_problem, -EKEYREJECTED,
				       "the certificate %s is not valid before %s: check the clock",
				       path, instant_format(from, text));
	if (now > to)
		return tls_problem_set(ret_problem, -EKEYEXPIRED,
				       "the certificate %s expired at %s: renew it", path,
				       instant_format(to, text));
	return 0;
}

static int load_certificate(SSL_CTX *ctx, const char *path, struct tls_problem *ret_problem)
{
	int r;

	r = check_readable("certificate", path, ret_problem);
	if (r < 0)
		return r;
	if (SSL_CTX_use_certificate_chain_file(ctx, path) != 1)
		return tls_problem_set(ret_problem, -EBADMSG,
				       "cannot use %s as a PEM certificate chain: %s", path,
				       tls_reason());
	return check_validity(path, SSL_CTX_get0_certificate(ctx), ret_problem);
}

/* A daemon has nobody to ask; without this OpenSSL would prompt on the terminal. */
static int on_password(char *buf, int size, int rwflag, void *asked)
{
	*(bool *)asked = true;
	return -1;
}

static int load_key(SSL_CTX *ctx, const char *path, const char *certificate,
		    struct tls_problem *ret_problem)
{
	bool asked = false;
	EVP_PKEY *key = NULL;
	BIO *bio;
	int r;

	r = check_readable("key", path, ret_problem);
	if (r < 0)
		return r;
	bio = BIO_new_file(path, "r");
	if (bio != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, on_password, &asked);
	BIO_free(bio);
	if (key == NULL && asked)
		return tls_problem_set(ret_problem, -EBADMSG,
				       "the key %s is locked with a password: store it unlocked",
				       path);
	if (key == NULL)
		return tls_problem_set(ret_problem, -EBADMSG, "cannot use %s as a PEM key: %s",
				       path, tls_reason());
	if (X509_check_private_key(SSL_CTX_get0_certificate(ctx), key) != 1)
		r = tls_problem_set(ret_problem, -EKEYREJECTED,
				    "the key %s does not belong to the certificate %s", path,
				    certificate);
	else if (SSL_CTX_use_PrivateKey(ctx, key) != 1)
		r = tls_problem_set(ret_problem, -EBADMSG, "cannot use the key %s: %s", path,
				    tls_reason());
	EVP_PKEY_free(key);
	return r;
}

static int load_authorities(SSL_CTX *ctx, const char *path, struct tls_problem *ret_problem)
{
	int r;

	r = check_readable("authorities' file", path, ret_problem);
	if (r < 0)
		return r;
	if (SSL_CTX_load_verify_file(ctx, path) != 1)
		return tls_problem_set(ret_problem, -EBADMSG, "cannot use %s as authorities: %s",
				       path, tls_reason());
	/* What the operator names is trusted itself: a self-signed server needs no authority. */
	X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN);
	return 0;
}

/* The handshake proves that the client holds the key; whose it is, its fingerprint tells later. */
static int on_client_certificate(X509_STORE_CTX *store, void *arg)
{
	X509_STORE_CTX_set_error(store, X509_V_OK);
	return 1;
}

/* Client certificates are asked for, not demanded: who has none logs in with a token. */
static void ask_clients(SSL_CTX *ctx)
{
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, on_client_certificate, NULL);
	SSL_CTX_set_max_cert_list(ctx, CLIENT_CHAIN_MAX);
}

int tls_server_new(const char *certificate, const char *key, struct ssl_ctx_st **ret,
		   struct tls_problem *ret_problem)
{
	SSL_CTX *ctx;
	int r;

	ERR_clear_error();
	ctx = ctx_new(TLS_server_method());
	if (ctx == NULL)
		return tls_problem_set(ret_problem, -ENOMEM, "cannot set up TLS: %s", tls_reason());
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
	ask_clients(ctx);
	r = load_certificate(ctx, certificate, ret_problem);
	if (r == 0)
		r = load_key(ctx, key, certificate, ret_problem);
	if (r == 0 && tls_trial(ctx, alpn_wire, sizeof(alpn_wire)) < 0)
		r = tls_problem_set(ret_problem, -EIO, "TLS does not work with %s: %s", certificate,
				    tls_reason());
	if (r < 0) {
		tls_ctx_free(ctx);
		return r;
	}
	*ret = ctx;
	return 0;
}

int tls_client_new(const char *ca, const uint8_t *fingerprint, struct ssl_ctx_st **ret,
		   struct tls_problem *ret_problem)
{
	SSL_CTX *ctx;
	int r = 0;

	ERR_clear_error();
	ctx = ctx_new(TLS_client_method());
	if (ctx == NULL)
		return tls_problem_set(ret_problem, -ENOMEM, "cannot set up TLS: %s", tls_reason());
	SSL_CTX_set_verify(ctx, fingerprint != NULL ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
	if (fingerprint == NULL && ca != NULL)
		r = load_authorities(ctx, ca, ret_problem);
	else if (fingerprint == NULL && SSL_CTX_set_default_verify_paths(ctx) != 1)
		r = tls_problem_set(ret_problem, -EIO, "cannot use the system's authorities: %s",
				    tls_reason());
	if (r < 0) {
		tls_ctx_free(ctx);
		return r;
	}
	*ret = ctx;
	return 0;
}

int tls_client_identify(struct ssl_ctx_st *ctx, const char *certificate, const char *key,
			struct tls_problem *ret_problem)
{
	int r;

	ERR_clear_error();
	r = load_certificate(ctx, certificate, ret_problem);
	return r < 0 ? r : load_key(ctx, key, certificate, ret_problem);
}

bool tls_is_address(const char *host)
{
	struct in6_addr address;

	return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

/* An address is looked for among the certificate's addresses, and is no server name to send. */
static bool expect_host(SSL *ssl, const char *host, bool by_fingerprint)
{
	if (tls_is_address(host))
		return by_fingerprint ||
		       X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
	if (SSL_set_tlsext_host_name(ssl, host) != 1)
		return false;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return by_fingerprint || SSL_set1_host(ssl, host) == 1;
}

int tls_client_prepare(struct ssl_st *ssl, const char *host, bool by_fingerprint)
{
	/* Of the two only this one returns 0 for success. */
	if (SSL_set_alpn_protos(ssl, alpn_wire, sizeof(alpn_wire)) != 0 ||
	    !expect_host(ssl, host, by_fingerprint)) {
		ERR_clear_error();
		return -EINVAL;
	}
	SSL_set_connect_state(ssl);
	return 0;
}

int tls_check_peer(struct ssl_st *ssl, const uint8_t *fingerprint, struct tls_problem *ret_problem)
{
	const uint8_t *alpn;
	unsigned alpn_len;
	uint8_t found[SHA256_SIZE];
	char text[TLS_FINGERPRINT_TEXT_MAX];

	SSL_get0_alpn_selected(ssl, &alpn, &alpn_len);
	if (alpn_len != alpn_wire[0] || memcmp(alpn, TLS_ALPN, alpn_len) != 0)
		return tls_problem_set(ret_problem, -EPROTO,
				       "the other side does not speak " TLS_ALPN);
	if (fingerprint == NULL)
		return 0;
	if (tls_peer_fingerprint(ssl, found) < 0)
		return tls_problem_set(ret_problem, -EACCES, "the server showed no certificate");
	if (!crypto_equal(found, fingerprint, SHA256_SIZE))
		return tls_problem_set(ret_problem, -EACCES,
				       "the server's certificate is not the one accepted before: "
				       "it has the fingerprint %s",
				       tls_fingerprint_format(found, text));
	return 0;
}

void tls_handshake_problem(struct ssl_st *ssl, struct tls_problem *ret_problem)
{
	long result = SSL_get_verify_result(ssl);

	if (result != X509_V_OK && SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE)
		tls_problem_set(ret_problem, 0, "the certificate is not trusted: %s",
				X509_verify_cert_error_string(result));
	else if (ERR_peek_last_error() != 0)
		tls_problem_set(ret_problem, 0, "the TLS handshake failed: %s", tls_reason());
	else
		tls_problem_set(ret_problem, 0, "the connection ended during the TLS handshake");
}

static void on_message(int sent, int version, int type, const void *data, size_t len, SSL *ssl,
		       void *arg)
{
	unsigned *count = arg;

	if (sent || type != SSL3_RT_HANDSHAKE || len == 0 ||
	    *(const uint8_t *)data != SSL3_MT_KEY_UPDATE || ++*count <= TLS_KEY_UPDATES_MAX)
		return;
	SSL_set_shutdown(ssl, SSL_get_shutdown(ssl) | SSL_RECEIVED_SHUTDOWN);
}

void tls_count_key_updates(struct ssl_st *ssl, unsigned *count)
{
	SSL_set_msg_callback(ssl, on_message);
	SSL_set_msg_callback_arg(ssl, count);
}

int tls_certificate_expiry(struct ssl_ctx_st *ctx, int64_t *ret_usec)
{
	const X509 *certificate = SSL_CTX_get0_certificate(ctx);

	if (certificate == NULL || tls_asn1_usec(X509_get0_notAfter(certificate), ret_usec) < 0) {
		ERR_clear_error();
		return -ENOENT;
	}
	return 0;
}
