/*
 * The columns of every kind of file.
 */

#include <string.h>

#include "client/i18n.h"
#include "client/kinds.h"
#include "common/buf.h"

#define SAME(column)                                                                               \
	{                                                                                          \
		column, column, column, false                                                      \
	}
#define MUST(column)                                                                               \
	{                                                                                          \
		column, column, column, true                                                       \
	}

const struct kind kinds[] = {
	{
		.name = "sites",
		.method = "site.create",
		.list_method = "site.list",
		.list = "sites",
		.done = N_("added"),
		.columns = { MUST("code"),
			     MUST("name"),
			     MUST("zone"),
			     SAME("open"),
			     SAME("close"),
			     SAME("closed_days"),
			     SAME("currency"),
			     SAME("locale"),
			     SAME("name_alt"),
			     SAME("external_id"),
			     { "rules", "rules", "rules", .object = true } },
	},
	{
		.name = "floors",
		.method = "floor.create",
		.list_method = "floor.list",
		.list = "floors",
		.done = N_("added"),
		.site = true,
		.columns = { SAME("site"), MUST("code"), SAME("name"), SAME("position"),
			     SAME("name_alt"), SAME("external_id") },
	},
	{
		.name = "areas",
		.method = "area.create",
		.list_method = "area.list",
		.list = "areas",
		.done = N_("added"),
		.site = true,
		.columns = { SAME("site"), SAME("floor"), MUST("code"), SAME("name"),
			     SAME("name_alt"), SAME("external_id") },
	},
	{
		.name = "spaces",
		.method = "space.create",
		.list_method = "space.list",
		.list = "spaces",
		.done = N_("added"),
		.site = true,
		.skip = "retired",
		.columns = { SAME("site"), SAME("floor"), SAME("area"), MUST("code"), SAME("name"),
			     MUST("kind"), SAME("capacity"), SAME("amenities"), SAME("x"),
			     SAME("y"), SAME("units"), SAME("external_id"), SAME("name_alt") },
	},
	{
		.name = "tenants",
		.method = "tenant.create",
		.list_method = "tenant.list",
		.list = "tenants",
		.done = N_("added"),
		.skip = "disabled",
		.columns = { MUST("code"), MUST("name"), SAME("email"), SAME("external_id"),
			     SAME("name_alt") },
	},
	{
		.name = "members",
		.method = "member.invite",
		.list_method = "member.list",
		.list = "members",
		.done = N_("invited"),
		.skip = "disabled",
		.columns = { MUST("tenant"), MUST("login"), MUST("name"), SAME("lang"),
			     SAME("role"), SAME("external_id") },
	},
	{
		.name = "blocks",
		.method = "block.create",
		.list_method = "block.list",
		.list = "blocks",
		.done = N_("blocked"),
		.site = true,
		.columns = { MUST("space"),
			     { "start_local", "start", NULL, true },
			     { "end_local", "end", NULL, true },
			     { "fold", "fold", NULL, false },
			     MUST("reason"),
			     SAME("note"),
			     SAME("external_id") },
	},
	{
		.name = "bookings",
		.method = "booking.create",
		.list_method = "booking.list",
		.list = "bookings",
		.done = N_("booked"),
		.site = true,
		.columns = { MUST("space"),
			     { "start_local", "start", NULL, true },
			     { "end_local", "end", NULL, true },
			     { "fold", "fold", NULL, false },
			     { "member", "for", "member", false },
			     SAME("title"),
			     SAME("external_id"),
			     SAME("note"),
			     SAME("guest"),
			     SAME("private") },
	},
	{ .name = NULL },
};

const struct kind *kind_find(const char *name)
{
	for (const struct kind *kind = kinds; kind->name; kind++)
		if (strcmp(kind->name, name) == 0)
			return kind;
	return NULL;
}

void kind_names(struct buf *out)
{
	for (const struct kind *kind = kinds; kind->name; kind++)
		buf_printf(out, "%s%s", kind == kinds ? "" : ", ", kind->name);
}

void kind_column_names(const struct kind *kind, struct buf *out)
{
	for (const struct kind_column *column = kind->columns; column->name; column++)
		buf_printf(out, "%s%s", column == kind->columns ? "" : ", ", column->name);
}

int kind_column(const struct kind *kind, const char *name)
{
	for (int i = 0; kind->columns[i].name; i++)
		if (strcmp(kind->columns[i].name, name) == 0)
			return i;
	return -1;
}
