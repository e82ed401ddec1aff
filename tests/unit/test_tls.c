/*
 * TLS contexts and handshakes between two ends in memory. Each test has a
 * private folder with a server's key and certificate for "desk.example", "127.0.0.1" and "::1".
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "common/civil.h"
#include "common/macros.h"
#include "common/tls.h"

#define HOST "desk.example"

static const char *const names[] = { HOST, "127.0.0.1", "::1", NULL };

struct fixture {
	char dir[32];
	char certificate[64];
	char key[64];
	char other_certificate[64];
	char other_key[64];
};

/* Both ends of one connection. */
struct pair {
	SSL *client;
	SSL *server;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct tls_problem problem = { "" };

	assert_non_null(f);
	strcpy(f->dir, "/tmp/test-tls-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->certificate, sizeof(f->certificate), "%s/c.pem", f->dir);
	snprintf(f->key, sizeof(f->key), "%s/k.pem", f->dir);
	snprintf(f->other_certificate, sizeof(f->other_certificate), "%s/oc.pem", f->dir);
	snprintf(f->other_key, sizeof(f->other_key), "%s/ok.pem", f->dir);
	assert_int_equal(tls_make_certificate(f->certificate, f->key, names, 30, false, &problem),
			 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->certificate);
	unlink(f->key);
	unlink(f->other_certificate);
	unlink(f->other_key);
	rmdir(f->dir);
	free(f);
	return 0;
}

static SSL_CTX *server_ctx(const struct fixture *f)
{
	struct tls_problem problem = { "" };
	SSL_CTX *ctx = NULL;

	assert_int_equal(tls_server_new(f->certificate, f->key, &ctx, &problem), 0);
	assert_string_equal(problem.text, "");
	return ctx;
}

static SSL_CTX *client_ctx(const char *ca, const uint8_t *fingerprint)
{
	struct tls_problem problem = { "" };
	SSL_CTX *ctx = NULL;

	assert_int_equal(tls_client_new(ca, fingerprint, &ctx, &problem), 0);
	return ctx;
}

/* Two ends joined in memory; takes over the contexts. */
static struct pair join(SSL_CTX *client, SSL_CTX *server)
{
	struct pair pair = { SSL_new(client), SSL_new(server) };
	BIO *to_server, *to_client;

	tls_ctx_free(client);
	tls_ctx_free(server);
	assert_non_null(pair.client);
	assert_non_null(pair.server);
	assert_int_equal(BIO_new_bio_pair(&to_server, 0, &to_client, 0), 1);
	SSL_set_bio(pair.client, to_server, to_server);
	SSL_set_bio(pair.server, to_client, to_client);
	SSL_set_connect_state(pair.client);
	SSL_set_accept_state(pair.server);
	return pair;
}

static void part(struct pair *pair)
{
	SSL_free(pair->client);
	SSL_free(pair->server);
	ERR_clear_error();
}

static bool wants_more(SSL *ssl, int r)
{
	int error = SSL_get_error(ssl, r);

	return r <= 0 && (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE);
}

/* Whether both ends are through. Fails with the first end that fails, its errors left in the queue.
 */
static bool shake_hands(struct pair *pair)
{
	for (int round = 0; round < 20; round++) {
		int c, s;

		ERR_clear_error();
		c = SSL_do_handshake(pair->client);
		if (c <= 0 && !wants_more(pair->client, c))
			return false;
		s = SSL_do_handshake(pair->server);
		if (s <= 0 && !wants_more(pair->server, s))
			return false;
		if (c == 1 && s == 1)
			return true;
	}
	return false;
}

static struct pair join_verified(const struct fixture *f, const char *host)
{
	struct pair pair = join(client_ctx(f->certificate, NULL), server_ctx(f));

