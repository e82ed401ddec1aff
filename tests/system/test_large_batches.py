"""A lane's reply is bounded; an answer is whole all the same."""

from rpc import new_key

AMENITIES = [f"amenity-{number:02}-{'x' * 20}" for number in range(64)]


def test_what_does_not_fit_the_reply_of_a_batch_is_read_after_it(connect):
    operator = connect("operator")
    numbers = [operator.send_change("space.create", site="KSQ", code=f"BIG-{number}", kind="desk",
                                    amenities=AMENITIES) for number in range(60)]
    for number, sent in enumerate(numbers):
        space = operator.answer(sent)["space"]
        assert space["code"] == f"BIG-{number}" and space["amenities"] == AMENITIES


def test_a_retry_of_a_change_that_did_not_fit_is_answered_whole_too(connect):
    operator = connect("operator")
    keys = [new_key() for _ in range(30)]

    def create(attempt):
        sent = [operator.send("space.create", site="KSQ", code=f"BIG-{number}", kind="desk", amenities=AMENITIES,
                              key=key, attempt=attempt) for number, key in enumerate(keys)]
        return [operator.answer(number) for number in sent]

    first, second = create(1), create(2)
    for once, again in zip(first, second):
        assert again["space"] == once["space"] and again["replayed"] is True
