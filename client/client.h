#pragma once

/*
 * One run of the client: what was asked, which context it works in, the conversation with the
 * server. main() owns it; commands borrow it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "client/asked.h"
#include "client/config.h"
#include "client/files.h"
#include "client/options.h"
#include "client/out.h"
#include "client/session.h"
#include "client/status.h"
#include "common/token.h"

struct client {
	int argc;
	char **argv; /* as the user wrote it, for the line to run again */
	struct options options;
	struct paths paths;
	struct config config;
	struct context *context;  /* borrows from config; NULL before the first login */
	const char *context_name; /* also when there is no such context yet */
	struct out out;
	struct session session;
	struct connection_report report; /* of the last try to connect */
	char token[TOKEN_TEXT_MAX];	 /* empty: not logged in by one */
	bool certificate;		 /* logged in by the context's */
	uint8_t fingerprint[SHA256_SIZE];
	bool zone_asked;      /* the server was asked for it */
	int64_t now;	      /* when the command began, or COWORK_NOW */
	struct edit absolute; /* a phrase that means something else tomorrow, and its instants */
	struct asked asked;   /* what the command is about, for those who suggest another */
	char zone_seen[64];   /* of the site in the last reply, for times without a zone */
};

/* Runs the whole program; the exit status. */
int client_main(int argc, char **argv);

/* Reads the configuration and chooses the context; 0 or an exit status after telling why not. */
int client_load_config(struct client *client);
/*
 * Whom to talk to, by option, environment and context in this order. The token and the trust of a
 * context are used for its own server only. 0 or an exit status after telling why not.
 */
int client_target(struct client *client, struct connection_target *ret);
/* Loads the token into client->token, which stays empty on failure, and where the context has a
 * certificate instead; 0, -ENOENT, -EINVAL or another errno. */
int client_find_token(struct client *client);
/* Whether client_find_token() found a way in. */
bool client_has_login(const struct client *client);
/* The same; 0 or an exit status after telling why not. */
int client_load_token(struct client *client);
/* Connects unless connected; results of connection_open(), nothing is printed. */
int client_connect(struct client *client, const struct connection_target *target, int64_t deadline);
/* The site to work in, or NULL after saying that none is known. */
const char *client_site(struct client *client);
/* The same without a word when there is none. */
const char *client_site_or_none(const struct client *client);
/* The language of dates, as the environment names it ("ko_KR.UTF-8"), or NULL. */
const char *client_lang(const struct client *client);
/* --tz or the context's; NULL: the site's own. */
const char *client_zone(const struct client *client);

/* Says why connecting failed and what to do; the exit status. */
int client_tell_unreachable(struct client *client, int error);