	assert_int_equal(tls_client_prepare(pair.client, host, false), 0);
	return pair;
}

static void both_ends_of_our_own_agree(void **state)
{
	struct pair pair = join_verified(*state, HOST);
	char buf[8];

	assert_true(shake_hands(&pair));
	assert_int_equal(tls_check_peer(pair.client, NULL, NULL), 0);
	assert_int_equal(tls_check_peer(pair.server, NULL, NULL), 0);
	assert_string_equal(SSL_get_version(pair.client), "TLSv1.3");
	assert_string_equal(SSL_get_servername(pair.server, TLSEXT_NAMETYPE_host_name), HOST);
	assert_int_equal(SSL_write(pair.client, "hello\n", 6), 6);
	assert_int_equal(SSL_read(pair.server, buf, sizeof(buf)), 6);
	part(&pair);
}

static void addresses_are_checked_among_the_addresses(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "::1", "0:0:0:0:0:0:0:1" };

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		struct pair pair = join_verified(*state, hosts[i]);

		assert_true(shake_hands(&pair));
		/* An address is no server name (RFC 6066 section 3). */
		assert_null(SSL_get_servername(pair.server, TLSEXT_NAMETYPE_host_name));
		part(&pair);
	}
}

static void a_certificate_for_another_name_is_refused_with_the_reason(void **state)
{
	static const char *const hosts[] = { "desk.example.org", "example", "127.0.0.2", "::2" };

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		struct pair pair = join_verified(*state, hosts[i]);
		struct tls_problem problem = { "" };

		assert_false(shake_hands(&pair));
		tls_handshake_problem(pair.client, &problem);
		assert_non_null(strstr(problem.text, "the certificate is not trusted: "));
		assert_non_null(strstr(problem.text, "mismatch"));
		part(&pair);
	}
}

static void a_certificate_of_nobody_known_is_refused(void **state)
{
	struct fixture *f = *state;
	struct tls_problem problem = { "" };
	struct pair pair;

	/* Same names, another key: only the signature tells them apart. */
	assert_int_equal(
		tls_make_certificate(f->other_certificate, f->other_key, names, 30, false, NULL),
		0);
	pair = join(client_ctx(f->other_certificate, NULL), server_ctx(f));
	assert_int_equal(tls_client_prepare(pair.client, HOST, false), 0);
	assert_false(shake_hands(&pair));
	part(&pair);

	pair = join(client_ctx(NULL, NULL), server_ctx(f));
	assert_int_equal(tls_client_prepare(pair.client, HOST, false), 0);
	assert_false(shake_hands(&pair));
	tls_handshake_problem(pair.client, &problem);
	assert_non_null(strstr(problem.text, "the certificate is not trusted: "));
	part(&pair);
}

static void the_accepted_fingerprint_stands_for_the_chain(void **state)
{
	struct fixture *f = *state;
	uint8_t fingerprint[SHA256_SIZE] = { 0 };
	struct tls_problem problem = { "" };
	struct pair pair = join(client_ctx(NULL, fingerprint), server_ctx(f));

	/* Neither a known authority nor the right name is needed. */
	assert_int_equal(tls_client_prepare(pair.client, "elsewhere.example", true), 0);
	assert_true(shake_hands(&pair));
	assert_int_equal(tls_peer_fingerprint(pair.client, fingerprint), 0);
	assert_int_equal(tls_check_peer(pair.client, fingerprint, &problem), 0);
	fingerprint[SHA256_SIZE - 1] ^= 1;
	assert_int_equal(tls_check_peer(pair.client, fingerprint, &problem), -EACCES);
	assert_non_null(strstr(problem.text, "is not the one accepted before"));
	fingerprint[SHA256_SIZE - 1] ^= 1;
	assert_non_null(strstr(problem.text, "SHA256:"));
	assert_int_equal(tls_peer_fingerprint(pair.server, fingerprint), -ENOENT);
	part(&pair);
}

static void a_client_without_our_protocol_is_found_after_the_handshake(void **state)
{
	struct fixture *f = *state;
	struct tls_problem problem = { "" };
	struct pair pair = join(SSL_CTX_new(TLS_client_method()), server_ctx(f));

	assert_true(shake_hands(&pair));
	assert_int_equal(tls_check_peer(pair.server, NULL, &problem), -EPROTO);
	assert_non_null(strstr(problem.text, TLS_ALPN));
	part(&pair);
}

