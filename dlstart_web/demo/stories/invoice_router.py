"""All the way: a linear model met the level on rows nobody had seen. Simple is good enough."""

from dlstart_web.demo import digits
from dlstart_web.demo.stories.parts import Data, Exchange, Form, Opinion, Outcome, Story
from projects.core.form import Reply
from projects.core.mapping import Mapping

STORY = Story(
    name="Invoice router",
    team="Back office",
    proposer="teo",
    day=62,
    form=Form(
        Mapping(
            "picture of the desk number on an invoice",
            "picture",
            "which desk is it for?",
            "one_of",
            (
                ("box of invoice 20118, a clear 4", "desk 4", False),
                ("box of invoice 20377, a clear 0", "desk 0", False),
                ("box of invoice 20942, an 8 that may be a 3", "desk 8", True),
            ),
        ),
        "the number box of one invoice",
        "when the invoice is scanned",
        "the same day, when it is booked",
        {
            "G1": Reply(
                "Invoices arrive on paper with the number of a desk written by hand, and one in six lands on the wrong desk."
            ),
            "G2": Reply("The scanner drops the invoice into the tray of its desk; nobody sorts in the morning."),
            "G3": Reply("Two people sort by hand. 82% reach the right desk at once, counted over four weeks."),
            "G4": Reply(
                "The head of the back office owns it. Only the box with the number is kept: no names, no amounts."
            ),
            "D1": Reply("1,797 boxes with their desk, 300 more each week."),
            "D2": Reply(
                "The clerk books the invoice at a desk; that is the label. It costs nothing, a checked one 0.05."
            ),
            "D3": Reply("Two clerks read the same 300 boxes and agreed on 98%.", "tried"),
            "D4": Reply(
                "One scanner so far. The second building writes with thicker pens. "
                "Demo: the story is invented, the rows are real. They are the handwritten digits that come with scikit-learn, "
                "8 × 8 points in 64 columns; each digit is the number of a desk."
            ),
            "D5": Reply("Ours. The boxes are kept for two years."),
            "R1": Reply("Four buildings, as long as paper comes: perhaps four years."),
            "R2": Reply(
                "A form with the box in another place, about every two years. Moving the cut-out takes an hour."
            ),
            "R3": Reply("The sealed test set, and a count of how many invoices go wrong today."),
            "F2": Reply("98% from the box alone, by two clerks.", "tried"),
            "F3": Reply("X when the invoice is scanned; Y when it is booked, the same day."),
            "F4": Reply("85%. By hand it is 82%; for less than three points nobody changes the trays."),
            "F5": Reply("Post offices have read numbers for decades. We know of no rule that one could write down."),
            "P1": Reply("8,100 invoices a year would reach their desk a day earlier, and nobody would sort."),
            "P2": Reply("45,000 invoices × 18% wrong × 4.00 = 32,400 likely; 20,000 if paper halves."),
            "P3": Reply(
                "Half of it with a simple model for 3,000. A bought system with deep learning was offered at 60,000."
            ),
            "P4": Reply("The head of the back office, yes."),
            "T1": Reply("The wrong desk costs 4.00 and a day. An invoice put aside as unsure costs 0.30."),
            "T2": Reply("The clerk who opens it, within a day."),
            "T3": Reply(
                "Unsure ones go to a tray that a person sorts, tested on 100 each month; the two sorters stay for a quarter.",
                "",
                ("person", "fallback"),
            ),
            "T4": Reply("130 a week in all buildings, agreed with the head of the back office."),
        },
    ),
    asked=("ines", "jonas", "salma"),
    opinions=(
        Opinion(
            "ines",
            {
                "dataset": (4, "The label falls out of booking, and the rights are clear."),
                "reuse": (3, "Paper is going away; four years is hopeful."),
                "feasibility": (5, "Reading numbers is solved; the question is only how simply."),
                "payoff": (4, "Ten times the cost of the simple way, and less than the price of the bought one."),
                "fault_tolerance": (4, "A wrong desk costs a day."),
            },
            3,
            "The offer of 60,000 makes the comparison plain.",
            "The sum shrinks with the paper.",
            "A count of paper invoices over the last twelve months.",
            57,
        ),
        Opinion(
            "jonas",
            {
                "dataset": (4, "1,797 from one scanner; enough to begin."),
                "reuse": (4, "The same scanner stands in all four buildings."),
                "feasibility": (5, "A linear model comes close on such pictures. Try it before anything else."),
                "payoff": (3, "Two mornings of work, no more."),
                "fault_tolerance": (5, "The clerk puts it into the right tray; the old sorting stays as a fallback."),
            },
            3,
            "Nothing here needs new hardware.",
            "Thick pens in the second building.",
            "A hundred boxes from the second building.",
            56,
        ),
        Opinion(
            "salma",
            {
                "dataset": (4, "Two clerks agree on 98%."),
                "reuse": (3, "It reads one form."),
                "feasibility": (4, "Clerks can do it, and so can post offices."),
                "payoff": (3, "It pays back if it stays cheap."),
                "fault_tolerance": (4, "Unsure ones go to a person."),
            },
            2,
            "Only the box is kept, so nobody's data is at risk.",
            "People may stop checking.",
            "A month with the unsure tray counted.",
            55,
        ),
    ),
    exchanges=(
        Exchange(
            "ines",
            59,
            "Is the offer of 60,000 for one year or for all four?",
            "teo",
            "For the first year. 12,000 for each further one.",
        ),
    ),
    decision=Outcome(
        "go",
        54,
        "Try the simple models first and lock 85% now. The offer is answered when the ladder has run.",
    ),
    data=Data(
        name="Desk numbers (demo: scikit-learn digits)",
        file_name="desk_numbers.csv",
        cells=digits.desks,
        target="desk",
        metric="accuracy",
        level=0.85,
        smallest_difference=0.05,
        reason="By hand 82% reach the right desk. For less than 85% nobody changes the trays.",
        look_reason="The linear model is above the level on validation. If the checkpoint agrees, we ask for the final.",
        is_opened=True,
    ),
)
