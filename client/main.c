/*
 * cowork: the client's entry. Sets the locale, then everything is client_main().
 */

#include "client/client.h"
#include "client/i18n.h"

int main(int argc, char **argv)
{
	i18n_init(argc, argv);
	return client_main(argc, argv);
}
