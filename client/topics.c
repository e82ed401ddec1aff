/*
 * What "cowork help TOPIC" prints. cowork(1) tells the same at more length.
 */

#include <stddef.h>

#include "client/i18n.h"
#include "client/topics.h"

const struct topic topics[] = {
	{ "times",
	  N_("A time is one of\n"
	     "  2026-11-23T09:00            the wall clock of the site\n"
	     "  2026-11-23T00:00:00Z        an instant, RFC 3339\n"
	     "  2026-11-23T09:00:00+09:00   the same instant\n"
	     "Intervals include their start and not their end. A wall-clock time that the\n"
	     "clock change skips is refused; one that it repeats needs --fold 0 (the first)\n"
	     "or --fold 1 (the second). Times are shown in the site's zone unless --tz or\n"
	     "tz= of the context says otherwise.\n") },
	{ "formats",
	  N_("On a terminal lists are tables, cut to its width. Elsewhere they are TSV: one\n"
	     "row a line, fields with tabs between them, \\t \\n \\r \\\\ for these characters\n"
	     "inside a field, no line of names unless --header asks for it.\n"
	     "--json prints what the server answered, lists with \"truncated\": true where\n"
	     "--limit left rows out. -f and --json= choose fields: -f ref,space,local.start\n"
	     "Data goes to standard output, everything else to standard error.\n") },
	{ "files",
	  N_("Files to import are UTF-8: CSV with a line of names (RFC 4180), or one JSON\n"
	     "object a line with the same names. A column that is not known is an error.\n"
	     "  sites     code,name,zone,open,close,closed_days,currency,locale\n"
	     "            and name_alt, external_id\n"
	     "  floors    site,code,name,position\n"
	     "  areas     site,floor,code,name\n"
	     "  spaces    site,floor,area,code,name,kind,capacity,amenities,x,y,units,\n"
	     "            external_id and name_alt\n"
	     "  tenants   code,name,email,external_id\n"
	     "  members   tenant,login,name,lang,role,external_id\n"
	     "  bookings  space,start_local,end_local,fold,member,title,external_id\n"
	     "            and note, guest\n"
	     "amenities, units and closed_days (0 is Sunday) hold several values with ';'\n"
	     "between them. Without a column site, the site of the context or --site is "
	     "meant.\n") },
	{ "environment",
	  N_("  COWORK_CONTEXT      the context to use\n"
	     "  COWORK_SERVER       the server, HOST[:PORT]\n"
	     "  COWORK_SITE         the site's code\n"
	     "  COWORK_TOKEN_FILE   a file that holds the token\n"
	     "  NO_COLOR            no colours; CLICOLOR_FORCE for colours everywhere\n"
	     "  XDG_CONFIG_HOME     where cowork/config is, ~/.config without it\n"
	     "  XDG_STATE_HOME      where cowork/ keeps tokens, ~/.local/state without it\n"
	     "Options are stronger than the environment, the environment than the context.\n") },
	{ "exit-codes", N_("  0    done\n"
			   "  2    you said no\n"
			   "  4    not logged in, or the token has expired\n"
			   "  10   taken, blocked, or changed meanwhile\n"
			   "  11   against a rule: closed, too long, too far ahead\n"
			   "  12   there is no such thing\n"
			   "  64   a word or option is wrong\n"
			   "  65   a value or a row of a file is wrong\n"
			   "  66   a file cannot be read\n"
			   "  69   the server cannot be reached\n"
			   "  70   a fault of the server or the client\n"
			   "  74   output or state cannot be written\n"
			   "  75   not now, or not known: run it again\n"
			   "  76   client and server do not understand one another\n"
			   "  77   not allowed\n"
			   "  78   the configuration is wrong\n"
			   "  130  interrupted by Ctrl-C\n"
			   "  141  the reader of the output left\n") },
	{ NULL, NULL },
};
