#pragma once

/* A one-time code for somebody's first login, valid for three days. */

#include "common/field.h"
#include "common/jsonw.h"
#include "common/token.h"

#define INVITATION_HOURS 72

struct invitation {
	char text[TOKEN_TEXT_MAX]; /* for the reply, once */
	struct token_parts parts;
	int64_t expires_usec;
};

/* What an inviting method's result has beside its noun, for rpc.discover. */
extern const struct field invitation_result[];

/* 0 or -EIO. */
int invitation_make(struct invitation *invitation);
/* The member "code" for the database: its hash, never the code itself. */
void invitation_write(const struct invitation *invitation, struct jsonw *w);
