/*
 * Who there is, in memory: rows and events in, and what they leave. The order in which rows that were
 * read and events that were followed arrive is the hard part.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/json.h"
#include "common/macros.h"
#include "daemon/people.h"

#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ADA                                                                                        \
	"{\"person\":7,\"login\":\"ada@acme.example\",\"name\":\"Ada Park\","                      \
	"\"member\":{\"tenant\":1,\"role\":\"member\",\"state\":\"active\"}}"
#define DESK                                                                                       \
	"{\"person\":8,\"login\":\"desk@example.com\",\"name\":\"Dana Desk\","                     \
	"\"staff\":{\"site\":3,\"role\":\"front_desk\",\"state\":\"active\"}}"

static int put(struct people *people, int64_t rev, const char *what, const char *text)
{
	struct cJSON *body = NULL;
	struct json_problem problem;
	int r;

	assert_int_equal(json_parse(text, strlen(text), &json_limits_reply, &body, &problem), 0);
	r = people_row(people, rev, what, body);
	json_free(body);
	return r;
}

static struct people_change apply(struct people *people, int64_t rev, const char *kind,
				  const char *text)
{
	struct cJSON *body = NULL;
	struct json_problem problem;
	struct people_change change;

	assert_int_equal(json_parse(text, strlen(text), &json_limits_reply, &body, &problem), 0);
	assert_int_equal(people_apply(people, rev, kind, body, &change), 0);
	json_free(body);
	return change;
}

static void put_token(struct people *people, int64_t rev, int64_t person, const char *id)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "{\"token\":\"%s\",\"person\":%lld,\"hash\":\"" HASH "\",\"expires\":99}", id,
		 (long long)person);
	assert_int_equal(put(people, rev, "token", text), 0);
}

/* A tenant, a member with a token and one of the staff, as of rev 10. */
static struct people *make_people(void)
{
	struct people *people = people_new();

	assert_non_null(people);
	assert_false(people_ready(people));
	people_load_begin(people);
	assert_int_equal(put(people, 10, "tenant",
			     "{\"tenant\":1,\"code\":\"acme\",\"name\":\"Acme\","
			     "\"state\":\"active\"}"),
			 0);
	assert_int_equal(put(people, 10, "person", ADA), 0);
	assert_int_equal(put(people, 10, "person", DESK), 0);
	put_token(people, 10, 7, "AAAAAAAA");
	people_load_end(people, 10);
	return people;
}

static void test_what_was_loaded_is_found_in_every_way(void **state)
{
	struct people *people = make_people();
	const struct person *ada = people_person(people, 7);
	enum role role;

	assert_true(people_ready(people));
	assert_int_equal(people_rev(people), 10);
	assert_string_equal(ada->name, "Ada Park");
	assert_ptr_equal(people_by_login(people, "ada@acme.example"), ada);
	assert_ptr_equal(people_token(people, "AAAAAAAA")->person, ada);
	assert_true(people_token(people, "AAAAAAAA")->has_hash);
	assert_string_equal(people_tenant_by_code(people, "ACME")->name, "Acme");
	assert_ptr_equal(people_tenant(people, ada->tenant_id),
			 people_tenant_by_code(people, "acme"));
	assert_true(people_role(ada, &role));
	assert_int_equal(role, ROLE_MEMBER);
	assert_true(people_role(people_person(people, 8), &role));
	assert_int_equal(role, ROLE_FRONT_DESK);
	assert_int_equal(people_person(people, 8)->site_id, 3);
	assert_null(people_person(people, 9));
	assert_null(people_by_login(people, "nobody@example.com"));
	assert_null(people_token(people, "BBBBBBBB"));
	assert_null(people_token(people, "longer than any token"));
	assert_null(people_tenant_by_code(people, "none"));
	people_free(people);
}

