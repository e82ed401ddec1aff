#pragma once

/* Says in words and data why the database refused a command: which field, place, time, version. */

#include "common/error.h"

struct cJSON;
struct request;

/* Consumes the request. `outcome` may be NULL: the lane itself refused. */
void refusal_answer(struct request *request, enum error_kind kind, const struct cJSON *outcome);
/* not_found for the thing that the parameter `field` names, as in "there is no space 'A-99'". */
void refusal_answer_missing(struct request *request, const char *field);
