/*
 * Makes a server's key with a self-signed certificate or a request for an authority to sign. Both
 * files are written whole or not at all: if the second cannot be created the first is taken away
 * again.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "common/tls_internal.h"

#define DAYS_MAX	3650
#define SERIAL_SIZE	16
#define COMMON_NAME_MAX 64 /* RFC 5280, ub-common-name */
#define DNS_NAME_MAX	253
#define SECONDS_PER_DAY 86400L
/* Clients whose clock is a little behind must not find the certificate from the future. */
#define BACKDATE_SECONDS 3600L

static bool dns_name_ok(const char *name)
{
	size_t len = strlen(name);

	if (strncmp(name, "*.", 2) == 0)
		name += 2;
	return len <= DNS_NAME_MAX && *name != '\0' && *name != '.' && *name != '-' &&
	       strstr(name, "..") == NULL &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789-.")] == '\0';
}

static bool add_name(GENERAL_NAMES *names, const char *text)
{
	bool address = tls_is_address(text);
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *value = NULL;

	if (name == NULL)
		return false;
	if (address) {
		value = a2i_IPADDRESS(text);
	} else {
		value = ASN1_IA5STRING_new();
		if (value != NULL && ASN1_STRING_set(value, text, -1) != 1) {
			ASN1_STRING_free(value);
			value = NULL;
		}
	}
	if (value == NULL) {
		GENERAL_NAME_free(name);
		return false;
	}
	GENERAL_NAME_set0_value(name, address ? GEN_IPADD : GEN_DNS, value);
	if (sk_GENERAL_NAME_push(names, name) == 0) {
		GENERAL_NAME_free(name);
		return false;
	}
	return true;
}

static bool add_extension(STACK_OF(X509_EXTENSION) *extensions, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	if (extension == NULL || sk_X509_EXTENSION_push(extensions, extension) == 0) {
		X509_EXTENSION_free(extension);
		return false;
	}
	return true;
}

static bool add_names_extension(STACK_OF(X509_EXTENSION) *extensions, const char *const *names)
{
	GENERAL_NAMES *all = sk_GENERAL_NAME_new_null();
	X509_EXTENSION *extension = NULL;
	bool ok = all != NULL;

	for (size_t i = 0; ok && names[i] != NULL; i++)
		ok = add_name(all, names[i]);
	if (ok)
		extension = X509V3_EXT_i2d(NID_subject_alt_name, 0, all);
	GENERAL_NAMES_free(all);
	if (extension == NULL || sk_X509_EXTENSION_push(extensions, extension) == 0) {
		X509_EXTENSION_free(extension);
		return false;
	}
	return true;
}

static STACK_OF(X509_EXTENSION) *extensions_new(const char *const *names)
{
	STACK_OF(X509_EXTENSION) *extensions = sk_X509_EXTENSION_new_null();

	if (extensions != NULL &&
	    add_extension(extensions, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(extensions, NID_key_usage, "critical,digitalSignature") &&
	    add_extension(extensions, NID_ext_key_usage, "serverAuth") &&
	    add_names_extension(extensions, names))
		return extensions;
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	return NULL;
}

/* A name for people who look; programs read the names extension. */
static bool set_subject(X509_NAME *subject, const char *name)
{
	const char *common_name = strlen(name) <= COMMON_NAME_MAX ? name : "coworkd";

	return X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
					  (const unsigned char *)common_name, -1, -1, 0) == 1;
}

static bool set_serial(X509 *certificate)
{
	uint8_t bytes[SERIAL_SIZE];
	BIGNUM *number;
	bool ok;

	if (crypto_random(bytes, sizeof(bytes)) < 0)
		return false;
	/* Positive and of full length. */
	bytes[0] = (bytes[0] & 0x3f) | 0x40;
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	ok = number != NULL &&
	     BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
	BN_free(number);
	return ok;
}