static void test_a_certificate_is_found_by_its_fingerprint_and_only_a_service_s(void **state)
{
	static const char row[] = "{\"token\":\"CERT0000\",\"person\":%d,\"fingerprint\":"
				  "\"%064d\",\"expires\":5000000}";
	static const uint8_t zeros[SHA256_SIZE];
	uint8_t other[SHA256_SIZE] = { 1 };
	struct people *people = make_people();
	char text[200];

	snprintf(text, sizeof(text), row, 8, 0); /* of the front desk's: that is no program */
	assert_int_equal(put(people, 11, "token", text), 0);
	assert_null(people_certificate(people, zeros));
	assert_int_equal(put(people, 12, "person",
			     "{\"person\":9,\"login\":\"reader@example.com\",\"name\":\"R\","
			     "\"staff\":{\"role\":\"service\",\"state\":\"active\"}}"),
			 0);
	snprintf(text, sizeof(text), row, 9, 0);
	assert_int_equal(put(people, 12, "token", text), 0);
	assert_non_null(people_certificate(people, zeros));
	assert_int_equal(people_certificate(people, zeros)->person->id, 9);
	assert_false(people_token(people, "CERT0000")->has_hash); /* it is nobody's secret */
	assert_null(people_certificate(people, other));
	people_free(people);
}

static void put_certificate(struct people *people, int64_t rev, int64_t person, const char *id,
			    int64_t expires)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "{\"token\":\"%s\",\"person\":%lld,\"fingerprint\":\"%064d\",\"expires\":%lld}",
		 id, (long long)person, 0, (long long)expires);
	assert_int_equal(put(people, rev, "token", text), 0);
}

static void put_service(struct people *people, int64_t rev, int64_t person)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "{\"person\":%lld,\"login\":\"reader%lld@example.com\",\"name\":\"R\","
		 "\"staff\":{\"role\":\"service\",\"state\":\"active\"}}",
		 (long long)person, (long long)person);
	assert_int_equal(put(people, rev, "person", text), 0);
}

/* One ran out and was registered for another service; whichever comes first. */
static void test_of_two_of_one_fingerprint_the_one_good_for_longer_is_found(void **state)
{
	static const uint8_t zeros[SHA256_SIZE];

	for (int first = 0; first < 2; first++) {
		struct people *people = make_people();

		put_service(people, 11, 9);
		put_service(people, 11, 10);
		put_certificate(people, 11, first ? 9 : 10, first ? "CERTOLD0" : "CERTNEW0",
				first ? 10 : 90);
		put_certificate(people, 11, first ? 10 : 9, first ? "CERTNEW0" : "CERTOLD0",
				first ? 90 : 10);
		assert_string_equal(people_certificate(people, zeros)->id, "CERTNEW0");
		apply(people, 12, "token.revoked", "{\"token\":\"CERTOLD0\",\"person\":9}");
		assert_string_equal(people_certificate(people, zeros)->id, "CERTNEW0");
		apply(people, 13, "token.revoked", "{\"token\":\"CERTNEW0\",\"person\":10}");
		assert_null(people_certificate(people, zeros));
		put_service(people, 14, 9); /* read again, and registered again */
		put_certificate(people, 14, 9, "CERTOLD0", 95);
		put_certificate(people, 14, 9, "CERTOLD0", 96);
		assert_string_equal(people_certificate(people, zeros)->id, "CERTOLD0");
		people_free(people);
	}
}

static void test_the_scope_of_a_token_comes_with_its_event_and_with_its_row(void **state)
{
	struct people *people = make_people();

	assert_int_equal(people_token(people, "AAAAAAAA")->scope, 0);
	apply(people, 11, "token.issued",
	      "{\"token\":\"CCCCCCCC\",\"person\":7,\"expires\":50,\"scope\":\"read\"}");
	assert_int_equal(people_token(people, "CCCCCCCC")->scope, 1);
	assert_int_equal(put(people, 12, "token",
			     "{\"token\":\"DDDDDDDD\",\"person\":7,\"hash\":\"" HASH
			     "\",\"expires\":9,\"scope\":\"read\"}"),
			 0);
	assert_int_equal(people_token(people, "DDDDDDDD")->scope, 1);
	assert_int_equal(put(people, 12, "token",
			     "{\"token\":\"EEEEEEEE\",\"person\":7,\"hash\":\"" HASH
			     "\",\"expires\":9,\"scope\":\"some\"}"),
			 -EBADMSG);
	people_free(people);
}

