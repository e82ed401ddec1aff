#pragma once

/*
 * The parts of `coworkd setup`. Each says on stderr what it does and gives an exit status of
 * admin.h; each can be done again and then finds its work done.
 */

#include <stdbool.h>

struct db_admin;

/*
 * The operator `login` named `name`, in a migrated database; prints a one-time code on stdout. One
 * who has been made already is left alone, unless the code given then can no longer be used. With a
 * NULL login only tells whether there is an operator. With `new_code` one who is there gets another code,
 * and what was given out before ends.
 */
int setup_operator(struct db_admin *db, const char *login, const char *name, bool new_code);

/* What is wrong with a login or a name, told before anything is done. */
int setup_check_operator(const char *login, const char *name);

/*
 * A key and a self-signed certificate, or with `csr` a request beside where the certificate will
 * be, for the names in `names`, separated by commas. Files that exist are left alone.
 */
int setup_certificate(const char *names, bool csr, const char *certificate, const char *key);