static void a_client_of_another_protocol_is_refused_in_the_handshake(void **state)
{
	static const char *const offers[] = { "\x08http/1.1",
					      "\x08"
					      "cowork/2",
					      "\x07"
					      "cowork/",
					      "\x09"
					      "cowork/11" };

	for (size_t i = 0; i < ARRAY_SIZE(offers); i++) {
		struct pair pair = join(SSL_CTX_new(TLS_client_method()), server_ctx(*state));

		assert_int_equal(SSL_set_alpn_protos(pair.client, (const uint8_t *)offers[i],
						     (unsigned)strlen(offers[i])),
				 0);
		assert_false(shake_hands(&pair));
		assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_APPLICATION_PROTOCOL);
		part(&pair);
	}
}

static void our_protocol_is_found_anywhere_in_the_list(void **state)
{
	static const char offer[] = "\x02h2\x08"
				    "cowork/1\x08http/1.1";
	struct pair pair = join(SSL_CTX_new(TLS_client_method()), server_ctx(*state));

	assert_int_equal(
		SSL_set_alpn_protos(pair.client, (const uint8_t *)offer, sizeof(offer) - 1), 0);
	assert_true(shake_hands(&pair));
	assert_int_equal(tls_check_peer(pair.server, NULL, NULL), 0);
	assert_int_equal(tls_check_peer(pair.client, NULL, NULL), 0);
	part(&pair);
}

