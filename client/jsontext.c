/*
 * Parsed JSON back to text, harmless for terminals.
 */

#include "client/jsontext.h"
#include "common/json.h"
#include "common/utf8.h"

void json_write(struct jsonw *w, const struct cJSON *value)
{
	if (json_is_object(value)) {
		jsonw_object(w);
		for (const struct cJSON *m = json_first(value); m; m = json_next(m)) {
			jsonw_key(w, json_name(m));
			json_write(w, m); /* at most as deep as json_limits_reply allows */
		}
		jsonw_object_end(w);
	} else if (json_is_array(value)) {
		jsonw_array(w);
		for (const struct cJSON *e = json_first(value); e; e = json_next(e))
			json_write(w, e);
		jsonw_array_end(w);
	} else if (json_is_string(value)) {
		jsonw_str(w, json_value_str(value));
	} else if (json_is_int(value)) {
		jsonw_int(w, json_value_int(value));
	} else if (json_is_bool(value)) {
		jsonw_bool(w, json_value_bool(value));
	} else {
		jsonw_null(w);
	}
}

static void add_escape(struct buf *out, uint32_t code)
{
	if (code < 0x10000) {
		buf_printf(out, "\\u%04x", (unsigned)code);
		return;
	}
	code -= 0x10000;
	buf_printf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + (code >> 10)),
		   (unsigned)(0xdc00 + (code & 0x3ff)));
}

void json_add_safe(struct buf *out, const char *json, size_t len)
{
	size_t at = 0, plain = 0;

	/* Beyond ASCII there is nothing but the inside of strings, where escapes are allowed. */
	while (at < len) {
		uint32_t code;
		size_t step = utf8_next(json + at, len - at, &code);

		if (step > 0 && (code < 0x7f || utf8_printable(code))) {
			at += step;
			continue;
		}
		buf_add(out, json + plain, at - plain);
		add_escape(out, step ? code : 0xfffd);
		at += step ? step : 1;
		plain = at;
	}
	buf_add(out, json + plain, at - plain);
}
