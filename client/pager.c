/*
 * A child with the pager behind a pipe in the place of standard output.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/pager.h"

#define PAGER "less -FIRX"

static struct {
	pid_t child;  /* 0: none now */
	int terminal; /* where standard output went before */
	bool used;
} pager;

static const char *choose(void)
{
	const char *own = getenv("COWORK_PAGER"), *any = getenv("PAGER");

	return own ? own : any && *any ? any : PAGER;
}

/* Whether a program of that name is to be found; a longer command line is the shell's to judge. */
static bool is_there(const char *command)
{
	size_t len = strcspn(command, " ");
	const char *path = getenv("PATH");
	char file[4096];

	if (len == 0 || strcspn(command, "/;&|<>()$`\\\"'*?[#~=%") < len)
		return len > 0;
	while (path && *path) {
		size_t dir = strcspn(path, ":");

		if (snprintf(file, sizeof(file), "%.*s/%.*s", (int)dir, path, (int)len, command) <
			    (int)sizeof(file) &&
		    access(file, X_OK) == 0)
			return true;
		path += dir + (path[dir] == ':');
	}
	return false;
}

static bool wanted(const char *command)
{
	const char *term = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0 &&
	       strcmp(command, "cat") != 0 && is_there(command);
}

_Noreturn static void become(const char *command, int from)
{
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	(void)setenv("LESS", "FIRX", 0);
	if (dup2(from, STDIN_FILENO) >= 0)
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

void pager_begin(void)
{
	const char *command = choose();
	int ends[2];

	if (pager.used || !wanted(command) || fflush(stdout) != 0)
		return;
	pager.terminal = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (pager.terminal < 0)
		return;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		close(pager.terminal);
		return;
	}
	pager.child = fork();
	if (pager.child == 0)
		become(command, ends[0]);
	close(ends[0]);
	pager.used = pager.child > 0 && dup2(ends[1], STDOUT_FILENO) >= 0;
	close(ends[1]);
	if (pager.used)
		return;
	close(pager.terminal);
	pager.child = 0;
}

void pager_end(void)
{
	if (pager.child <= 0)
		return;
	(void)fflush(stdout);
	clearerr(stdout);
	(void)dup2(pager.terminal, STDOUT_FILENO);
	close(pager.terminal);
	/* Ctrl-C is the pager's while somebody reads. */
	(void)signal(SIGINT, SIG_IGN);
	while (waitpid(pager.child, NULL, 0) < 0 && errno == EINTR)
		continue;
	(void)signal(SIGINT, SIG_DFL);
	pager.child = 0;
}

bool pager_used(void)
{
	return pager.used;
}
