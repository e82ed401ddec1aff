#pragma once

/*
 * The forms of session.auth and what they share. Each ends in session_auth_token(): a token is
 * looked up, judged, and who it belongs to is in.
 *
 *	token   methods/session_auth.c
 *	code    login_code.c: a one-time code is swapped for a token
 */

#include "common/token.h"
#include "daemon/command.h"
#include "daemon/guess.h"
#include "daemon/query.h"

#define SESSION_TOKEN_DAYS 90

struct session_auth {
	const char *token;
	const char *code;
	const char *label;
	const char *key;
	struct field_int attempt;
	struct command command;
	struct query code_query;
	struct query query;
	struct token_parts presented; /* the code */
	struct token_parts parts;     /* of the token that is looked up */
	char made[TOKEN_TEXT_MAX];    /* the token made by this login; shown once */
	struct guess guess;
};

/* Looks up op->parts and answers. Consumes the request. */
void session_auth_token(struct request *request, struct session_auth *op);
/* By op->code. Consumes the request. */
void login_by_code(struct request *request, struct session_auth *op);
