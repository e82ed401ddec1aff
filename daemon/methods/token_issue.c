/*
 * token.issue: one more access token for myself, shown once.
 *
 * The secret is random and never stored. A retry of an issue that had happened is told so, without
 * it.
 */

#include "common/civil.h"
#include "common/macros.h"
#include "common/token.h"
#include "daemon/command.h"
#include "daemon/method.h"

struct token_issue {
	struct mutation mutation;
	const char *label;
	struct field_int days;
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
	FIELD_END,
};

static const struct field result[] = {
	{ "token", FIELD_SECRET, 0, .help = "shown once" },
	{ "id", FIELD_STRING, 0, .help = "names it in token.list and token.revoke" },
	{ "expires", FIELD_INSTANT, 0 },
	FIELD_END,
};

static bool write(struct command *command, struct jsonw *w)
{
	jsonw_kint(w, "person", command->request->actor->person_id);
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
	jsonw_kstr(w, "token", op->text);
	jsonw_kstr(w, "id", op->parts.id);
	jsonw_kinstant(w, "expires", op->expires_usec);
	crypto_wipe(op->text, sizeof(op->text));
}

static void start(struct request *request, void *data)
{
	struct token_issue *op = data;
	int64_t days = op->days.set ? op->days.value : 90;

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
	.summary = "one more access token for myself, shown once",
	.flags = METHOD_MUTATION,
	.params = params,
	.size = sizeof(struct token_issue),
	.result = result,
	.start = start,
};
