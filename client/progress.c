/*
 * The progress line of an import.
 */

#include <inttypes.h>
#include <stdio.h>

#include "client/i18n.h"
#include "client/out.h"
#include "client/progress.h"
#include "common/civil.h"
#include "common/macros.h"

#define BAR    20
#define REDRAW (100 * USEC_PER_MSEC)

void progress_begin(struct progress *progress, const struct out *out, const char *what)
{
	*progress = (struct progress){
		.what = what,
		.on = out->talk_terminal && !out->quiet,
		.ascii = out->talk_ascii,
		.begin = monotonic_now(),
	};
}

static void draw_bar(const struct progress *progress, int64_t read, int64_t size)
{
	const char *full_sign = progress->ascii ? "#" : "█", *empty = progress->ascii ? ":" : "░";

	int full = (int)(read * BAR / size);

	for (int i = 0; i < BAR; i++)
		fputs(i < full ? full_sign : empty, stderr);
	fprintf(stderr, " %3d%%  ", (int)(read * 100 / size));
}

void progress_show(struct progress *progress, int64_t read, int64_t size, uint64_t rows,
		   uint64_t refused)
{
	int64_t now = monotonic_now(), took = now - progress->begin;

	if (!progress->on || now - progress->drawn < REDRAW)
		return;
	progress->drawn = now;
	fprintf(stderr, "\r\033[K%s  ", progress->what);
	if (size > 0)
		draw_bar(progress, read < size ? read : size, size);
	fprintf(stderr, _("%" PRIu64 " rows  %" PRIu64 "/s"), rows,
		took > 0 ? rows * 1000000 / (uint64_t)took : 0);
	if (refused > 0)
		fprintf(stderr, _("  %" PRIu64 " refused"), refused);
	fflush(stderr);
	progress->shown = true;
}

void progress_clear(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}
