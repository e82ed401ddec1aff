/*
 * Certificates and requests we make. Each test has a private folder with a first pair of files and
 * the paths for a second.
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
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

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

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct tls_problem problem = { "" };

	assert_non_null(f);
	strcpy(f->dir, "/tmp/test-tlm-XXXXXX");
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

static void a_made_certificate_names_what_was_asked(void **state)
{
	struct fixture *f = *state;
	X509 *certificate = read_certificate(f->certificate);
	EVP_PKEY *key = read_key(f->key);
	char group[32];

	assert_int_equal(X509_check_host(certificate, HOST, 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(certificate, "other.example", 0, 0, NULL), 0);
	assert_int_equal(X509_check_ip_asc(certificate, "127.0.0.1", 0), 1);
	assert_int_equal(X509_check_ip_asc(certificate, "::1", 0), 1);
	assert_int_equal(X509_check_ip_asc(certificate, "127.0.0.2", 0), 0);
	assert_int_equal(X509_check_ca(certificate), 0);
	assert_int_equal(X509_verify(certificate, key), 1);
	assert_int_equal(X509_cmp_current_time(X509_get0_notBefore(certificate)), -1);
	assert_int_equal(EVP_PKEY_get_group_name(key, group, sizeof(group), NULL), 1);
	assert_string_equal(group, "prime256v1");
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static void a_request_carries_the_names_too(void **state)
{
	struct fixture *f = *state;
	FILE *file;
	X509_REQ *request;
	GENERAL_NAMES *found;
	STACK_OF(X509_EXTENSION) *extensions;

	assert_int_equal(
		tls_make_certificate(f->other_certificate, f->other_key, names, 30, true, NULL), 0);
	file = fopen(f->other_certificate, "re");
	assert_non_null(file);
	request = PEM_read_X509_REQ(file, NULL, NULL, NULL);
	fclose(file);
	assert_non_null(request);
	assert_int_equal(X509_REQ_verify(request, X509_REQ_get0_pubkey(request)), 1);
	extensions = X509_REQ_get_extensions(request);
	found = X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);
	assert_non_null(found);
	assert_int_equal(sk_GENERAL_NAME_num(found), 3);
	assert_int_equal(sk_GENERAL_NAME_value(found, 0)->type, GEN_DNS);
	assert_int_equal(sk_GENERAL_NAME_value(found, 1)->type, GEN_IPADD);
	GENERAL_NAMES_free(found);
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	X509_REQ_free(request);
}

static void files_are_0640_whatever_the_umask(void **state)
{
	static const mode_t umasks[] = { 0, 022, 077 };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(umasks); i++) {
		mode_t old = umask(umasks[i]);
		struct stat st;

		assert_int_equal(tls_make_certificate(f->other_certificate, f->other_key, names, 1,
						      false, NULL),
				 0);
		umask(old);
		assert_int_equal(stat(f->other_key, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0640);
		assert_int_equal(stat(f->other_certificate, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0640);
		unlink(f->other_key);
		unlink(f->other_certificate);
	}
}

static void nothing_is_ever_overwritten_and_no_half_is_left(void **state)
{
	struct fixture *f = *state;
	struct tls_problem problem = { "" };
	struct stat before, after;
	SSL_CTX *ctx = NULL;

	assert_int_equal(stat(f->certificate, &before), 0);
	/* The certificate exists: the new key must not stay behind. */
	assert_int_equal(
		tls_make_certificate(f->certificate, f->other_key, names, 30, false, &problem),
		-EEXIST);
	assert_non_null(strstr(problem.text, f->certificate));
	assert_int_equal(access(f->other_key, F_OK), -1);
	/* The key exists: it is somebody's, and no certificate is made. */
	assert_int_equal(
		tls_make_certificate(f->other_certificate, f->key, names, 30, false, &problem),
		-EEXIST);
	assert_non_null(strstr(problem.text, f->key));
	assert_int_equal(access(f->other_certificate, F_OK), -1);
	assert_int_equal(access(f->key, F_OK), 0);
	assert_int_equal(stat(f->certificate, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(after.st_size, before.st_size);
	assert_int_equal(tls_server_new(f->certificate, f->key, &ctx, &problem), 0);
	tls_ctx_free(ctx);
}

static void odd_wishes_for_a_certificate_are_refused(void **state)
{
	static const char *const bad[] = {
		"",   "desk,DNS:evil.example", "desk example", "-desk",	 ".",
		"*.", "desk..example",	       "d\xc3\xa9sk",  "1::2::3"
	};
	struct fixture *f = *state;
	struct tls_problem problem = { "" };
	const char *wish[] = { NULL, NULL };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		wish[0] = bad[i];
		assert_int_equal(tls_make_certificate(f->other_certificate, f->other_key, wish, 30,
						      false, &problem),
				 -EINVAL);
	}
	wish[0] = NULL;
	assert_int_equal(
		tls_make_certificate(f->other_certificate, f->other_key, wish, 30, false, &problem),
		-EINVAL);
	assert_int_equal(
		tls_make_certificate(f->other_certificate, f->other_key, names, 0, false, &problem),
		-EINVAL);
	assert_non_null(strstr(problem.text, "days"));
	assert_int_equal(access(f->other_key, F_OK), -1);
}

#define TLS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TLS_TEST(a_made_certificate_names_what_was_asked),
		TLS_TEST(a_request_carries_the_names_too),
		TLS_TEST(files_are_0640_whatever_the_umask),
		TLS_TEST(nothing_is_ever_overwritten_and_no_half_is_left),
		TLS_TEST(odd_wishes_for_a_certificate_are_refused),
	};

	return cmocka_run_group_tests_name("tls-make", tests, NULL, NULL);
}
