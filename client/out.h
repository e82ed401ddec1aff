#pragma once

/*
 * Where words go: data to standard output, talk to standard error. Whatever came from the server
 * passes through here made safe for a terminal.
 */

#include <stdbool.h>

#include "client/options.h"
#include "common/buf.h"
#include "common/macros.h"

struct out {
	enum format format; /* TABLE, TSV or JSON after out_init() */
	bool ndjson;	    /* JSON: the rows of a list one a line */
	bool names;	    /* TSV: only what a row is called */
	bool header;	    /* of TSV */
	bool terminal;	    /* standard output is one */
	bool talk_terminal; /* standard error is one */
	bool color;	    /* standard output may have colours */
	bool ascii;	    /* signs of ours are drawn with ASCII on standard output */
	bool talk_ascii;    /* and on standard error */
	bool quiet, verbose;
	int columns; /* of the terminal */
	int error;   /* errno of the first write that failed, or 0 */
};

void out_init(struct out *out, const struct options *options);
/* Flushes; 0, STATUS_PIPE when the reader has left, or STATUS_IO after saying why. */
int out_finish(struct out *out);

/* Writes bytes that are safe already; remembers failures. */
void out_write(struct out *out, const char *data, size_t len);
void out_str(struct out *out, const char *safe);
void out_printf(struct out *out, const char *format, ...) _printf_(2, 3);
/* Nothing waits to be written any more: for lines that come one at a time. */
void out_flush(struct out *out);
/* Writes text as it is into files and pipes; on a terminal it is made safe. */
void out_exact(struct out *out, const char *data);
/* What follows may be long: a person reads it page by page. Nobody may be asked anything behind it. */
void out_page(const struct out *out);
/* Whether writing still makes sense. */
bool out_alive(const struct out *out);

/* One line to standard error, made safe. complain() begins it with "cowork: ". */
void complain(const char *format, ...) _printf_(1, 2);
/* An indented line below a complaint. */
void complain_more(const char *label, const char *format, ...) _printf_(2, 3);
/* How the command is written, below a complaint about how it was. */
void complain_usage(const char *name, const char *usage);
/* One line unless --quiet. */
void note(const struct out *out, const char *format, ...) _printf_(2, 3);
/* One line only with --verbose. */
void note_verbose(const struct out *out, const char *format, ...) _printf_(2, 3);
/* A line that teaches the next command: only when a person is looking. */
void hint(const struct out *out, const char *label, const char *format, ...) _printf_(3, 4);

/* Appends text with TAB, LF, CR and backslash written as \t \n \r \\ and the rest made safe. */
void text_escape(struct buf *buf, const char *text);
/* Appends text made safe on one line: TAB and line ends become spaces. */
void text_line(struct buf *buf, const char *text);
/*
 * Breaks a sentence at spaces so that no line is wider than the terminal, where words allow; further
 * lines begin at `indent`. `used` columns of the first one are taken.
 */
void text_wrap(struct buf *out, const char *text, int columns, int used, int indent);
/* Appends text as one word of a POSIX shell. */
void text_quote(struct buf *buf, const char *text);