static void test_an_event_takes_effect_at_once_and_names_who_is_to_be_read_again(void **state)
{
	struct people *people = make_people();
	struct people_change change;
	enum role role;

	change =
		apply(people, 11, "member.updated",
		      "{\"person\":7,\"tenant\":1,\"role\":\"tenant_admin\",\"state\":\"active\"}");
	assert_int_equal(change.person_id, 7);
	assert_int_equal(change.tenant_id, 0);
	assert_int_equal(people_rev(people), 11);
	assert_true(people_role(people_person(people, 7), &role));
	assert_int_equal(role, ROLE_TENANT_ADMIN);
	apply(people, 12, "member.updated",
	      "{\"person\":7,\"tenant\":1,\"role\":\"member\",\"state\":\"disabled\"}");
	assert_false(people_role(people_person(people, 7), &role));
	apply(people, 13, "staff.revoked",
	      "{\"person\":8,\"site\":3,\"role\":\"front_desk\",\"state\":\"revoked\"}");
	assert_false(people_role(people_person(people, 8), &role));
	change = apply(people, 14, "tenant.updated",
		       "{\"tenant\":1,\"code\":\"acme\",\"state\":\"disabled\"}");
	assert_int_equal(change.tenant_id, 1);
	assert_int_equal(people_tenant(people, 1)->state, 1);
	change = apply(people, 15, "site.created", "{\"site\":4,\"code\":\"X\"}");
	assert_true(change.person_id == 0 && change.tenant_id == 0);
	assert_int_equal(people_rev(people), 15);
	people_free(people);
}

static void test_tokens_come_and_go_with_the_events_that_say_so(void **state)
{
	struct people *people = make_people();

	apply(people, 11, "token.issued", "{\"token\":\"CCCCCCCC\",\"person\":7,\"expires\":50}");
	assert_non_null(people_token(people, "CCCCCCCC"));
	assert_false(people_token(people, "CCCCCCCC")->has_hash); /* nobody logs in with it yet */
	apply(people, 12, "token.revoked", "{\"token\":\"AAAAAAAA\",\"person\":7}");
	assert_null(people_token(people, "AAAAAAAA"));
	apply(people, 13, "token.issued",
	      "{\"token\":\"BBBBBBBB\",\"person\":7,\"expires\":50,\"instead_of\":\"CCCCCCCC\"}");
	assert_null(people_token(people, "CCCCCCCC"));
	assert_non_null(people_token(people, "BBBBBBBB"));
	apply(people, 14, "member.invited",
	      "{\"person\":7,\"tenant\":1,\"role\":\"member\",\"state\":\"active\"}");
	assert_null(people_token(people, "BBBBBBBB"));
	apply(people, 15, "code.redeemed",
	      "{\"code\":\"DDDDDDDD\",\"token\":\"EEEEEEEE\",\"person\":8,\"expires\":50}");
	apply(people, 16, "member.disabled",
	      "{\"person\":7,\"tenant\":1,\"role\":\"member\",\"state\":\"disabled\",\"ended\":"
	      "true}");
	assert_non_null(people_token(people, "EEEEEEEE"));
	apply(people, 17, "staff.granted",
	      "{\"person\":8,\"site\":null,\"role\":\"operator\",\"state\":\"active\"}");
	assert_null(people_token(people, "EEEEEEEE"));
	assert_int_equal(people_person(people, 8)->site_id, ACTOR_ALL_SITES);
	assert_int_equal(people_token_count(people), 0);
	people_free(people);
}

