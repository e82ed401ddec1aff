/* See page.h. */

#include "docs/page.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/macros.h"

#define PARTS_MAX 8
#define LINE_SIZE 1024

static void put(char c)
{
	if (strchr("\\*_#-[]|+~.'`", c))
		putchar('\\');
	putchar(c);
}

void page_text(const char *text)
{
	while (*text)
		put(*text++);
}

void page_sentence(const char *text)
{
	size_t len = strlen(text);

	if (len == 0)
		return;
	put((char)toupper((unsigned char)*text));
	page_text(text + 1);
	if (!strchr(".!?", text[len - 1]))
		putchar('.');
}

/* The part that a line is the mark of; -1 if it is ordinary, -2 if there is no such part. */
static int find_part(const char *line, const struct page_part *parts)
{
	size_t len = strlen(line);

	if (len < 4 || line[0] != '@' || strcmp(line + len - 2, "@\n") != 0)
		return -1;
	for (int i = 0; parts[i].name; i++)
		if (strlen(parts[i].name) == len - 3 &&
		    strncmp(parts[i].name, line + 1, len - 3) == 0)
			return i;
	return -2;
}

static bool copy(FILE *in, const char *name, const struct page_part *parts)
{
	char line[LINE_SIZE];
	bool written[PARTS_MAX] = { false };
	int number = 0;

	while (fgets(line, sizeof(line), in)) {
		int part = find_part(line, parts);

		number++;
		if (part == -2) {
			fprintf(stderr, "%s:%d: there is no part %s", name, number, line);
			return false;
		}
		if (part == -1) {
			fputs(line, stdout);
			continue;
		}
		parts[part].write();
		written[part] = true;
	}
	for (int i = 0; parts[i].name; i++) {
		if (!written[i]) {
			fprintf(stderr, "%s: has no mark @%s@\n", name, parts[i].name);
			return false;
		}
	}
	return !ferror(in);
}

int page_main(int argc, char **argv, const struct page_part *parts)
{
	FILE *in = argc == 2 ? fopen(argv[1], "r") : NULL;
	bool ok;

	if (!in) {
		fprintf(stderr, "%s: wants one file that can be read\n", argv[0]);
		return 1;
	}
	ok = copy(in, argv[1], parts);
	fclose(in);
	return ok && fflush(stdout) == 0 ? 0 : 1;
}
