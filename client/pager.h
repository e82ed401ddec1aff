#pragma once

/*
 * The pager: long answers for a person are shown page by page, where somebody sits at both ends.
 * There is one standard output, hence one pager.
 */

#include <stdbool.h>

/*
 * From here on standard output goes through $COWORK_PAGER, else $PAGER, else "less -FIRX", if
 * standard input and output are terminals that can do that and the program is there. An empty one
 * and "cat" mean none. Nothing happens the second time.
 */
void pager_begin(void);
/* Waits until the reader has seen all; standard output is the terminal again. */
void pager_end(void);
/* Whether there was one: a reader who leaves early has seen enough, and that is no failure. */
bool pager_used(void);
