"""Five invented proposals to read beside the form; each shows one thing the talk warns of, or none."""

from collections.abc import Mapping as Texts
from dataclasses import dataclass, replace

from dlstart_web.kit.say import say
from projects.core.form import SECTIONS, Reply
from projects.core.mapping import Mapping
from projects.core.wording import Group, Slot, Template


@dataclass(frozen=True)
class Example:
    """A whole proposal. `replies` hold the question ids of `projects.core.form`."""

    key: str
    name: str
    lesson: str
    mapping: Mapping
    row_means: str
    known_at: str
    truth_after: str
    replies: dict[str, Reply]


def _replies(sure: dict[str, str], rails: tuple[str, ...], **texts: str) -> dict[str, Reply]:
    """Replies from texts; `sure` has the choices of the questions that ask whether it was tried."""
    replies = {question: Reply(text, sure.get(question, "")) for question, text in texts.items()}
    return replies | {"T3": Reply(texts["T3"], "", rails)}


EXAMPLES = (
    Example(
        "coffee-mug",
        say("Coffee mug"),
        say("Everything a reviewer looks for is here."),
        Mapping(
            say("photo from the dish belt"),
            "picture",
            say("is it a coffee mug?"),
            "yes_no",
            (
                ("photo_0412", say("yes"), False),
                ("photo_1130", say("no"), False),
                (say("photo_2207, a glass with a handle"), say("no"), True),
            ),
        ),
        say("one item passing the camera"),
        say("passing"),
        "5 s",
        _replies(
            {"D3": "tried", "F2": "tried"},
            ("limit", "person"),
            G1=say("Mugs jam the tray washer about four times an hour."),
            G2=say("The belt arm lifts the mug off before the washer."),
            G3=say("A person stands at the belt and lifts them off, about 91% right."),
            G4=say("The canteen manager owns it. Belt staff are affected. No personal data."),
            D1=say("6,200 photos today, 500 more each week."),
            D2=say("Belt staff press a button when they lift a mug; 0.10 for each label."),
            D3=say("Two people labelled the same 200 photos and agreed on 95%."),
            D4=say("All photos are from the old belt with the old lighting. The new site opens in May."),
            D5=say("Our own photos, no faces, kept for two years."),
            R1=say("12 belts at 5 sites, for about 3 years."),
            R2=say("A new mug design, about twice a year. 200 new photos repair it."),
            R3=say("The labelled photos, and the sealed test set."),
            F2=say("Two of us sorted 200 photos from the picture alone and agreed with the button on 98%."),
            F3=say("X when the item passes; the button press follows within seconds."),
            F4=say("95%. Below that the arm is slower than a person."),
            F5=say("Sorting lines for bottles do this. Rule: a round outline plus a handle."),
            P1=say("96,000 jams a year would be gone."),
            P2=say("12 belts × 4 an hour × 2,000 h × 3 = 288,000 likely; half if the washer is replaced."),
            P3=say("60% of it. 90,000 in the first year, 20,000 after that."),
            P4=say("The canteen manager, yes."),
            T1=say("A miss is a jam, 3.00. A false alarm is an extra lift, 0.20."),
            T2=say("The washer's sensor, within 5 s."),
            T3=say("A weight limit on the arm, tested weekly; a stop button at the belt."),
            T4=say("40 for each belt, agreed with the site manager."),
        ),
    ),
    Example(
        "menu-predictor",
        say("Cafeteria menu predictor"),
        say("The payoff is ???: even an oracle would change nothing."),
        Mapping(
            say("date with the menus of the last year"),
            "table",
            say("tomorrow's main dish"),
            "one_of",
            (
                (say("Mon 3 Nov"), say("lentils"), False),
                (say("Tue 4 Nov"), say("fish"), False),
                (say("24 Dec, closed at noon"), say("soup"), True),
            ),
        ),
        say("one day in one cafeteria"),
        say("the evening before"),
        say("one day"),
        _replies(
            {"D3": "expected", "F2": "expected"},
            ("fallback",),
            G1=say("Nobody knows on Monday what there is on Tuesday."),
            G2=say("People would know the menu a day earlier."),
            G3=say("The cook writes it on a board at eight. That is always right."),
            D1=say("700 days, one more each day."),
            D2=say("The board, photographed; typing one in takes a minute."),
            D3=say("Yes, it is written on the board."),
            D4=say("The supplier changed in spring."),
            R1=say("Nowhere: each cafeteria has its own cook."),
            R2=say("A new cook. Every two years."),
            F2=say("Regulars are right about one day in five."),
            F3=say("X the evening before; Y the next morning at eight."),
            F4=say("We do not know yet."),
            P1=say("People would know the menu."),
            P2="???",
            P3="???",
            T1=say("Somebody expects fish and gets lentils."),
            T2=say("Everybody, at noon."),
            T3=say("The board stays where it is."),
        ),
    ),
    Example(
        "delivery-cart",
        say("Self-driving delivery cart"),
        say("Payoff 5, fault tolerance 1: it would be worth a lot, and one error can hurt someone."),
        Mapping(
            say("camera picture in the corridor"),
            "picture",
            say("steer left, right, straight or stop"),
            "one_of",
            (
                (say("frame_118, empty corridor"), say("straight"), False),
                (say("frame_530, open door on the left"), say("stop"), False),
                (say("frame_877, child behind a trolley"), say("stop"), True),
            ),
        ),
        say("one picture, ten a second"),
        say("at once"),
        say("when somebody has driven past"),
        _replies(
            {"D3": "unknown", "F2": "expected"},
            ("limit",),
            G1=say("Meals reach the wards 20 minutes late."),
            G2=say("The cart drives itself from the kitchen to the ward."),
            G3=say("Eight people push carts. One small collision a month."),
            G4=say("The head of logistics. Patients and visitors in the corridors are affected."),
            D1=say("40 hours of driving recorded; 10 more each month."),
            D2=say("Left over from driving by hand: the driver's steering."),
            D3="",
            D4=say("Recorded at night. Real corridors are full of people."),
            D5=say("Unknown: faces of patients are in the pictures."),
            R1=say("6 buildings, for years."),
            R2=say("Building works, every few weeks."),
            F2=say("A driver with the picture alone does well until somebody steps out."),
            F3=say("X at once; Y as the driver steers."),
            F4=say("Fewer collisions than people have."),
            P1=say("Eight people could do other work, and meals would be warm."),
            P2=say("8 × 45,000 = 360,000, in six buildings 2.1 million."),
            P3=say("70%; 900,000 to build."),
            P4=say("The head of logistics, yes."),
            T1=say("A miss runs into a person. A false alarm is a stop of two seconds."),
            T2=say("The person it hits."),
            T3=say("Walking speed only."),
        ),
    ),
    Example(
        "game-bot",
        say("Game-level bot"),
        say("Reuse 1: every new level starts from nothing."),
        Mapping(
            say("screen of the level"),
            "picture",
            say("which button to press"),
            "one_of",
            (
                ("screen 12", say("jump"), False),
                ("screen 97", say("run"), False),
                (say("screen 210, two enemies at once"), say("duck"), True),
            ),
        ),
        say("one picture of the game"),
        say("at once"),
        say("at the end of the level"),
        _replies(
            {"D3": "tried", "F2": "tried"},
            ("undo",),
            G1=say("Testing a new level by hand takes three days."),
            G2=say("A bot plays the level overnight and reports where it gets stuck."),
            G3=say("Two testers, three days for each level."),
            D1=say("200,000 screens of level 1; none of level 2."),
            D2=say("Recordings of testers; one hour of play is 20."),
            D3=say("Two testers pressed the same button on 81%."),
            D4=say("Each level looks different and has other enemies."),
            R1=say("Nowhere, unchanged."),
            R2=say("Every new level: about 40 times a year, with new recordings and new training."),
            R3=say("The recordings."),
            F2=say("A tester can, from the picture alone."),
            F3=say("X at once; Y at the end of the level."),
            F4=say("It should finish the level in one of ten tries."),
            P1=say("Levels would be tested overnight."),
            P2=say("40 levels × 3 days × 2 people = 240 days."),
            P3=say("30%; retraining eats half of it."),
            T1=say("A stuck bot is restarted. A false finding costs ten minutes."),
            T2=say("The tester in the morning."),
            T3=say("The level can always be started again."),
        ),
    ),
    Example(
        "company-oracle",
        say("Company oracle"),
        say("Magic goes here: no row, no X, no Y."),
        Mapping(say("all customer data"), "table", say("the best strategy"), "cannot_say"),
        "",
        "",
        "",
        _replies(
            {"D3": "unknown", "F2": "unknown"},
            (),
            G1=say("We have a lot of data and do not use it."),
            G2=say("The management decides better."),
            G3=say("Meetings."),
            D1=say("Lots."),
            D2=say("The data will know."),
            D3="",
            D4=say("Unknown"),
            R1=say("Everywhere."),
            R2=say("Unknown"),
            F2="",
            F3=say("Unknown"),
            F4=say("Unknown"),
            P1=say("We would always do the right thing."),
            P2=say("Millions."),
            P3=say("Unknown"),
            T1=say("Unknown"),
            T2=say("Unknown"),
            T3=say("The management has the last word."),
        ),
    ),
)
BY_KEY = {example.key: example for example in EXAMPLES}
_ANSWER_AT_MOST = 1000


