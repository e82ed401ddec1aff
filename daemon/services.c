/* See services.h: what is asked of all lanes at once. */

#include "daemon/services.h"

#include <stddef.h>

struct lane *services_lane(struct services *services, struct site *site)
{
	if (!site->lane)
		site->lane = lane_new(services->loop, services->db, services->config,
				      services->feed, site, &services->lane_events);
	return site->lane;
}

struct site *services_next_site(const struct services *services, const struct site *site)
{
	if (!site)
		return sites_operator(services->sites);
	return sites_next(services->sites, site->id == SITE_OPERATOR ? NULL : site);
}

int64_t services_lanes_load(const struct services *services)
{
	int64_t load = 0;

	for (struct site *site = services_next_site(services, NULL); site;
	     site = services_next_site(services, site))
		load += lane_load(site->lane);
	return load;
}
