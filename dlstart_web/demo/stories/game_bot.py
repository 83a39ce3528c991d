"""To be revised: every new level starts from nothing."""

from dlstart_web.demo.stories.parts import Exchange, Opinion, Outcome, Story, of_example

STORY = Story(
    name="Game-level bot",
    team="Back office",
    proposer="teo",
    day=29,
    form=of_example(
        "game-bot", R1="Nowhere, unchanged. It is for the quiz game in our waiting areas, one level at a time."
    ),
    asked=("ines", "jonas", "salma"),
    opinions=(
        Opinion(
            "ines",
            {
                "dataset": (4, "200,000 screens, though of one level only."),
                "reuse": (1, "Forty levels a year, forty trainings."),
                "feasibility": (4, "Bots have finished such levels elsewhere."),
                "payoff": (3, "240 days at best; retraining eats half of what it catches."),
                "fault_tolerance": (5, "A stuck bot is started again."),
            },
            2,
            "The testers want it.",
            "The cost comes back with every level.",
            "One recording that helps with two levels.",
            25,
        ),
        Opinion(
            "jonas",
            {
                "dataset": (3, "None of level 2."),
                "reuse": (1, "The same trap as in the talk: a bot that must be trained again for each level."),
                "feasibility": (4, "Feasible for one level."),
                "payoff": (2, "30% of 240 days, and half of it lost again."),
                "fault_tolerance": (5, "The level can always be started again."),
            },
            3,
            "The numbers are honest.",
            "Forty times a year.",
            "A mapping that is true of every level: stuck, yes or no, from the last ten seconds.",
            24,
        ),
        Opinion(
            "salma",
            {
                "dataset": (3, "Two testers agree on 81%; fine for a game."),
                "reuse": (1, "By its own words nowhere."),
                "feasibility": (3, "For one level, people can."),
                "payoff": (3, "Levels tested overnight would help the team."),
                "fault_tolerance": (5, "Harmless."),
            },
            2,
            "Cheap to try on one level.",
            "It teaches the bot the level, not the game.",
            "A try on level 2 with the bot of level 1, whatever comes out.",
            23,
        ),
    ),
    exchanges=(
        Exchange(
            "jonas",
            27,
            "Could the bot say where players get stuck, and leave the playing to the testers?",
            "teo",
            "Perhaps. That mapping might hold for all levels. We would have to record differently.",
        ),
    ),
    decision=Outcome(
        "revise",
        22,
        "Write the mapping so that it is true of every level: from the last ten seconds of play, say whether the player is stuck. "
        "Recordings of three levels would show whether it carries over.",
    ),
)