static void test_rows_read_before_an_event_do_not_undo_it(void **state)
{
	struct people *people = make_people();
	enum role role;

	apply(people, 12, "token.revoked", "{\"token\":\"AAAAAAAA\",\"person\":7}");
	assert_int_equal(put(people, 11, "person", ADA), 0);
	put_token(people, 11, 7, "AAAAAAAA");
	assert_null(people_token(people, "AAAAAAAA"));
	assert_int_equal(put(people, 12, "person", ADA), 0);
	put_token(people, 12, 7, "BBBBBBBB");
	assert_non_null(people_token(people, "BBBBBBBB"));
	apply(people, 13, "staff.revoked",
	      "{\"person\":8,\"site\":3,\"role\":\"front_desk\",\"state\":\"revoked\"}");
	assert_int_equal(put(people, 12, "person", DESK), 0);
	assert_false(people_role(people_person(people, 8), &role));
	people_free(people);
}

static void test_events_that_the_rows_knew_already_do_nothing(void **state)
{
	struct people *people = make_people();

	/* read at 20: invited again at 11 and let in by a new code at 12 */
	assert_int_equal(put(people, 20, "person", ADA), 0);
	put_token(people, 20, 7, "FFFFFFFF");
	apply(people, 11, "member.invited",
	      "{\"person\":7,\"tenant\":1,\"role\":\"member\",\"state\":\"active\"}");
	apply(people, 15, "member.updated",
	      "{\"person\":7,\"tenant\":1,\"role\":\"tenant_admin\",\"state\":\"disabled\"}");
	assert_non_null(people_token(people, "FFFFFFFF"));
	assert_int_equal(people_person(people, 7)->member_state, 1);
	assert_int_equal(people_rev(people), 15);
	people_free(people);
}

static void test_a_load_takes_away_who_is_not_there_any_more_and_no_other(void **state)
{
	struct people *people = make_people();

	people_distrust(people);
	assert_false(people_ready(people));
	assert_non_null(people_person(people, 7)); /* known all the same */
	people_load_begin(people);
	assert_int_equal(put(people, 5, "person", ADA), 0); /* the log may be shorter than it was */
	/* somebody of after the snapshot, read again while it was loaded */
	assert_int_equal(put(people, 6, "person",
			     "{\"person\":9,\"login\":\"new@acme.example\",\"name\":\"N\"}"),
			 0);
	people_load_end(people, 5);
	assert_true(people_ready(people));
	assert_null(people_person(people, 8));
	assert_null(people_by_login(people, "desk@example.com"));
	assert_null(people_tenant(people, 1));
	assert_null(people_token(people, "AAAAAAAA"));
	assert_int_equal(people_count(people), 2);
	people_free(people);
}

static void test_a_login_that_changes_hands_names_one_person(void **state)
{
	struct people *people = make_people();

	assert_int_equal(put(people, 11, "person",
			     "{\"person\":8,\"login\":\"ada@acme.example\",\"name\":\"Dana\"}"),
			 0);
	assert_int_equal(people_by_login(people, "ada@acme.example")->id, 8);
	assert_null(people_by_login(people, "desk@example.com"));
	assert_int_equal(put(people, 11, "person",
			     "{\"person\":7,\"login\":\"lovelace@acme.example\",\"name\":\"Ada\"}"),
			 0);
	assert_int_equal(people_by_login(people, "lovelace@acme.example")->id, 7);
	assert_int_equal(people_by_login(people, "ada@acme.example")->id, 8);
	people_free(people);
}

