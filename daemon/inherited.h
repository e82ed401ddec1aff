#pragma once

/* The listening socket that a service manager passed; see sd_listen_fds(3). */

/* *ret the descriptor, -1 where none was passed; -EINVAL, which the log has told: what was passed is
 * not one listening TCP socket. */
int inherited_socket(int *ret);
