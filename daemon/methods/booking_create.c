/* booking.create: book a space from start to end. */

#include <string.h>
#include <strings.h>

#include "common/macros.h"
#include "daemon/command.h"
#include "daemon/method.h"
#include "daemon/noun.h"
#include "daemon/wall_clock.h"

struct booking_create {
	struct mutation mutation;
	struct site_params at;
	const char *space;
	struct field_when start;
	struct field_when end;
	struct field_int fold;
	const char *for_login;
	const char *title;
	const char *note;
	const char *guest;
	bool private;
	struct field_int source;
	const char *external_id;
	struct command command;
};

#define AT(member) offsetof(struct booking_create, member)

static const struct field params[] = {
	MUTATION_FIELDS(struct booking_create),
	SITE_FIELDS(struct booking_create),
	{ "space", FIELD_CODE, AT(space), FIELD_REQUIRED | FIELD_META },
	{ "start", FIELD_WHEN, AT(start), FIELD_REQUIRED,
	  .help = "an instant, or a reading of the site's clock" },
	{ "end", FIELD_WHEN, AT(end), FIELD_REQUIRED, .help = "the first instant after it" },
	{ "fold", FIELD_INT, AT(fold), FIELD_META, 0, 1,
	  .help = "which of the two, where the clock shows a time twice" },
	{ "for", FIELD_LOGIN, AT(for_login), .help = "on behalf of this member" },
	{ "title", FIELD_STRING, AT(title), 0, 0, 200 },
	{ "note", FIELD_TEXT, AT(note), 0, 0, 2000 },
	{ "guest", FIELD_STRING, AT(guest), 0, 0, 200, .help = "name of a guest it is for" },
	{ "private", FIELD_BOOL, AT(private),
	  .help = "title, note and guest are for the booker, whom it is for, and staff alone" },
	{ "source", FIELD_ENUM, AT(source), .choices = booking_sources },
	{ "external_id", FIELD_STRING, AT(external_id), 0, 1, 200 },
	FIELD_END,
};

static bool write(struct command *command, struct jsonw *w)
{
	struct booking_create *op = container_of(command, struct booking_create, command);
	struct request *request = command->request;
	int64_t start, end;

	if (!wall_clock_span(request, &op->start, &op->end, &op->fold, &start, &end))
		return false;
	jsonw_key(w, "spaces");
	jsonw_array(w);
	jsonw_str(w, op->space);
	jsonw_array_end(w);
	jsonw_kint(w, "start", start);
	jsonw_kint(w, "end", end);
	jsonw_kstr(w, "zone", request->site->zone_name);
	if (!op->source.set)
		jsonw_kstr(w, "source", "client");
	if (!op->for_login) {
		jsonw_kint(w, "member_id", request->actor->person_id);
		if (request->actor->tenant_id)
			jsonw_kint(w, "tenant_id", request->actor->tenant_id);
	}
	command_write_own(command, w);
	return true;
}

/* Candidates for the reference: the first that the site does not use yet is taken. */
static void extra(struct command *command, struct jsonw *w)
{
	command_write_refs(command, w, 'R');
}

static size_t text_size(const char *text)
{
	return text ? strlen(text) : 0;
}

static void start(struct request *request, void *data)
{
	struct booking_create *op = data;

	op->command.write = write;
	op->command.extra = extra;
	/* JSON may double a text by its escapes. */
	op->command.reply_size =
		2 * (text_size(op->title) + text_size(op->note) + text_size(op->guest));
	command_run(request, &op->command, &op->mutation);
}

const struct method method_booking_create = {
	.name = "booking.create",
	.summary = "book a space from start to end",
	.flags = METHOD_MUTATION | METHOD_SITE,
	.params = params,
	.size = sizeof(struct booking_create),
	.site_offset = AT(at),
	.noun = &noun_booking,
	.start = start,
};