static void test_rows_that_make_no_sense_are_refused(void **state)
{
	static const char *const bad[][2] = {
		{ "tenant", "{\"tenant\":1,\"code\":\"a\",\"name\":\"A\",\"state\":\"gone\"}" },
		{ "tenant", "{\"code\":\"a\",\"name\":\"A\",\"state\":\"active\"}" },
		{ "person", "{\"person\":1,\"login\":\"a@b.c\"}" },
		{ "person", "{\"person\":1,\"login\":\"a@b.c\",\"name\":\"A\","
			    "\"member\":{\"tenant\":1,\"role\":\"king\",\"state\":\"active\"}}" },
		{ "token", "{\"token\":\"AAAAAAAA\",\"person\":1,\"hash\":\"12\",\"expires\":1}" },
		{ "token",
		  "{\"token\":\"AAAAAAAAA\",\"person\":1,\"hash\":\"" HASH "\",\"expires\":1}" },
		{ "ghost", "{}" },
	};
	struct people *people = make_people();

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(put(people, 11, bad[i][0], bad[i][1]), -EBADMSG);
	people_free(people);
}

static size_t find(const struct people *people, const char *text, int64_t tenant, char *out,
		   size_t max, bool *more)
{
	const struct person *found[8];
	size_t count = people_find(people, text, tenant, found, max, more);

	*out = '\0';
	for (size_t i = 0; i < count; i++)
		sprintf(out + strlen(out), "%lld ", (long long)found[i]->id);
	return count;
}

static void test_members_are_found_by_the_beginning_of_login_or_of_a_word_of_the_name(void **state)
{
	static const struct {
		int64_t id, tenant;
		const char *login, *name;
	} rows[] = {
		{ 21, 1, "zoe@acme.example", "Zoe van Dyk" },
		{ 22, 2, "minji@hanbit.example", "김민지" },
		{ 23, 2, "van@hanbit.example", "Ivan Novak" },
		{ 24, 1, "bob@acme.example", "Bob Van" },
	};
	struct people *people = make_people();
	char text[512], got[128];
	bool more;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(text, sizeof(text),
			 "{\"person\":%lld,\"login\":\"%s\",\"name\":\"%s\",\"member\":"
			 "{\"tenant\":%lld,\"role\":\"member\",\"state\":\"active\"}}",
			 (long long)rows[i].id, rows[i].login, rows[i].name,
			 (long long)rows[i].tenant);
		assert_int_equal(put(people, 11, "person", text), 0);
	}
	find(people, "VAN", 0, got, 8, &more);
	assert_string_equal(got, "24 23 21 "); /* in order of login; not in the middle of a word */
	assert_false(more);
	find(people, "van", 1, got, 8, &more);
	assert_string_equal(got, "24 21 ");
	find(people, "van", 0, got, 2, &more);
	assert_string_equal(got, "24 23 ");
	assert_true(more);
	find(people, "김", 0, got, 8, &more);
	assert_string_equal(got, "22 ");
	find(people, "d", 0, got, 8, &more); /* the desk is no member */
	assert_string_equal(got, "21 ");
	assert_int_equal(find(people, "nobody", 0, got, 8, &more), 0);
	people_free(people);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_loaded_is_found_in_every_way),
		cmocka_unit_test(
			test_a_certificate_is_found_by_its_fingerprint_and_only_a_service_s),
		cmocka_unit_test(test_of_two_of_one_fingerprint_the_one_good_for_longer_is_found),
		cmocka_unit_test(test_the_scope_of_a_token_comes_with_its_event_and_with_its_row),
		cmocka_unit_test(
			test_an_event_takes_effect_at_once_and_names_who_is_to_be_read_again),
		cmocka_unit_test(test_tokens_come_and_go_with_the_events_that_say_so),
		cmocka_unit_test(test_rows_read_before_an_event_do_not_undo_it),
		cmocka_unit_test(test_events_that_the_rows_knew_already_do_nothing),
		cmocka_unit_test(test_a_load_takes_away_who_is_not_there_any_more_and_no_other),
		cmocka_unit_test(test_a_login_that_changes_hands_names_one_person),
		cmocka_unit_test(test_rows_that_make_no_sense_are_refused),
		cmocka_unit_test(
			test_members_are_found_by_the_beginning_of_login_or_of_a_word_of_the_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
