"""In review: magic goes here. One review is in, one begun, one not."""

from dlstart_web.demo.stories.parts import Exchange, Opinion, Story, of_example

STORY = Story(
    name="Company oracle",
    team="Back office",
    proposer="mara",
    day=6,
    form=of_example("company-oracle"),
    asked=("ines", "jonas", "salma"),
    opinions=(
        Opinion(
            "ines",
            {
                "dataset": (1, "“Lots” is no count, and there is no label."),
                "reuse": (2, "“Everywhere” is not a place."),
                "feasibility": (1, "There is no row, no X and no Y. Magic goes here."),
                "payoff": (2, "“Millions” without a sum."),
                "fault_tolerance": (2, "Nobody could tell that an answer was wrong."),
            },
            3,
            "There may be a real question behind it.",
            "Much money for a wish.",
            "Three real pairs: what went in, and what a good answer would have been.",
            3,
        ),
        Opinion(
            "jonas",
            {
                "dataset": (1, "No labels and no way to get them."),
                "feasibility": (1, "Nobody can write the first pair."),
            },
            2,
            "",
            "",
            "",
            None,
        ),
    ),
    exchanges=(
        Exchange("ines", 4, "Which decision did the management take last month that an answer would have changed?"),
    ),
)
