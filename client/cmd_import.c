/*
 * import: checks the words, opens the file for codes, runs the engine, prints the summary.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/i18n.h"
#include "client/import.h"

static bool read_window(const char *value, unsigned *ret)
{
	char *end;
	long n = value ? strtol(value, &end, 10) : IMPORT_WINDOW;

	if (value && (*end || n < 1 || n > IMPORT_WINDOW_MAX)) {
		complain(_("--window wants a number between 1 and %d"), IMPORT_WINDOW_MAX);
		return false;
	}
	*ret = (unsigned)n;
	return true;
}

static bool read_on_error(const char *value, bool *ret)
{
	*ret = value && strcmp(value, "skip") == 0;
	if (!value || *ret || strcmp(value, "stop") == 0)
		return true;
	complain(_("--on-error wants stop or skip, not \"%s\""), value);
	return false;
}

static bool read_kind(const char *name, const struct kind **ret)
{
	struct buf names = BUF_INIT(512);

	*ret = kind_find(name);
	if (*ret)
		return true;
	kind_names(&names);
	complain(_("there is no kind of file \"%s\"; there are %s"), name,
		 names.data ? names.data : "");
	buf_deinit(&names);
	return false;
}

/* One-time codes are secrets: the file is 0600 from its first byte. */
static int open_codes(const char *path, FILE **ret)
{
	struct stat st;
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	*ret = fd < 0 ? NULL : fdopen(fd, "a");
	if (!*ret) {
		complain("%s: %s", path, strerror(errno));
		return STATUS_IO;
	}
	if (fstat(fd, &st) == 0 && (st.st_mode & 077)) {
		complain(_("%s can be read by others; make it 0600 or name another file"), path);
		fclose(*ret);
		*ret = NULL;
		return STATUS_IO;
	}
	if (fstat(fd, &st) == 0 && st.st_size == 0)
		fputs("login,code\n", *ret);
	return STATUS_OK;
}

static int close_codes(FILE *codes, const char *path)
{
	if (!codes)
		return STATUS_OK;
	if (fflush(codes) == 0 && fsync(fileno(codes)) == 0 && fclose(codes) == 0)
		return STATUS_OK;
	complain("%s: %s", path, strerror(errno));
	return STATUS_IO;
}

/* "; stopped at line 12; 988 rows were not tried" */
static void print_stop(struct client *client, const struct import_summary *summary)
{
	if (summary->stopped_at && client->out.format == FORMAT_JSON)
		out_printf(&client->out, ",\"stopped_at\":%zu,\"untried\":%" PRIu64,
			   summary->stopped_at, summary->untried);
	else if (summary->stopped_at)
		out_printf(&client->out,
			   N_OF("; stopped at line %zu; %" PRIu64 " row was not tried",
				"; stopped at line %zu; %" PRIu64 " rows were not tried",
				summary->untried),
			   summary->stopped_at, summary->untried);
}

/* "21860 booked, 8 refused, 0 already there of 21868 rows in 12.3 s (1777/s)" */
static void print_summary(struct client *client, const struct kind *kind,
			  const struct import_summary *summary)
{
	uint64_t rate = summary->usec > 0 ? summary->rows * 1000000 / (uint64_t)summary->usec : 0;

	if (client->out.format == FORMAT_JSON) {
		out_printf(&client->out,
			   "{\"done\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"already\":%" PRIu64
			   ",\"rows\":%" PRIu64 ",\"ms\":%" PRId64 ",\"dry_run\":%s",
			   summary->done, summary->refused, summary->already, summary->rows,
			   summary->usec / 1000, client->options.dry_run ? "true" : "false");
		print_stop(client, summary);
		out_str(&client->out, "}\n");
		return;
	}
	out_printf(&client->out,
		   _("%" PRIu64 " %s%s, %" PRIu64 " refused, %" PRIu64 " already there of %" PRIu64
		     " rows in %.1f s (%" PRIu64 "/s)"),
		   summary->done, client->options.dry_run ? _("could be ") : "", _(kind->done),
		   summary->refused, summary->already, summary->rows, (double)summary->usec / 1e6,
		   rate);
	print_stop(client, summary);
	out_str(&client->out, "\n");
}

int cmd_import(struct client *client, const struct command *command,
	       const struct arguments *arguments)
{
	const char *codes = arguments_get(arguments, "codes_file");
	struct import_options options = { .path = arguments_get(arguments, "file") };
	struct import_summary summary;
	int r = STATUS_OK, closed;

	(void)command;
	if (client->options.key) {
		complain(_("import makes the keys of its rows itself; leave --key out"));
		return STATUS_USAGE;
	}
	if (!read_kind(arguments_get(arguments, "kind"), &options.kind) ||
	    !read_on_error(arguments_get(arguments, "on_error"), &options.skip) ||
	    !read_window(arguments_get(arguments, "window"), &options.window))
		return STATUS_USAGE;
	options.site = client_site_or_none(client);
	if (codes)
		r = open_codes(codes, &options.codes);
	else if (strcmp(options.kind->name, "members") == 0 && !client->options.dry_run)
		note(&client->out,
		     _("The one-time codes are not kept; --codes-file FILE keeps them."));
	if (r != STATUS_OK)
		return r;
	r = import_run(client, &options, &summary);
	closed = close_codes(options.codes, codes);
	if (summary.rows > 0 || r == STATUS_OK)
		print_summary(client, options.kind, &summary);
	return r != STATUS_OK ? r : closed;
}
