#pragma once

/*
 * The forms of session.auth and what they share. Each ends in session_auth_token(): a token is
 * looked up, judged, and who it belongs to is in.
 *
 *	token              methods/session_auth.c
 *	certificate        likewise: what the connection shows is looked up instead
 *	code (, password)  login_code.c: a one-time code is swapped for a token
 *	login, password    login_password.c: a token is made
 */

#include "common/token.h"
#include "daemon/command.h"
#include "daemon/guess.h"
#include "daemon/password.h"
#include "daemon/query.h"

#define SESSION_TOKEN_DAYS 90

struct session_auth {
	const char *token;
	const char *code;
	const char *login;
	bool certificate;
	const char *password; /* with login; with code a new one */
	const char *label;
	const char *key;
	struct field_int attempt;
	struct command command;
	struct query first; /* who it may be: by code or login */
	struct query query;
	struct token_parts presented; /* the code */
	struct token_parts parts;     /* of the token that is looked up */
	char made[TOKEN_TEXT_MAX];    /* the token made by this login; shown once */
	char hash[PASSWORD_HASH_MAX]; /* of the password: new, or at another cost; empty: none */
	char proof[SHA256_HEX_MAX];   /* of a new one: see password_proof() */
	int64_t person, version;      /* whose password, and which */
	struct guess guess;
};

/* Looks up op->parts and answers. Consumes the request. */
void session_auth_token(struct request *request, struct session_auth *op);
/* By op->code. Consumes the request. */
void login_by_code(struct request *request, struct session_auth *op);
/* By op->login and op->password. Consumes the request. */
void login_by_password(struct request *request, struct session_auth *op);
/* When a token made now ends. */
int64_t session_auth_expires(void);
