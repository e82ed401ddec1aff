/*
 * cowork: the client's entry. Sets the locale, then everything is client_main().
 */

#include <langinfo.h>
#include <locale.h>
#include <string.h>

#include "client/client.h"
#include "client/i18n.h"

int main(int argc, char **argv)
{
	/* Without a UTF-8 locale widths would be wrong and names unprintable: C.UTF-8 is always
	 * there. */
	if (!setlocale(LC_ALL, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
#if COWORK_NLS
	(void)bindtextdomain("cowork", COWORK_LOCALEDIR);
	(void)bind_textdomain_codeset("cowork", "UTF-8");
	(void)textdomain("cowork");
#endif
	return client_main(argc, argv);
}
