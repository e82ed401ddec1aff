/*
 * token.issue: one more access token for myself, or for a program of the operator's; or a client
 * certificate that such a program is known by.
 *
 * The secret is random and never stored. A retry of an issue that had happened is told so, without
 * it.
 */

#include "common/civil.h"
#include "common/macros.h"
#include "common/tls.h"
#include "common/token.h"
#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/words.h"

struct token_issue {
	struct mutation mutation;
	const char *label;
	struct field_int days;
	struct field_int scope;
	const char *login; /* for */
	const char *certificate;
	char fingerprint[SHA256_HEX_MAX]; /* empty: a token is made */
	struct command command;
	struct token_parts parts;
	char text[TOKEN_TEXT_MAX];
	int64_t expires_usec;
};

#define AT(member) offsetof(struct token_issue, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct token_issue),
	{ "label", FIELD_STRING, AT(label), 0, 1, 100, .help = "what it is for" },
	{ "days", FIELD_INT, AT(days), 0, 1, 365, .help = "how long it is valid; 90 unless told" },
	{ "scope", FIELD_ENUM, AT(scope), .choices = token_scopes,
	  .help = "read: whoever logs in with it changes nothing; full unless told" },
	{ "for", FIELD_LOGIN, AT(login), 0, .help = "a service's; operators only" },
	{ "certificate", FIELD_TEXT, AT(certificate), FIELD_META, 1, 8192,
	  .help = "instead of a token: the fingerprint (SHA256:...) of a client certificate, or "
		  "the "
		  "certificate as PEM" },
	FIELD_END,
};

static const struct field result[] = {
	{ "token", FIELD_SECRET, 0, .help = "shown once; none for a certificate" },
	{ "id", FIELD_STRING, 0, .help = "names it in token.list and token.revoke" },
	{ "expires", FIELD_INSTANT, 0 },
	FIELD_END,
};

static bool write(struct command *command, struct jsonw *w)
{
	struct token_issue *op = container_of(command, struct token_issue, command);

	if (!op->login)
		jsonw_kint(w, "person", command->request->actor->person_id);
	if (*op->fingerprint)
		jsonw_kstr(w, "certificate", op->fingerprint);
	return true;
}

static void extra(struct command *command, struct jsonw *w)
{
	struct token_issue *op = container_of(command, struct token_issue, command);
	char hash[SHA256_HEX_MAX];

	hex_encode(op->parts.secret_hash, SHA256_SIZE, hash);
	jsonw_kstr(w, "id", op->parts.id);
	jsonw_kstr(w, "hash", hash);
	jsonw_kint(w, "expires", op->expires_usec);
}

static void reply(struct command *command, struct jsonw *w)
{
	struct token_issue *op = container_of(command, struct token_issue, command);

	if (command_replayed(command) || command->lane.dry_run)
		return;
	if (!*op->fingerprint)
		jsonw_kstr(w, "token", op->text);
	jsonw_kstr(w, "id", op->parts.id);
	jsonw_kinstant(w, "expires", op->expires_usec);
	crypto_wipe(op->text, sizeof(op->text));
}

static bool read_certificate(struct request *request, struct token_issue *op)
{
	uint8_t fingerprint[SHA256_SIZE];

	if (tls_fingerprint_parse(op->certificate, fingerprint) < 0 &&
	    tls_pem_fingerprint(op->certificate, fingerprint) < 0) {
		request_fail_field(request, ERROR_params, "certificate", "format",
				   "certificate must be SHA256: and 32 bytes in hex, or a "
				   "certificate as PEM");
		return false;
	}
	hex_encode(fingerprint, SHA256_SIZE, op->fingerprint);
	return true;
}

/* Whether the actor may have it made; otherwise the request was answered. */
static bool is_allowed(struct request *request, const struct token_issue *op)
{
	if (op->login && request->scope != SCOPE_ALL) {
		request_fail(request, ERROR_forbidden, "only operators make tokens for others");
		return false;
	}
	if (op->certificate && !op->login && request->actor->role != ROLE_SERVICE) {
		request_fail_field(request, ERROR_params, "certificate", "role",
				   "people log in by password or token; a certificate is for a "
				   "service, named by for");
		return false;
	}
	return true;
}

static void start(struct request *request, void *data)
{
	struct token_issue *op = data;
	int64_t days = op->days.set ? op->days.value : 90;

	if (!is_allowed(request, op) || (op->certificate && !read_certificate(request, op)))
		return;
	if (token_new(TOKEN_ACCESS, op->text, &op->parts) < 0) {
		request_fail(request, ERROR_busy, NULL);
		return;
	}
	op->expires_usec = instant_now() + days * 86400 * USEC_PER_SEC;
	op->command.write = write;
	op->command.extra = extra;
	op->command.reply = reply;
	command_run(request, &op->command, &op->mutation);
}

const struct method method_token_issue = {
	.name = "token.issue",
	.summary = "one more access token, shown once; or a certificate for a service",
	.flags = METHOD_MUTATION,
	.params = params,
	.size = sizeof(struct token_issue),
	.result = result,
	.start = start,
};
