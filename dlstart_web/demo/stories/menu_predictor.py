"""Stopped: nobody could say what an answer would be worth."""

from dlstart_web.demo.stories.parts import Exchange, Farewell, Opinion, Outcome, Story, of_example

STORY = Story(
    name="Cafeteria menu predictor",
    team="Dish belt",
    proposer="mara",
    day=75,
    form=of_example("menu-predictor"),
    asked=("ines", "jonas", "salma"),
    opinions=(
        Opinion(
            "ines",
            {
                "dataset": (3, "700 days, one more each day."),
                "reuse": (2, "One cook, one cafeteria."),
                "feasibility": (2, "Regulars are right one day in five, and nothing says a machine would know more."),
                "payoff": (1, "??? is the sum. With perfect answers people would know the menu, and nobody would act."),
                "fault_tolerance": (5, "Someone expects fish and gets lentils."),
            },
            3,
            "An honest ??? is better than an invented sum.",
            "A month of work for nothing.",
            "One person who would do something else on Monday because of the answer.",
            70,
        ),
        Opinion(
            "jonas",
            {
                "dataset": (3, "Easy to type in."),
                "reuse": (2, "Every cafeteria starts over."),
                "feasibility": (3, "Weekdays and suppliers may say something."),
                "payoff": (1, "The cook knows the answer already. Ask the cook."),
                "fault_tolerance": (5, "No harm done."),
            },
            3,
            "It is written down in ten lines.",
            "The board at eight is always right.",
            "A cook who cannot plan a day ahead.",
            70,
        ),
        Opinion(
            "salma",
            {
                "dataset": (3, "About 700 labels, all right."),
                "reuse": (1, "Nowhere else, by its own words."),
                "feasibility": (2, "People given X cannot say Y."),
                "payoff": (2, "Never estimated."),
                "fault_tolerance": (5, "Harmless."),
            },
            2,
            "Nobody can be hurt.",
            "It would be done because it is fun.",
            "A number in place of ???.",
            69,
        ),
    ),
    exchanges=(
        Exchange(
            "ines",
            72,
            "Who would do what differently if the answer were always right?",
            "mara",
            "We asked around. Nobody could name anything.",
        ),
    ),
    decision=Outcome(
        "stop",
        68,
        "Even an oracle would change nothing. Ask the cook to write the board a day earlier: that costs nothing. "
        "This reopens when someone can say what an answer would be worth.",
    ),
    plans={
        "payoff": {
            "places": "5",
            "times": "250",
            "worth": "???",
            "share": "80",
            "build": "30,000",
            "run": "5,000",
            "years": "2",
        }
    },
    grave=Farewell(
        "Everybody liked the idea and nobody would have done anything differently. Ask for the act before the data.",
        "Somebody can say what a right answer would be worth.",
        "menu, orders",
    ),
)
