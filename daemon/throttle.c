/* See throttle.h. Looked through from end to end: once a login, and not the dearest part of it. */

#include "daemon/throttle.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "common/crypto.h"

struct throttle_source throttle_source(const struct sockaddr *address)
{
	struct throttle_source source = { .family = (uint8_t)address->sa_family };
	const struct in6_addr *in6 = &((const struct sockaddr_in6 *)address)->sin6_addr;

	if (address->sa_family == AF_INET) {
		memcpy(source.bytes, &((const struct sockaddr_in *)address)->sin_addr, 4);
	} else if (address->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(in6)) {
		source.family = AF_INET;
		memcpy(source.bytes, &in6->s6_addr[12], 4);
	} else if (address->sa_family == AF_INET6) {
		memcpy(source.bytes, in6->s6_addr, 8);
	}
	return source;
}

struct throttle_source throttle_account(const char *login)
{
	struct throttle_source account = { .family = 255 };
	uint8_t digest[SHA256_SIZE] = { 0 };

	(void)crypto_sha256(login, strlen(login), digest);
	memcpy(account.bytes, digest, sizeof(account.bytes));
	return account;
}

/* NULL: it has no failures. */
static struct throttle_entry *find(const struct throttle *throttle,
				   const struct throttle_source *source)
{
	for (int i = 0; i < THROTTLE_SOURCES; i++) {
		const struct throttle_entry *entry = &throttle->entries[i];

		if (entry->failures > 0 && memcmp(&entry->source, source, sizeof(*source)) == 0)
			return (struct throttle_entry *)entry;
	}
	return NULL;
}

/* Who waits stays, or names tried once would free the account that is guessed at. */
static bool goes_before(const struct throttle_entry *entry, const struct throttle_entry *other,
			int64_t now_ms)
{
	bool waits = entry->until_ms > now_ms, other_waits = other->until_ms > now_ms;

	if (waits != other_waits)
		return other_waits;
	return waits ? entry->until_ms < other->until_ms : entry->since_ms < other->since_ms;
}

/* A free entry, or the one that is missed the least. */
static struct throttle_entry *make_room(struct throttle *throttle, int64_t now_ms)
{
	struct throttle_entry *least = &throttle->entries[0];

	for (int i = 0; i < THROTTLE_SOURCES; i++) {
		struct throttle_entry *entry = &throttle->entries[i];

		if (entry->failures == 0)
			return entry;
		if (goes_before(entry, least, now_ms))
			least = entry;
	}
	return least;
}

int64_t throttle_failed(struct throttle *throttle, const struct throttle_source *source,
			int64_t now_ms)
{
	struct throttle_entry *entry = find(throttle, source);

	if (!entry) {
		entry = make_room(throttle, now_ms);
		*entry = (struct throttle_entry){ .source = *source, .since_ms = now_ms };
	} else if (now_ms - entry->since_ms >= THROTTLE_MINUTE) {
		entry->since_ms = now_ms;
		entry->failures = 0;
	}
	return ++entry->failures;
}

int64_t throttle_left(const struct throttle *throttle, const struct throttle_source *source,
		      int64_t now_ms)
{
	const struct throttle_entry *entry = find(throttle, source);
	int64_t left = entry ? entry->since_ms + THROTTLE_MINUTE - now_ms : 0;

	return left > 0 ? left : 0;
}

void throttle_passed(struct throttle *throttle, const struct throttle_source *source)
{
	struct throttle_entry *entry = find(throttle, source);

	if (entry)
		entry->failures = 0;
}

int64_t throttle_turn(struct throttle *accounts, const struct throttle_source *account,
		      int64_t now_ms, int64_t step_ms)
{
	struct throttle_entry *entry = find(accounts, account);
	int64_t failures;

	if (entry && now_ms < entry->until_ms)
		return entry->until_ms - now_ms;
	failures = throttle_failed(accounts, account, now_ms);
	entry = find(accounts, account);
	entry->until_ms = now_ms + throttle_delay(failures - THROTTLE_FREE, step_ms);
	return 0;
}

int64_t throttle_delay(int64_t failures, int64_t step_ms)
{
	if (failures <= 0)
		return 0;
	return failures <= 3 ? step_ms << (failures - 1) : step_ms * 15 / 2;
}
