#pragma once

/*
 * Manual pages whose tables come from the program's own: a page is a file of scdoc with marks, and
 * a line "@NAME@" in it is where the part of that name is written. Used by the small programs
 * beside this file, which run at build time and print the page.
 */

struct page_part {
	const char *name;
	void (*write)(void);
};

/*
 * The whole of such a program: copies the file named by the only argument to standard output and
 * writes `parts` (ended by a NULL name), each where its mark is. A mark without a part, a part
 * without a mark and failed output are errors. The exit status.
 */
int page_main(int argc, char **argv, const struct page_part *parts);

/* Text in which nothing is markup, whatever it holds. */
void page_text(const char *text);
/* The same with its first letter as a capital and a full stop behind it. */
void page_sentence(const char *text);
