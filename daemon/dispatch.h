#pragma once

/*
 * The gate between the wire and the methods: finds the method, asks may(), finds the site, decodes
 * the parameters; whatever is wrong is answered here, once for all methods.
 */

struct request;
struct cJSON;

/* Consumes the request in the end. `method` and `params` live in the request's tree. */
void dispatch(struct request *request, const char *method, const struct cJSON *params);