static void tls_1_2_is_refused_on_either_side(void **state)
{
	struct fixture *f = *state;
	SSL_CTX *old = SSL_CTX_new(TLS_client_method());
	struct pair pair;

	SSL_CTX_set_max_proto_version(old, TLS1_2_VERSION);
	pair = join(old, server_ctx(f));
	assert_false(shake_hands(&pair));
	part(&pair);

	old = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_max_proto_version(old, TLS1_2_VERSION);
	assert_int_equal(SSL_CTX_use_certificate_chain_file(old, f->certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(old, f->key, SSL_FILETYPE_PEM), 1);
	pair = join(client_ctx(f->certificate, NULL), old);
	assert_int_equal(tls_client_prepare(pair.client, HOST, false), 0);
	assert_false(shake_hands(&pair));
	part(&pair);
}

/* Unread tickets in a client's socket turn its close into a reset. */
static void the_server_sends_nothing_of_its_own_after_the_handshake(void **state)
{
	struct pair pair = join_verified(*state, HOST);
	char buf[8];

	assert_true(shake_hands(&pair));
	/* The client's end of the handshake is read here; tickets would follow it. */
	assert_true(SSL_read(pair.server, buf, sizeof(buf)) <= 0);
	assert_int_equal(BIO_pending(SSL_get_rbio(pair.client)), 0);
	assert_int_equal(SSL_SESSION_is_resumable(SSL_get0_session(pair.client)), 0);
	part(&pair);
}

static void idle_buffers_are_released_and_writes_may_move(void **state)
{
	SSL_CTX *ctx = server_ctx(*state);
	long modes = SSL_CTX_get_mode(ctx);

	assert_true(modes & SSL_MODE_RELEASE_BUFFERS);
	assert_true(modes & SSL_MODE_ENABLE_PARTIAL_WRITE);
	assert_true(modes & SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	assert_true(SSL_CTX_get_options(ctx) & SSL_OP_NO_RENEGOTIATION);
	assert_int_equal(SSL_CTX_get_session_cache_mode(ctx), SSL_SESS_CACHE_OFF);
	tls_ctx_free(ctx);
	assert_null(tls_ctx_free(NULL));
}

static void an_end_without_goodbye_is_a_plain_end(void **state)
{
	struct pair pair = join_verified(*state, HOST);
	char buf[8];
	int r;

	assert_true(shake_hands(&pair));
	assert_int_equal(SSL_write(pair.client, "x\n", 2), 2);
	BIO_shutdown_wr(SSL_get_wbio(pair.client));
	assert_int_equal(SSL_read(pair.server, buf, sizeof(buf)), 2);
	r = SSL_read(pair.server, buf, sizeof(buf));
	assert_int_equal(SSL_get_error(pair.server, r), SSL_ERROR_ZERO_RETURN);
	part(&pair);
}

static void a_client_may_show_no_certificate(void **state)
{
	struct pair pair = join_verified(*state, HOST);
	uint8_t fingerprint[SHA256_SIZE];
	int64_t expiry;

	assert_true(shake_hands(&pair));
	assert_int_equal(tls_peer_fingerprint(pair.server, fingerprint), -ENOENT);
	assert_int_equal(tls_peer_expiry(pair.server, &expiry), -ENOENT);
	part(&pair);
}

static void a_client_may_show_any_certificate_and_is_known_by_it(void **state)
{
	struct fixture *f = *state;
	uint8_t shown[SHA256_SIZE], wanted[SHA256_SIZE];
	SSL_CTX *ctx = client_ctx(f->certificate, NULL);
	struct tls_problem problem;
	struct pair pair;
	int64_t expiry = 0;

	assert_int_equal(
		tls_make_certificate(f->other_certificate, f->other_key, names, 30, false, NULL),
		0);
	assert_int_equal(tls_client_identify(ctx, f->other_certificate, f->other_key, &problem), 0);
	assert_int_equal(X509_digest(SSL_CTX_get0_certificate(ctx), EVP_sha256(), wanted, NULL), 1);
	pair = join(ctx, server_ctx(f));
	assert_int_equal(tls_client_prepare(pair.client, HOST, false), 0);
	assert_true(shake_hands(&pair));
	assert_int_equal(tls_peer_fingerprint(pair.server, shown), 0);
	assert_memory_equal(shown, wanted, SHA256_SIZE);
	assert_int_equal(tls_peer_expiry(pair.server, &expiry), 0);
	assert_true(expiry > instant_now());
	part(&pair);
}

static void a_client_shows_no_certificate_without_its_key(void **state)
{
	struct fixture *f = *state;
	SSL_CTX *ctx = client_ctx(f->certificate, NULL);
	struct tls_problem problem = { "" };

	assert_int_equal(
		tls_make_certificate(f->other_certificate, f->other_key, names, 30, false, NULL),
		0);
	assert_int_equal(tls_client_identify(ctx, f->other_certificate, f->key, &problem),
			 -EKEYREJECTED);
	assert_non_null(strstr(problem.text, "does not belong"));
	assert_int_equal(tls_client_identify(ctx, "/nonexistent", f->key, &problem), -ENOENT);
	tls_ctx_free(ctx);
}

static void a_pem_text_has_the_fingerprint_of_its_certificate(void **state)
{
	struct fixture *f = *state;
	SSL_CTX *ctx = server_ctx(f);
	uint8_t wanted[SHA256_SIZE], found[SHA256_SIZE];
	char text[8192] = "";
	FILE *file = fopen(f->certificate, "re");

	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	assert_int_equal(X509_digest(SSL_CTX_get0_certificate(ctx), EVP_sha256(), wanted, NULL), 1);
	assert_int_equal(tls_pem_fingerprint(text, found), 0);
	assert_memory_equal(found, wanted, SHA256_SIZE);
	text[strlen(text) / 2] = '!';
	assert_int_equal(tls_pem_fingerprint(text, found), -EINVAL);
	assert_int_equal(tls_pem_fingerprint("", found), -EINVAL);
	assert_int_equal(ERR_peek_error(), 0);
	tls_ctx_free(ctx);
}

static void assert_server_problem(const char *certificate, const char *key, int r,
				  const char *words, const char *file)
{
	struct tls_problem problem = { "" };
	SSL_CTX *ctx = NULL;

	assert_int_equal(tls_server_new(certificate, key, &ctx, &problem), r);
	assert_null(ctx);
	assert_non_null(strstr(problem.text, words));
	assert_non_null(strstr(problem.text, file));
	assert_null(strchr(problem.text, '\n'));
	assert_int_equal(ERR_peek_error(), 0);
	/* Nobody has to want the words. */
	assert_int_equal(tls_server_new(certificate, key, &ctx, NULL), r);
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void a_missing_or_foreign_file_is_named(void **state)
{
	struct fixture *f = *state;

	assert_server_problem("/nonexistent/c.pem", f->key, -ENOENT, "cannot read the certificate",
			      "/nonexistent/c.pem");
	assert_server_problem(f->certificate, "/nonexistent/k.pem", -ENOENT, "cannot read the key",
			      "/nonexistent/k.pem");
	write_text(f->other_key, "not PEM at all\n");
	assert_server_problem(f->other_key, f->key, -EBADMSG, "as a PEM certificate chain",
			      f->other_key);
	assert_server_problem(f->certificate, f->other_key, -EBADMSG, "as a PEM key", f->other_key);
}

static void a_key_of_another_certificate_is_told(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
		tls_make_certificate(f->other_certificate, f->other_key, names, 30, false, NULL),
		0);
	assert_server_problem(f->certificate, f->other_key, -EKEYREJECTED,
			      "does not belong to the certificate", f->other_key);
}

static EVP_PKEY *read_key(const char *path)
{
	FILE *file = fopen(path, "re");
	EVP_PKEY *key;

	assert_non_null(file);
	key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	assert_non_null(key);
	return key;
}

static X509 *read_certificate(const char *path)
{
	FILE *file = fopen(path, "re");
	X509 *certificate;

	assert_non_null(file);
	certificate = PEM_read_X509(file, NULL, NULL, NULL);
	fclose(file);
	assert_non_null(certificate);
	return certificate;
}

static void a_locked_key_is_told_and_nobody_is_asked(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *key = read_key(f->key);
	FILE *file = fopen(f->other_key, "we");

	assert_non_null(file);
	assert_int_equal(
		PEM_write_PKCS8PrivateKey(file, key, EVP_aes_256_cbc(), "secret", 6, NULL, NULL),
		1);
	fclose(file);
	EVP_PKEY_free(key);
	assert_server_problem(f->certificate, f->other_key, -EBADMSG, "locked with a password",
			      f->other_key);
}

/* The fixture's certificate with other times, signed anew, as the other certificate. */
static void redate(const struct fixture *f, long from, long to)
{
	EVP_PKEY *key = read_key(f->key);
	X509 *certificate = read_certificate(f->certificate);
	FILE *file = fopen(f->other_certificate, "we");

	assert_non_null(file);
	X509_gmtime_adj(X509_getm_notBefore(certificate), from);
	X509_gmtime_adj(X509_getm_notAfter(certificate), to);
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_X509(file, certificate), 1);
	fclose(file);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static void a_certificate_out_of_its_time_is_told(void **state)
{
	struct fixture *f = *state;

	redate(f, -7200, -3600);
	assert_server_problem(f->other_certificate, f->key, -EKEYEXPIRED, "expired at 20",
			      f->other_certificate);
	redate(f, 3600, 7200);
	assert_server_problem(f->other_certificate, f->key, -EKEYREJECTED, "is not valid before 20",
			      f->other_certificate);
}

static void a_client_told_of_no_usable_authority_says_so(void **state)
{
	struct fixture *f = *state;
	struct tls_problem problem = { "" };
	SSL_CTX *ctx = NULL;

	assert_int_equal(tls_client_new("/nonexistent/ca.pem", NULL, &ctx, &problem), -ENOENT);
	assert_non_null(strstr(problem.text, "/nonexistent/ca.pem"));
	assert_int_equal(tls_client_new(f->key, NULL, &ctx, &problem), -EBADMSG);
	assert_non_null(strstr(problem.text, f->key));
	assert_null(ctx);
}

static void the_expiry_is_the_certificates(void **state)
{
	SSL_CTX *ctx = server_ctx(*state);
	int64_t before = instant_now();
	int64_t usec;

	assert_int_equal(tls_certificate_expiry(ctx, &usec), 0);
	assert_true(usec > before + 29 * INT64_C(86400) * USEC_PER_SEC);
	assert_true(usec < before + 31 * INT64_C(86400) * USEC_PER_SEC);
	tls_ctx_free(ctx);
	ctx = client_ctx(NULL, NULL);
	assert_int_equal(tls_certificate_expiry(ctx, &usec), -ENOENT);
	tls_ctx_free(ctx);
}

static void fingerprints_are_written_and_read(void **state)
{
	uint8_t bytes[SHA256_SIZE], back[SHA256_SIZE];
	char text[TLS_FINGERPRINT_TEXT_MAX];
	char plain[SHA256_HEX_MAX];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 8 + 1);
	tls_fingerprint_format(bytes, text);
	assert_memory_equal(text, "SHA256:01:09:11:19:", 19);
	assert_int_equal(strlen(text), TLS_FINGERPRINT_TEXT_MAX - 2);
	assert_int_equal(tls_fingerprint_parse(text, back), 0);
	assert_memory_equal(back, bytes, sizeof(bytes));
	hex_encode(bytes, sizeof(bytes), plain);
	memset(back, 0, sizeof(back));
	assert_int_equal(tls_fingerprint_parse(plain, back), 0);
	assert_memory_equal(back, bytes, sizeof(bytes));
	text[20] = ':';
	assert_int_equal(tls_fingerprint_parse(text, back), -EINVAL);
	assert_int_equal(tls_fingerprint_parse("", back), -EINVAL);
	assert_int_equal(tls_fingerprint_parse("SHA256:", back), -EINVAL);
	plain[63] = '\0';
	assert_int_equal(tls_fingerprint_parse(plain, back), -EINVAL);
	assert_int_equal(tls_fingerprint_parse("SHA256:01:09:11:19:", back), -EINVAL);
}

#define TLS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TLS_TEST(both_ends_of_our_own_agree),
		TLS_TEST(addresses_are_checked_among_the_addresses),
		TLS_TEST(a_certificate_for_another_name_is_refused_with_the_reason),
		TLS_TEST(a_certificate_of_nobody_known_is_refused),
		TLS_TEST(the_accepted_fingerprint_stands_for_the_chain),
		TLS_TEST(a_client_without_our_protocol_is_found_after_the_handshake),
		TLS_TEST(a_client_of_another_protocol_is_refused_in_the_handshake),
		TLS_TEST(our_protocol_is_found_anywhere_in_the_list),
		TLS_TEST(tls_1_2_is_refused_on_either_side),
		TLS_TEST(the_server_sends_nothing_of_its_own_after_the_handshake),
		TLS_TEST(idle_buffers_are_released_and_writes_may_move),
		TLS_TEST(an_end_without_goodbye_is_a_plain_end),
		TLS_TEST(a_client_may_show_no_certificate),
		TLS_TEST(a_client_may_show_any_certificate_and_is_known_by_it),
		TLS_TEST(a_client_shows_no_certificate_without_its_key),
		TLS_TEST(a_pem_text_has_the_fingerprint_of_its_certificate),
		TLS_TEST(a_missing_or_foreign_file_is_named),
		TLS_TEST(a_key_of_another_certificate_is_told),
		TLS_TEST(a_locked_key_is_told_and_nobody_is_asked),
		TLS_TEST(a_certificate_out_of_its_time_is_told),
		TLS_TEST(a_client_told_of_no_usable_authority_says_so),
		TLS_TEST(the_expiry_is_the_certificates),
		TLS_TEST(fingerprints_are_written_and_read),
	};

	return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
