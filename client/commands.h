#pragma once

/*
 * The commands that are more than a row of nouns.c.
 */

#include "client/command.h"

/* cowork without a command. */
extern const struct command command_none;

command_run cmd_block_add;
command_run cmd_book;
command_run cmd_call;
command_run cmd_cancel;
command_run cmd_config;
command_run cmd_config_set;
command_run cmd_config_use;
command_run cmd_day;
command_run cmd_doctor;
command_run cmd_export;
command_run cmd_extend;
command_run cmd_free;
command_run cmd_help;
command_run cmd_history;
command_run cmd_import;
command_run cmd_list;
command_run cmd_login;
command_run cmd_logout;
command_run cmd_mine;
command_run cmd_move;
command_run cmd_password;
command_run cmd_show;
command_run cmd_site_rule;
command_run cmd_status;
command_run cmd_undo;
command_run cmd_watch;
command_run cmd_week;
command_run cmd_when;
command_run cmd_who;
command_run cmd_whoami;
