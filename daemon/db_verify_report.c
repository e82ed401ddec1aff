/*
 * The faults as they are found, and the verdict at the end.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/jsonw.h"
#include "daemon/db_verify.h"

#define JSON_MAX ((size_t)1 << 20)

static const char *const names[VERIFY_COUNT] = {
	[VERIFY_CATALOGUE] = "catalogue", [VERIFY_LOG] = "log",
	[VERIFY_RECEIPTS] = "receipts",	  [VERIFY_FENCES] = "fences",
	[VERIFY_PEOPLE] = "people",	  [VERIFY_SPACES] = "spaces",
	[VERIFY_BOOKINGS] = "bookings",	  [VERIFY_BLOCKS] = "blocks",
	[VERIFY_CLAIMS] = "claims",	  [VERIFY_OVERLAPS] = "overlaps",
};

void verify_fault(struct verify *verify, enum verify_check check, int64_t site, const char *format,
		  ...)
{
	struct verify_tally *tally = &verify->tally[check];
	struct verify_fault *fault;
	va_list args;

	if (tally->faults++ >= VERIFY_FAULTS_KEPT)
		return;
	fault = &tally->kept[tally->faults - 1];
	fault->site = site;
	va_start(args, format);
	vsnprintf(fault->text, sizeof(fault->text), format, args);
	va_end(args);
}

bool verify_holds(const struct verify *verify)
{
	for (size_t i = 0; i < VERIFY_COUNT; i++)
		if (verify->tally[i].faults > 0)
			return false;
	return true;
}

static int64_t total(const struct verify *verify, bool faults)
{
	int64_t sum = 0;

	for (size_t i = 0; i < VERIFY_COUNT; i++)
		sum += faults ? verify->tally[i].faults : verify->tally[i].rows;
	return sum;
}

static size_t kept(const struct verify_tally *tally)
{
	return tally->faults < VERIFY_FAULTS_KEPT ? (size_t)tally->faults : VERIFY_FAULTS_KEPT;
}

/* The operator's own log is that of site 0, whose code is "-". NULL where a site has no part in it.
 */
static const char *code_of(const struct verify *verify, int64_t site_id)
{
	const struct verify_site *site = verify_find_site(verify, site_id);

	if (site_id == VERIFY_NO_SITE)
		return NULL;
	return site ? site->code : "?";
}

static void print_fault(const struct verify *verify, const struct verify_fault *fault)
{
	const char *code = code_of(verify, fault->site);

	printf("  %s%s%s%s\n", code ? "site " : "", code ? code : "", code ? ": " : "",
	       fault->text);
}

static void print_text(const struct verify *verify, int64_t usec)
{
	for (size_t i = 0; i < VERIFY_COUNT; i++) {
		const struct verify_tally *tally = &verify->tally[i];

		printf("%-10s %12" PRId64 " rows  ", names[i], tally->rows);
		if (tally->faults)
			printf("%" PRId64 " wrong\n", tally->faults);
		else
			puts("ok");
		for (size_t f = 0; f < kept(tally); f++)
			print_fault(verify, &tally->kept[f]);
		if (tally->faults > VERIFY_FAULTS_KEPT)
			printf("  and %" PRId64 " more\n", tally->faults - VERIFY_FAULTS_KEPT);
	}
	if (verify_holds(verify))
		printf("verify: holds (%d checks over %" PRId64 " rows in %.1f s)\n", VERIFY_COUNT,
		       total(verify, false), (double)usec / USEC_PER_SEC);
	else
		printf("verify: does not hold: %" PRId64 " wrong (%d checks over %" PRId64
		       " rows in %.1f s)\n",
		       total(verify, true), VERIFY_COUNT, total(verify, false),
		       (double)usec / USEC_PER_SEC);
}

static void write_check(struct jsonw *w, const struct verify *verify, size_t check)
{
	const struct verify_tally *tally = &verify->tally[check];

	jsonw_object(w);
	jsonw_kstr(w, "name", names[check]);
	jsonw_kint(w, "rows", tally->rows);
	jsonw_kint(w, "wrong", tally->faults);
	jsonw_key(w, "faults");
	jsonw_array(w);
	for (size_t f = 0; f < kept(tally); f++) {
		jsonw_object(w);
		jsonw_kstr(w, "site", code_of(verify, tally->kept[f].site));
		jsonw_kstr(w, "text", tally->kept[f].text);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	jsonw_object_end(w);
}

static void print_json(const struct verify *verify, int64_t usec)
{
	struct buf out = BUF_INIT(JSON_MAX);
	struct jsonw w = JSONW_INIT(&out);

	jsonw_object(&w);
	jsonw_kbool(&w, "holds", verify_holds(verify));
	jsonw_key(&w, "checks");
	jsonw_array(&w);
	for (size_t i = 0; i < VERIFY_COUNT; i++)
		write_check(&w, verify, i);
	jsonw_array_end(&w);
	jsonw_kint(&w, "rows", total(verify, false));
	jsonw_kint(&w, "wrong", total(verify, true));
	jsonw_kint(&w, "ms", usec / USEC_PER_MSEC);
	jsonw_object_end(&w);
	puts(out.failed ? "{\"holds\":false}" : out.data);
	buf_deinit(&out);
}

void verify_report(const struct verify *verify, int64_t usec, bool json)
{
	if (json)
		print_json(verify, usec);
	else
		print_text(verify, usec);
}
