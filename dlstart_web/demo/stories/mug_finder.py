"""Reviewed, go, sealed, ladder run; one look is left, and the visitor may spend it."""

from dlstart_web.demo import digits
from dlstart_web.demo.stories.parts import Data, Exchange, Opinion, Outcome, Story, of_example

STORY = Story(
    name="Mug finder",
    team="Dish belt",
    proposer="mara",
    day=41,
    form=of_example(
        "coffee-mug",
        D1="1,797 small pictures today, 500 more each week.",
        D4=(
            "All pictures are from the old belt with the old lighting. The new site opens in May. "
            "Demo: the story is invented, the rows are real. They are the handwritten digits that come with scikit-learn, 8 × 8 points "
            "in 64 columns; a digit with a closed loop (0, 6, 8 or 9) stands for a mug, as a handle makes a loop."
        ),
    ),
    asked=("ines", "jonas", "salma"),
    opinions=(
        Opinion(
            "ines",
            {
                "dataset": (4, "Nearly two thousand labelled pictures, and more fall out of normal work each week."),
                "reuse": (4, "Twelve belts at five sites. A new mug costs 200 pictures, and the button delivers them."),
                "feasibility": (4, "Two people sorted 200 pictures and agreed with the button on 98%."),
                "payoff": (5, "The sum is shown, and the canteen manager has promised a third of the cost."),
                "fault_tolerance": (4, "A jam costs 3.00 and is noticed in five seconds."),
            },
            3,
            "Labels cost nothing: the staff press the button anyway.",
            "The likely payoff halves if the washer is replaced.",
            "A date for the new washer.",
            36,
        ),
        Opinion(
            "jonas",
            {
                "dataset": (3, "The new site has other lighting, and no picture of it exists yet."),
                "reuse": (4, "The same camera hangs over all belts."),
                "feasibility": (
                    5,
                    "Bottle sorters have done this for years, and a rule about round shapes may come close.",
                ),
                "payoff": (4, "Three times the cost in the first year, more after it."),
                "fault_tolerance": (4, "Stop button and weight limit exist today."),
            },
            2,
            "The simplest rule is written down, so we will see what a network adds.",
            "Only one lighting.",
            "Fifty pictures from the new site.",
            35,
        ),
        Opinion(
            "salma",
            {
                "dataset": (4, "Agreement was measured: 95% on 200."),
                "reuse": (3, "I trust one year, not three. Mug designs change."),
                "feasibility": (4, "People can do it from the picture alone."),
                "payoff": (4, "Jams are the first complaint of two sites."),
                "fault_tolerance": (5, "A wrong lift is undone by putting the mug back; nobody stands under the arm."),
            },
            3,
            "An error harms nobody.",
            "Someone may reach under the arm.",
            "The test protocol of the stop button.",
            34,
        ),
    ),
    exchanges=(
        Exchange(
            "jonas",
            38,
            "How many pictures are from the evening, when the hall is dark?",
            "mara",
            "About one in six. The belt has its own lamp, so they look alike; we checked twenty.",
        ),
        Exchange(
            "salma",
            37,
            "Who tests the stop button, and how often?",
            "mara",
            "The shift lead, every Monday. The list hangs at the belt.",
        ),
    ),
    decision=Outcome(
        "go",
        33,
        "Cheap labels, a sum that holds at half its size, and errors that harm nobody. Start with the simple models. "
        "Collect fifty pictures from the new site before it opens.",
    ),
    data=Data(
        name="Belt pictures (demo: scikit-learn digits)",
        file_name="belt_pictures.csv",
        cells=digits.mugs,
        target="is_mug",
        metric="accuracy",
        level=0.95,
        smallest_difference=0.01,
        reason="Below 95% the arm is slower than a person. Always saying no is right for 60%, so the share sorted right says enough.",
        today=0.91,
        people=0.98,
        looks_wanted=2,
    ),
    plans={
        "payoff": {
            "places": "12",
            "times": "8,000",
            "worth": "3.00",
            "low": "50",
            "share": "60",
            "build": "90,000",
            "run": "20,000",
            "years": "3",
        },
        "rails": {
            "wrong_1": "A mug is missed and jams the washer",
            "notices_1": "The washer's sensor, within 5 s",
            "rail_1": "Stop button at the belt",
            "tested_1": "weekly, by the site manager",
            "wrong_2": "The arm lifts what is no mug",
            "notices_2": "The person at the end of the belt",
            "rail_2": "Weight limit on the arm",
        },
    },
)
