/* See load.h. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/macros.h"
#include "load.h"

#define TOKEN_MAX   256
#define PATIENCE_NS (20 * INT64_C(1000000000))

static void read_tokens(struct load *load, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[TOKEN_MAX];

	if (!file)
		die("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\r\n")] = 0;
		load->tokens = realloc(load->tokens, (load->token_count + 1) * sizeof(char *));
		if (!load->tokens || !(load->tokens[load->token_count++] = strdup(line)))
			die("out of memory");
	}
	fclose(file);
	if (load->token_count == 0)
		die("%s: no token", path);
}

void load_init(struct load *load, const struct options *options)
{
	*load = (struct load){ .options = *options };
	loop_init(&load->loop, options->port, options->ca, strcmp(options->mode, "get") != 0,
		  options->connections > 256);
	if (options->tokens)
		read_tokens(load, options->tokens);
}

void load_deinit(struct load *load)
{
	for (unsigned i = 0; i < load->token_count; i++)
		free(load->tokens[i]);
	free(load->tokens);
	loop_deinit(&load->loop);
}

const char *load_token(const struct load *load, unsigned connection)
{
	if (load->token_count == 0)
		die("--tokens is missing");
	return load->tokens[connection % load->token_count];
}

void load_expect(const struct load *load, const char *kind, const char *line)
{
	const char *at = load->options.expect;
	size_t len = strlen(kind);

	for (; len > 0 && at && *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] != 0))
		if (strncmp(at, kind, len) == 0 && (at[len] == ',' || at[len] == 0))
			return;
	die("refused: %.400s", line);
}

static double cpu_now(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void say(const char *word)
{
	puts(word);
	fflush(stdout);
}

void load_begin(struct load *load)
{
	say("begin");
	histogram_reset(&load->latency);
	load->answers = load->bytes = load->errors = 0;
	load->measuring = true;
	load->cpu_began = cpu_now();
	load->began_ns = now_ns();
}

void load_end(struct load *load)
{
	load->measured = (double)(now_ns() - load->began_ns) / 1e9;
	load->cpu = cpu_now() - load->cpu_began;
	load->measuring = false;
	say("end");
}

static void on_phase(struct watched *timer, uint32_t events)
{
	struct phases *phases = container_of(timer, struct phases, timer);
	struct load *load = phases->load;
	int64_t lasts = (int64_t)(load->options.seconds * 1e9);

	timer_taken(timer);
	if (load->measured > 0)
		die("what was asked last was never answered");
	if (!load->measuring) {
		load_begin(load);
		timer_set(timer, lasts, 0);
	} else if (load->answers > 0) {
		load_end(load);
		timer_set(timer, PATIENCE_NS, 0);
		phases->over(phases);
	} else if (now_ns() - load->began_ns < lasts + PATIENCE_NS) {
		timer_set(timer, lasts, 0);
	} else {
		die("nothing was answered");
	}
}

void phases_start(struct phases *phases, struct load *load, void (*over)(struct phases *phases))
{
	*phases = (struct phases){ .timer.on_event = on_phase, .load = load, .over = over };
	timer_open(&load->loop, &phases->timer);
	timer_set(&phases->timer, (int64_t)(load->options.warmup * 1e9), 0);
}

static double us(int64_t ns)
{
	return (double)ns / 1000;
}

void load_print(const struct load *load, const char *more)
{
	const struct histogram *latency = &load->latency;

	printf("{\"mode\":\"%s\",\"connections\":%u,\"pipeline\":%u,\"seconds\":%.3f,\"answers\":%"
	       "llu,"
	       "\"errors\":%llu,\"rate\":%.1f,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,"
	       "\"p999_us\":%.1f,\"max_us\":%.1f,\"bytes\":%.0f,\"cores\":%.3f%s}\n",
	       load->options.mode, load->options.connections, load->options.pipeline,
	       load->measured, (unsigned long long)load->answers, (unsigned long long)load->errors,
	       load->measured > 0 ? (double)load->answers / load->measured : 0,
	       us(histogram_at(latency, 0.5)), us(histogram_at(latency, 0.9)),
	       us(histogram_at(latency, 0.99)), us(histogram_at(latency, 0.999)),
	       us(latency->longest),
	       load->answers ? (double)load->bytes / (double)load->answers : 0,
	       load->measured > 0 ? load->cpu / load->measured : 0, more);
	fflush(stdout);
}
