/* A handshake of a server's context with ourselves, in memory. See tls_internal.h. */

#include <errno.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "common/tls_internal.h"

#define STEPS_MAX 16 /* of each side; TLS 1.3 takes three */

struct trial {
	SSL_CTX *ctx; /* owns; the client's */
	SSL *client, *server;
};

/* Both ends belong to the two sides. */
static int join(struct trial *trial)
{
	BIO *near = NULL, *far = NULL;

	if (trial->client == NULL || trial->server == NULL ||
	    BIO_new_bio_pair(&near, 0, &far, 0) != 1)
		return -ENOMEM;
	SSL_set_bio(trial->client, near, near);
	SSL_set_bio(trial->server, far, far);
	SSL_set_connect_state(trial->client);
	SSL_set_accept_state(trial->server);
	return 0;
}

/* 1: done; 0: it waits for the other; -1: it failed. */
static int step(SSL *ssl)
{
	int r = SSL_do_handshake(ssl), error = r == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl, r);

	if (r == 1)
		return 1;
	return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static int shake(const struct trial *trial)
{
	for (int i = 0; i < STEPS_MAX; i++) {
		int client = step(trial->client), server = step(trial->server);

		if (client < 0 || server < 0)
			return -EPROTO;
		if (client > 0 && server > 0)
			return 0;
	}
	return -EPROTO;
}

int tls_trial(struct ssl_ctx_st *server, const unsigned char *protocols, unsigned len)
{
	struct trial trial = { .ctx = SSL_CTX_new(TLS_client_method()) };
	int r = -ENOMEM;

	if (trial.ctx != NULL && SSL_CTX_set_alpn_protos(trial.ctx, protocols, len) == 0) {
		SSL_CTX_set_verify(trial.ctx, SSL_VERIFY_NONE, NULL);
		trial.client = SSL_new(trial.ctx);
		trial.server = SSL_new(server);
		r = join(&trial);
	}
	if (r == 0)
		r = shake(&trial);
	SSL_free(trial.client);
	SSL_free(trial.server);
	SSL_CTX_free(trial.ctx);
	return r;
}
