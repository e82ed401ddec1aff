/*
 * What "cowork help TOPIC" prints. cowork(1) tells the same at more length.
 */

#include <stddef.h>

#include "client/i18n.h"
#include "client/topics.h"

const struct topic topics[] = {
	{ "dates",
	  N_("When a booking is, as you would say it, in English or Korean:\n"
	     "  tomorrow 9-17             내일 9-17시\n"
	     "  mon 14:00 for 2h          월 14시 2시간\n"
	     "  now for 90m               지금 1시간30분\n"
	     "  next tue am               다음주 화 오전\n"
	     "  fri 22:00-02:00           nov 30 2pm-4pm\n"
	     "  2026-11-23T09:00/PT8H     2026-11-23T09:00 2026-11-23T17:00\n"
	     "Days     today, tomorrow, mon, next tue, +3d, eow, eom, nov 30, 1st, 11/30,\n"
	     "         2026-11-23, 오늘, 내일, 모레, 글피, 이번주 금, 11월 30일\n"
	     "Times    9, 14:00, 2pm, noon, 9시 반, 오후 2시; am, pm, 오전, 오후 are those\n"
	     "         parts of the opening hours\n"
	     "Lengths  for 2h, 90m, 1h30m, 2시간, 1시간 반\n"
	     "A day alone is its opening hours. Where one time is wanted, as with --from and\n"
	     "--to, a day is its beginning and its end.\n"
	     "Nothing is guessed. What was understood is always told, and can be typed as it\n"
	     "is told: Mon 23 Nov 09:00-17:00 KST. Hours from 1 to 12 that are outside the\n"
	     "opening hours must say which half of the day is meant: 14-16, 2pm-4pm. A time\n"
	     "that the clock change skips is refused; one that it repeats needs --fold 0 (the\n"
	     "first) or --fold 1 (the second), or a zone: 01:30 EST.\n"
	     "Times are those of the site, or of --tz or tz= of the context. Intervals include\n"
	     "their start and not their end. cowork when PHRASE tries one; cowork-dates(7)\n"
	     "tells all.\n") },
	{ "formats",
	  N_("On a terminal lists are tables, cut to its width. Elsewhere they are TSV: one\n"
	     "row a line, fields with tabs between them, \\t \\n \\r \\\\ for these characters\n"
	     "inside a field, no line of names unless --header asks for it.\n"
	     "--json prints what the server answered, lists with \"truncated\": true where\n"
	     "--limit left rows out; -o ndjson prints one row a line, -o name only what each\n"
	     "is called. -f and --json= choose fields: -f ref,space,local.start\n"
	     "A row wider than the terminal becomes a record, a line a field.\n"
	     "Data goes to standard output, everything else to standard error.\n") },
	{ "files",
	  N_("Files to import are UTF-8: CSV with a line of names (RFC 4180), or one JSON\n"
	     "object a line with the same names. A column that is not known is an error.\n"
	     "  sites     code,name,zone,open,close,closed_days,currency,locale\n"
	     "            and name_alt, external_id, rules (as JSON)\n"
	     "  floors    site,code,name,position,name_alt,external_id\n"
	     "  areas     site,floor,code,name,name_alt,external_id\n"
	     "  spaces    site,floor,area,code,name,kind,capacity,amenities,x,y,units,\n"
	     "            external_id and name_alt\n"
	     "  tenants   code,name,email,external_id,name_alt\n"
	     "  members   tenant,login,name,lang,role,external_id\n"
	     "  blocks    space,start_local,end_local,fold,reason,note,external_id\n"
	     "  bookings  space,start_local,end_local,fold,member,title,external_id\n"
	     "            and note, guest, private (yes or no)\n"
	     "amenities, units and closed_days (0 is Sunday) hold several values with ';'\n"
	     "between them. Without a column site, the site of the context or --site is "
	     "meant.\n") },
	{ "environment",
	  N_("  COWORK_CONTEXT      the context to use\n"
	     "  COWORK_SERVER       the server, HOST[:PORT]\n"
	     "  COWORK_SITE         the site's code\n"
	     "  COWORK_TOKEN_FILE   a file that holds the token\n"
	     "  COWORK_NOW          the instant for \"now\", RFC 3339; without it the present\n"
	     "  COWORK_PAGER        shows long answers on a terminal; else PAGER, else less\n"
	     "                      -FIRX; none where it is empty\n"
	     "  COWORK_GLYPHS       \"ascii\" is like --ascii\n"
	     "  COWORK_COMPLETE_MS  how long completion may ask the server; 150 without it\n"
	     "  COWORK_LOCALEDIR    where the languages' catalogues are\n"
	     "  LANGUAGE, LC_ALL, LC_MESSAGES, LANG   the language, --lang without them\n"
	     "  COWORK_PICKER       fzf: choose a space by it where book names none\n"
	     "  TZ                  the zone of dates where neither site nor --tz says one\n"
	     "  NO_COLOR            no colours; CLICOLOR_FORCE for colours everywhere\n"
	     "  XDG_CONFIG_HOME     where cowork/config is, ~/.config without it\n"
	     "  XDG_STATE_HOME      where cowork/ keeps tokens, ~/.local/state without it\n"
	     "  XDG_CACHE_HOME      where cowork/ keeps words for Tab, ~/.cache without it\n"
	     "Options are stronger than the environment, the environment than the context.\n") },
	{ "exit-codes", N_("  0    done\n"
			   "  1    nothing is free\n"
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
