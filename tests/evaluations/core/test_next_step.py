import pytest

from evaluations.core.next_step import Standing, suggest

LOW, OPEN, HIGH = Standing(0.80, 0.78, 0.82), Standing(0.90, 0.88, 0.92), Standing(0.95, 0.93, 0.97)


def _suggest(**given):
    settled = {
        "has_stop_finding": False,
        "level": 0.9,
        "simple": LOW,
        "deep": LOW,
        "deep_told_apart": False,
        "train_score": 0.85,
        "diagnosis": "CONVERGED",
    }
    return suggest(**(settled | given)).code


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"has_stop_finding": True, "simple": HIGH, "level": None}, "FIX_DATA"),
        ({"level": None}, "LOCK_CRITERION"),
        ({"criterion_locked": False, "simple": HIGH}, "LOCK_CRITERION"),
        ({"simple": HIGH, "deep": HIGH}, "SIMPLE_LOOKS_ENOUGH"),
        ({"simple": OPEN, "deep": None}, "TRY_DEEP"),
        ({"simple": LOW, "deep": HIGH, "deep_told_apart": True}, "OPEN_FINAL"),
        ({"simple": None, "deep": HIGH}, "OPEN_FINAL"),
        ({"simple": OPEN, "deep": HIGH}, "MORE_ROWS"),
        ({"simple": OPEN, "deep": LOW}, "MORE_ROWS"),
        ({"diagnosis": "GAP"}, "MORE_ROWS"),
        ({"train_score": 0.99}, "MORE_ROWS"),
        ({"diagnosis": "UNDERFIT"}, "IMPROVE_LABELS"),
        ({"train_score": None, "diagnosis": None}, "IMPROVE_LABELS"),
    ],
)
def test_the_first_step_that_fits_is_suggested(given, code):
    assert _suggest(**given) == code
