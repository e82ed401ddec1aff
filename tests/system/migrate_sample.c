/*
 * `coworkd migrate` with the migrations of tests/system/sample/ instead of the shipped ones: one
 * with the no-transaction marker and one that fails.
 */

#include <stdlib.h>
#include <sysexits.h>

#include "daemon/admin.h"

int main(int argc, char **argv)
{
	struct config_file *file = config_new();
	int status = file ? admin_migrate(argc - 1, argv + 1, config_values(file)) : EX_OSERR;

	config_free(file);
	return status;
}
