/* See invitation.h. */

#include "daemon/invitation.h"

#include "common/civil.h"
#include "common/macros.h"

const struct field invitation_result[] = {
	{ "code", FIELD_SECRET, 0, .help = "for the first login; shown once" },
	FIELD_END,
};

int invitation_make(struct invitation *invitation)
{
	invitation->expires_usec = instant_now() + INVITATION_HOURS * 3600 * USEC_PER_SEC;
	return token_new(TOKEN_CODE, invitation->text, &invitation->parts);
}

void invitation_write(const struct invitation *invitation, struct jsonw *w)
{
	char hash[SHA256_HEX_MAX];

	hex_encode(invitation->parts.secret_hash, SHA256_SIZE, hash);
	jsonw_key(w, "code");
	jsonw_object(w);
	jsonw_kstr(w, "id", invitation->parts.id);
	jsonw_kstr(w, "hash", hash);
	jsonw_kint(w, "expires", invitation->expires_usec);
	jsonw_object_end(w);
}
