"""On hold: payoff 5, fault tolerance 1."""

from dlstart_web.demo.stories.parts import Exchange, Opinion, Outcome, Story, of_example

STORY = Story(
    name="Delivery cart",
    team="Dish belt",
    proposer="mara",
    day=48,
    form=of_example("delivery-cart"),
    asked=("ines", "jonas", "salma"),
    opinions=(
        Opinion(
            "ines",
            {
                "dataset": (3, "Forty hours, all at night, and the rights are unknown."),
                "reuse": (4, "Six buildings for years."),
                "feasibility": (3, "Carts on marked floors exist; corridors with people are harder."),
                "payoff": (5, "2.1 million at best. A third of it would pay for everything."),
                "fault_tolerance": (1, "One wrong answer runs into a patient, and nothing stands between."),
            },
            3,
            "The sum is large even if one believes a third of it.",
            "The person it hits is the one who notices.",
            "A bumper that stops the cart, tested on a dummy.",
            44,
        ),
        Opinion(
            "jonas",
            {
                "dataset": (2, "Night corridors are not day corridors."),
                "reuse": (3, "Building works change the corridors every few weeks."),
                "feasibility": (3, "Solved elsewhere with better sensors than a camera."),
                "payoff": (5, "Eight people and warm meals; the head of logistics promised the budget."),
                "fault_tolerance": (1, "Walking speed is no guard rail for a child behind a trolley."),
            },
            3,
            "Someone wants to pay for it.",
            "Building works.",
            "A month of recordings by day.",
            43,
        ),
        Opinion(
            "salma",
            {
                "dataset": (2, "Faces of patients, and nobody has asked them."),
                "reuse": (4, "The buildings are alike."),
                "feasibility": (2, "A driver with the picture alone fails when somebody steps out."),
                "payoff": (4, "Large, if the cost is right."),
                "fault_tolerance": (1, "It can break a hip. No person checks and nothing undoes it."),
            },
            3,
            "The recordings of driving by hand are worth keeping.",
            "Harm to people who never agreed to be part of it.",
            "A person walking beside each cart for the first year, with the stops counted.",
            42,
        ),
    ),
    exchanges=(
        Exchange(
            "salma",
            46,
            "What stops the cart if the camera fails?",
            "mara",
            "Nothing yet. The driver's lever would be gone.",
        ),
    ),
    decision=Outcome(
        "hold",
        40,
        "Worth a lot, and one error can hurt someone. Not before a guard rail exists that works without the camera.",
        dissent="One reviewer would have stopped it.",
        hold_until="A bumper that stops the cart within 10 cm, tested 500 times, and the patients' consent.",
    ),
)
