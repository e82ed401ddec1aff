#pragma once

/*
 * Exit statuses beside those of error.def (cowork(1)).
 */

enum status {
	STATUS_OK = 0,
	STATUS_NO = 1,		  /* the answer is "nothing" */
	STATUS_SAID_NO = 2,	  /* the person said no, or left */
	STATUS_AUTH = 4,	  /* not logged in */
	STATUS_USAGE = 64,	  /* a word or an option is wrong */
	STATUS_DATA = 65,	  /* a file or value is wrong; rows of an import were refused */
	STATUS_NOINPUT = 66,	  /* a file cannot be read */
	STATUS_UNAVAILABLE = 69,  /* cannot connect */
	STATUS_SOFTWARE = 70,	  /* out of memory or a bug */
	STATUS_IO = 74,		  /* output or state cannot be written */
	STATUS_TEMPFAIL = 75,	  /* run again */
	STATUS_PROTOCOL = 76,	  /* we and the server do not understand one another */
	STATUS_CONFIG = 78,	  /* the configuration is wrong */
	STATUS_INTERRUPTED = 130, /* Ctrl-C */
	STATUS_PIPE = 141,	  /* the reader of our output left, as if SIGPIPE had ended us */
};
