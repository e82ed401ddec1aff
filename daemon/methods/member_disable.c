/*
 * member.disable: a member is out, here and on connections that are open: tokens, codes and the
 * password end. What they have booked stays; the answer counts it.
 */

#include "common/json.h"
#include "common/macros.h"
#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"

struct member_disable {
	struct mutation mutation;
	const char *login;
	struct field_int if_version;
	struct command command;
};

#define AT(member) offsetof(struct member_disable, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct member_disable),
	{ "login", FIELD_LOGIN, AT(login), FIELD_REQUIRED },
	{ "if_version", FIELD_INT, AT(if_version), 0, 1, INT32_MAX,
	  .help = "refuse if it is at another version by now" },
	FIELD_END,
};

static const struct field result[] = {
	{ "bookings", FIELD_INT, 0, .help = "that the person still has, from now on" },
	FIELD_END,
};

/* A tenant's admin disables people of that tenant only; others look as if they were not there. */
static bool write(struct command *command, struct jsonw *w)
{
	command_write_own(command, w);
	return true;
}

static void reply(struct command *command, struct jsonw *w)
{
	int64_t bookings = 0;

	json_int(command->lane.outcome, "bookings", &bookings);
	jsonw_kint(w, "bookings", bookings);
}

static void start(struct request *request, void *data)
{
	struct member_disable *op = data;

	op->command.write = write;
	op->command.reply = reply;
	command_run(request, &op->command, &op->mutation);
}

const struct method method_member_disable = {
	.name = "member.disable",
	.summary = "end a member's access; what they have booked stays",
	.flags = METHOD_MUTATION,
	.params = params,
	.size = sizeof(struct member_disable),
	.noun = &noun_member,
	.result = result,
	.start = start,
};
