from projects.core.portfolio import Asked, cut

ORDER = [
    Asked("router", 8), Asked("mug", 90), Asked("shift", 40), Asked("cart", 2_100), Asked("oracle", None),
    Asked("bot", 60, is_blocked=True), Asked("small", 5),
]  # fmt: skip


def test_the_cut_takes_what_fits_in_order_and_names_what_falls_out():
    made = cut(ORDER, 200)

    assert (made.fits, made.out, made.left) == (("router", "mug", "shift", "small"), ("cart",), 57)
    assert (made.blocked, made.unknown) == (("bot",), ("oracle",))


def test_without_money_all_that_costs_falls_out():
    made = cut([*ORDER, Asked("free", 0)], 0)

    assert (made.fits, made.left) == (("free",), 0)
    assert len(made.out) == 5