static bool write_certificate(BIO *bio, EVP_PKEY *key, const char *const *names, int days)
{
	X509 *certificate = X509_new();
	STACK_OF(X509_EXTENSION) *extensions = extensions_new(names);
	bool ok;

	ok = certificate != NULL && extensions != NULL &&
	     X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
	     set_subject(X509_get_subject_name(certificate), names[0]) &&
	     X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1 &&
	     X509_gmtime_adj(X509_getm_notBefore(certificate), -BACKDATE_SECONDS) != NULL &&
	     X509_gmtime_adj(X509_getm_notAfter(certificate), days * SECONDS_PER_DAY) != NULL &&
	     X509_set_pubkey(certificate, key) == 1;
	for (int i = 0; ok && i < sk_X509_EXTENSION_num(extensions); i++)
		ok = X509_add_ext(certificate, sk_X509_EXTENSION_value(extensions, i), -1) == 1;
	ok = ok && X509_sign(certificate, key, EVP_sha256()) > 0 &&
	     PEM_write_bio_X509(bio, certificate) == 1;
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	X509_free(certificate);
	return ok;
}

static bool write_request(BIO *bio, EVP_PKEY *key, const char *const *names)
{
	X509_REQ *request = X509_REQ_new();
	STACK_OF(X509_EXTENSION) *extensions = extensions_new(names);
	bool ok;

	ok = request != NULL && extensions != NULL &&
	     X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
	     set_subject(X509_REQ_get_subject_name(request), names[0]) &&
	     X509_REQ_add_extensions(request, extensions) == 1 &&
	     X509_REQ_set_pubkey(request, key) == 1 &&
	     X509_REQ_sign(request, key, EVP_sha256()) > 0 &&
	     PEM_write_bio_X509_REQ(bio, request) == 1;
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	X509_REQ_free(request);
	return ok;
}

static int write_fully(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int create_file(const char *path, BIO *bio, struct tls_problem *ret_problem)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	int r = fd < 0 ? -errno : 0;

	if (r == -EEXIST)
		return tls_problem_set(ret_problem, r, "%s is there already: it is left as it is",
				       path);
	if (r < 0)
		return tls_problem_set(ret_problem, r, "cannot create %s: %s", path, strerror(-r));
	/* Exactly these rights whatever the umask: the service's group reads, nobody else. */
	if (fchmod(fd, 0640) < 0)
		r = -errno;
	if (r == 0)
		r = write_fully(fd, data, (size_t)len);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r < 0) {
		unlink(path);
		return tls_problem_set(ret_problem, r, "cannot write %s: %s", path, strerror(-r));
	}
	return 0;
}

static int check_wish(const char *const *names, int days, struct tls_problem *ret_problem)
{
	if (names[0] == NULL)
		return tls_problem_set(ret_problem, -EINVAL,
				       "a certificate needs at least one name or address");
	for (size_t i = 0; names[i] != NULL; i++) {
		if (!tls_is_address(names[i]) && !dns_name_ok(names[i]))
			return tls_problem_set(ret_problem, -EINVAL,
					       "\"%.100s\" is not a host name or an address",
					       names[i]);
	}
	if (days < 1 || days > DAYS_MAX)
		return tls_problem_set(ret_problem, -EINVAL,
				       "a certificate lasts 1 to %d days, not %d", DAYS_MAX, days);
	return 0;
}

int tls_make_certificate(const char *certificate, const char *key, const char *const *names,
			 int days, bool csr, struct tls_problem *ret_problem)
{
	EVP_PKEY *pair = NULL;
	BIO *key_pem = NULL;
	BIO *certificate_pem = NULL;
	int r;

	ERR_clear_error();
	r = check_wish(names, days, ret_problem);
	if (r < 0)
		return r;
	pair = EVP_EC_gen("P-256");
	key_pem = BIO_new(BIO_s_secmem());
	certificate_pem = BIO_new(BIO_s_mem());
	if (pair == NULL || key_pem == NULL || certificate_pem == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(key_pem, pair, NULL, NULL, 0, NULL, NULL) != 1 ||
	    !(csr ? write_request(certificate_pem, pair, names)
		  : write_certificate(certificate_pem, pair, names, days))) {
		r = tls_problem_set(ret_problem, -EIO, "cannot make a certificate: %s",
				    tls_reason());
		goto out;
	}
	r = create_file(key, key_pem, ret_problem);
	if (r < 0)
		goto out;
	r = create_file(certificate, certificate_pem, ret_problem);
	if (r < 0)
		unlink(key);
out:
	BIO_free(key_pem);
	BIO_free(certificate_pem);
	EVP_PKEY_free(pair);
	return r;
}
