/*
 * config, config use, config set: the contexts.
 */

#include <errno.h>
#include <string.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "common/jsonw.h"
#include "common/zone.h"

#define JSON_MAX (256 * 1024)

static int save(struct client *client)
{
	int r;

	if (client->options.dry_run) {
		note(&client->out, _("%s would be changed"), client->paths.config);
		return STATUS_OK;
	}
	r = config_save(client->paths.config, &client->config);
	if (r == 0)
		return STATUS_OK;
	complain("%s: %s", client->paths.config, strerror(-r));
	return STATUS_IO;
}

static void show_text(struct client *client)
{
	const char *separator = client->out.format == FORMAT_TSV ? "\t" : " = ";

	for (size_t i = 0; i < client->config.count; i++) {
		const struct context *context = &client->config.contexts[i];

		if (client->out.format == FORMAT_TABLE)
			out_printf(&client->out, "[context %s]%s\n", context->name,
				   context == client->context ? _("  (in use)") : "");
		for (size_t k = 0; context_keys[k]; k++) {
			const char *value = context_get(context, context_keys[k]);

			if (!value)
				continue;
			if (client->out.format == FORMAT_TSV)
				out_printf(&client->out, "%s\t", context->name);
			out_printf(&client->out, "%s%s%s\n", context_keys[k], separator, value);
		}
	}
	note(&client->out, _("configuration: %s; tokens: %s"), client->paths.config,
	     client->paths.state);
}

static int show_json(struct client *client)
{
	struct buf text = BUF_INIT(JSON_MAX);
	struct jsonw w = JSONW_INIT(&text);

	jsonw_object(&w);
	jsonw_kstr(&w, "config", client->paths.config);
	jsonw_kstr(&w, "state", client->paths.state);
	jsonw_kstr(&w, "current", client->context_name);
	jsonw_key(&w, "contexts");
	jsonw_array(&w);
	for (size_t i = 0; i < client->config.count; i++) {
		jsonw_object(&w);
		jsonw_kstr(&w, "name", client->config.contexts[i].name);
		for (size_t k = 0; context_keys[k]; k++)
			if (context_get(&client->config.contexts[i], context_keys[k]))
				jsonw_kstr(
					&w, context_keys[k],
					context_get(&client->config.contexts[i], context_keys[k]));
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	if (!text.failed)
		out_printf(&client->out, "%s\n", text.data);
	buf_deinit(&text);
	return STATUS_OK;
}

int cmd_config(struct client *client, const struct command *command,
	       const struct arguments *arguments)
{
	(void)command;
	(void)arguments;
	if (client->out.format == FORMAT_JSON)
		return show_json(client);
	show_text(client);
	return STATUS_OK;
}

int cmd_config_use(struct client *client, const struct command *command,
		   const struct arguments *arguments)
{
	const char *name = arguments_get(arguments, "name");

	(void)command;
	if (!config_find(&client->config, name)) {
		complain(_("there is no context %s"), name);
		complain_more(_("try"), "cowork login --context %s --server HOST[:PORT]", name);
		return STATUS_USAGE;
	}
	if (config_set_current(&client->config, name) < 0)
		return STATUS_SOFTWARE;
	return save(client);
}

int cmd_config_set(struct client *client, const struct command *command,
		   const struct arguments *arguments)
{
	const char *key = arguments_get(arguments, "name");
	const char *value = arguments_get(arguments, "value");
	struct context *context = config_add(&client->config, client->context_name);
	int r;

	(void)command;
	if (!context) {
		complain(_("\"%s\" is not a usable name for a context"), client->context_name);
		return STATUS_USAGE;
	}
	if (strcmp(key, "tz") == 0 && *value) {
		struct zone *zone = NULL;

		r = zone_load(value, NULL, &zone);
		zone_free(zone);
		if (r < 0) {
			complain(_("there is no time zone \"%s\" here: %s"), value, strerror(-r));
			return STATUS_USAGE;
		}
	}
	if (strcmp(key, "ca") == 0 && *value)
		r = context_set_file(context, key, value);
	else
		r = context_set(context, key, *value ? value : NULL);
	if (r == -ENOENT) {
		complain("%s: %s", value, strerror(-r));
		return STATUS_NOINPUT;
	}
	if (r == -EINVAL) {
		complain(_("%s cannot be set to that; there are server, ca, fingerprint, site and "
			   "tz"),
			 key);
		return STATUS_USAGE;
	}
	if (r == 0 && !client->config.current)
		r = config_set_current(&client->config, context->name);
	return r < 0 ? STATUS_SOFTWARE : save(client);
}
