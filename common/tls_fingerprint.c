/* Certificates are named by their fingerprint, SHA-256: the peer's, one in a text, and how it is written. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "common/tls.h"
#include "common/tls_internal.h"

#define FINGERPRINT_PREFIX "SHA256:"

int tls_peer_fingerprint(struct ssl_st *ssl, uint8_t out[SHA256_SIZE])
{
	const X509 *certificate = SSL_get0_peer_certificate(ssl);

	if (certificate == NULL || X509_digest(certificate, EVP_sha256(), out, NULL) != 1) {
		ERR_clear_error();
		return -ENOENT;
	}
	return 0;
}

int tls_peer_expiry(struct ssl_st *ssl, int64_t *ret_usec)
{
	const X509 *certificate = SSL_get0_peer_certificate(ssl);

	return certificate == NULL ? -ENOENT
				   : tls_asn1_usec(X509_get0_notAfter(certificate), ret_usec);
}

int tls_pem_fingerprint(const char *pem, uint8_t out[SHA256_SIZE])
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *certificate = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	int r = -EINVAL;

	if (certificate != NULL && X509_digest(certificate, EVP_sha256(), out, NULL) == 1)
		r = 0;
	X509_free(certificate);
	BIO_free(bio);
	ERR_clear_error();
	return r;
}

const char *tls_fingerprint_format(const uint8_t fingerprint[SHA256_SIZE],
				   char out[TLS_FINGERPRINT_TEXT_MAX])
{
	char *at = out + sprintf(out, FINGERPRINT_PREFIX);

	for (size_t i = 0; i < SHA256_SIZE; i++)
		at += sprintf(at, "%s%02X", i > 0 ? ":" : "", fingerprint[i]);
	return out;
}

/* With or without the prefix, with or without colons, in either case. */
int tls_fingerprint_parse(const char *text, uint8_t out[SHA256_SIZE])
{
	char digits[2 * SHA256_SIZE + 1];
	size_t len = 0;

	if (strncasecmp(text, FINGERPRINT_PREFIX, strlen(FINGERPRINT_PREFIX)) == 0)
		text += strlen(FINGERPRINT_PREFIX);
	for (; *text != '\0'; text++) {
		if (*text == ':' && len > 0 && len % 2 == 0 && text[-1] != ':')
			continue;
		if (len == sizeof(digits) - 1)
			return -EINVAL;
		digits[len++] = *text;
	}
	digits[len] = '\0';
	return hex_decode(digits, out, SHA256_SIZE);
}
