from dlstart_web.kit.drawings import axis_for, lines, round_step, ruler, strip

RUNGS = [
    {"score": None, "low": None, "high": None},
    {"score": 0.946, "low": 0.932, "high": 0.957},
    {"score": 0.884, "low": 0.865, "high": 0.901},
    {"score": 0.75, "low": 0.725, "high": 0.773},
]


def test_axis_for_covers_rows_and_level_with_round_ends():
    axis = axis_for(RUNGS, 0.95, percent=True)

    assert (axis.low_label, axis.high_label) == ("70", "100")
    assert [tick.label for tick in axis.ticks] == ["70", "75", "80", "85", "90", "", "100"]
    assert (axis.level, axis.level_at, axis.is_cut) == ("95.0", "83.33%", True)
    assert axis.at(0.946) == "82.00%"
    assert axis.at(None) == ""


def test_axis_for_nothing_and_for_one_value_has_width():
    assert (axis_for([], percent=True).low_label, axis_for([], percent=True).high_label) == ("0", "100")
    axis = axis_for([{"score": 1.0, "low": 1.0, "high": 1.0}], percent=True)
    assert axis.low < 1.0 <= axis.high <= 1.0


def test_lines_find_the_step_below_and_the_first_row_under_the_level():
    drawn = lines(RUNGS, axis_for(RUNGS, 0.9, percent=True), 0.9)

    assert [line.level_before for line in drawn] == [True, False, False, False]
    drawn = lines(RUNGS[1:], axis_for(RUNGS, 0.9, percent=True), 0.9)
    assert [line.level_before for line in drawn] == [False, True, False]
    assert [line.below_at for line in drawn] == ["61.33%", "16.67%", "0%"]


def test_lines_read_a_loss_the_other_way():
    losses = [{"score": 0.2}, {"score": 0.5}]

    drawn = lines(losses, axis_for(losses, 0.3), 0.3, greater_is_better=False)

    assert [line.level_before for line in drawn] == [False, True]


def test_round_step_is_one_two_or_five_times_a_power_of_ten():
    assert [round(round_step(width, 6), 6) for width in (0.06, 1, 12, 30, 31, 24000)] == [0.01, 0.2, 2, 5, 10, 5000]


def test_strip_draws_sixteen_bars_between_12_and_100_percent():
    bars = strip("0f" * 32)

    assert len(bars) == 16
    assert bars[0] == ("0.0%", "88.0%", "12.0%")
    assert bars[1] == ("6.25%", "0.0%", "100.0%")
    assert strip("") == []


def test_ruler_labels_its_quarters():
    marks = ruler(48)

    assert len(marks) == 25
    assert [(at, label) for at, label, _ in marks if label] == [
        ("0.00%", "0"),
        ("25.00%", "12"),
        ("50.00%", "24"),
        ("75.00%", "36"),
        ("100.00%", "48"),
    ]


def test_words_of_a_bar_stand_where_there_is_room():
    rows = [{"score": score, "low": score - 0.02, "high": score + 0.02} for score in (0.9, 0.4)]

    assert [line.is_right for line in lines(rows, axis_for(rows), None)] == [True, False]