def _template(example: Example) -> Template:
    mapping = example.mapping
    pairs = [
        Slot(f"pair_{number}_{side}", say("Pair {number}, {side}", number=number, side=side.upper()), text)
        for number, (x, y, _) in enumerate(mapping.pairs, start=1)
        for side, text in (("x", x), ("y", y))
    ]
    answers = tuple(
        Group(
            section.label,
            tuple(
                Slot(question.id, question.label, example.replies[question.id].text, _ANSWER_AT_MOST)
                for question in section.questions
                if question.id in example.replies
            ),
        )
        for section in SECTIONS
    )
    return Template(
        f"example-{example.key}",
        say("Example: {name}", name=example.name),
        say("An invented proposal to read beside the form. Its ticks and kinds stay; each text may be another one."),
        (
            Group(
                say("In short"),
                (
                    Slot("name", say("Name"), example.name, 100),
                    Slot("lesson", say("What it shows"), example.lesson),
                    Slot("x", say("X"), mapping.x),
                    Slot("y", say("Y"), mapping.y),
                    Slot("row_means", say("One row means"), example.row_means),
                    Slot("known_at", say("Known at"), example.known_at),
                    Slot("truth_after", say("The truth turns up after"), example.truth_after),
                    *pairs,
                ),
            ),
            *answers,
        ),
    )


TEMPLATES = {example.key: _template(example) for example in EXAMPLES}


def reworded(example: Example, texts: Texts[str, str]) -> Example:
    """The example with the texts in force."""
    pairs = tuple(
        (texts[f"pair_{number}_x"], texts[f"pair_{number}_y"], is_hard)
        for number, (_, _, is_hard) in enumerate(example.mapping.pairs, start=1)
    )
    return replace(
        example,
        mapping=replace(example.mapping, x=texts["x"], y=texts["y"], pairs=pairs),
        replies={key: replace(reply, text=texts[key]) for key, reply in example.replies.items()},
        **{name: texts[name] for name in ("name", "lesson", "row_means", "known_at", "truth_after")},
    )
