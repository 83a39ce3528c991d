"""Five invented proposals to read beside the form; each shows one thing the talk warns of, or none."""

from dataclasses import dataclass

from projects.core.form import Reply
from projects.core.mapping import Mapping


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
        "Coffee mug",
        "Everything a reviewer looks for is here.",
        Mapping(
            "photo from the dish belt",
            "picture",
            "is it a coffee mug?",
            "yes_no",
            (
                ("photo_0412", "yes", False),
                ("photo_1130", "no", False),
                ("photo_2207, a glass with a handle", "no", True),
            ),
        ),
        "one item passing the camera",
        "passing",
        "5 s",
        _replies(
            {"D3": "tried", "F2": "tried"},
            ("limit", "person"),
            G1="Mugs jam the tray washer about four times an hour.",
            G2="The belt arm lifts the mug off before the washer.",
            G3="A person stands at the belt and lifts them off, about 91% right.",
            G4="The canteen manager owns it. Belt staff are affected. No personal data.",
            D1="6,200 photos today, 500 more each week.",
            D2="Belt staff press a button when they lift a mug; 0.10 for each label.",
            D3="Two people labelled the same 200 photos and agreed on 95%.",
            D4="All photos are from the old belt with the old lighting. The new site opens in May.",
            D5="Our own photos, no faces, kept for two years.",
            R1="12 belts at 5 sites, for about 3 years.",
            R2="A new mug design, about twice a year. 200 new photos repair it.",
            R3="The labelled photos, and the sealed test set.",
            F2="Two of us sorted 200 photos from the picture alone and agreed with the button on 98%.",
            F3="X when the item passes; the button press follows within seconds.",
            F4="95%. Below that the arm is slower than a person.",
            F5="Sorting lines for bottles do this. Rule: a round outline plus a handle.",
            P1="96,000 jams a year would be gone.",
            P2="12 belts × 4 an hour × 2,000 h × 3 = 288,000 likely; half if the washer is replaced.",
            P3="60% of it. 90,000 in the first year, 20,000 after that.",
            P4="The canteen manager, yes.",
            T1="A miss is a jam, 3.00. A false alarm is an extra lift, 0.20.",
            T2="The washer's sensor, within 5 s.",
            T3="A weight limit on the arm, tested weekly; a stop button at the belt.",
            T4="40 for each belt, agreed with the site manager.",
        ),
    ),
    Example(
        "menu-predictor",
        "Cafeteria menu predictor",
        "The payoff is ???: even an oracle would change nothing.",
        Mapping(
            "date with the menus of the last year",
            "table",
            "tomorrow's main dish",
            "one_of",
            (("Mon 3 Nov", "lentils", False), ("Tue 4 Nov", "fish", False), ("24 Dec, closed at noon", "soup", True)),
        ),
        "one day in one cafeteria",
        "the evening before",
        "one day",
        _replies(
            {"D3": "expected", "F2": "expected"},
            ("fallback",),
            G1="Nobody knows on Monday what there is on Tuesday.",
            G2="People would know the menu a day earlier.",
            G3="The cook writes it on a board at eight. That is always right.",
            D1="700 days, one more each day.",
            D2="The board, photographed; typing one in takes a minute.",
            D3="Yes, it is written on the board.",
            D4="The supplier changed in spring.",
            R1="Nowhere: each cafeteria has its own cook.",
            R2="A new cook. Every two years.",
            F2="Regulars are right about one day in five.",
            F3="X the evening before; Y the next morning at eight.",
            F4="We do not know yet.",
            P1="People would know the menu.",
            P2="???",
            P3="???",
            T1="Somebody expects fish and gets lentils.",
            T2="Everybody, at noon.",
            T3="The board stays where it is.",
        ),
    ),
    Example(
        "delivery-cart",
        "Self-driving delivery cart",
        "Payoff 5, fault tolerance 1: it would be worth a lot, and one error can hurt someone.",
        Mapping(
            "camera picture in the corridor",
            "picture",
            "steer left, right, straight or stop",
            "one_of",
            (
                ("frame_118, empty corridor", "straight", False),
                ("frame_530, open door on the left", "stop", False),
                ("frame_877, child behind a trolley", "stop", True),
            ),
        ),
        "one picture, ten a second",
        "at once",
        "when somebody has driven past",
        _replies(
            {"D3": "unknown", "F2": "expected"},
            ("limit",),
            G1="Meals reach the wards 20 minutes late.",
            G2="The cart drives itself from the kitchen to the ward.",
            G3="Eight people push carts. One small collision a month.",
            G4="The head of logistics. Patients and visitors in the corridors are affected.",
            D1="40 hours of driving recorded; 10 more each month.",
            D2="Left over from driving by hand: the driver's steering.",
            D3="",
            D4="Recorded at night. Real corridors are full of people.",
            D5="Unknown: faces of patients are in the pictures.",
            R1="6 buildings, for years.",
            R2="Building works, every few weeks.",
            F2="A driver with the picture alone does well until somebody steps out.",
            F3="X at once; Y as the driver steers.",
            F4="Fewer collisions than people have.",
            P1="Eight people could do other work, and meals would be warm.",
            P2="8 × 45,000 = 360,000, in six buildings 2.1 million.",
            P3="70%; 900,000 to build.",
            P4="The head of logistics, yes.",
            T1="A miss runs into a person. A false alarm is a stop of two seconds.",
            T2="The person it hits.",
            T3="Walking speed only.",
        ),
    ),
    Example(
        "game-bot",
        "Game-level bot",
        "Reuse 1: every new level starts from nothing.",
        Mapping(
            "screen of the level",
            "picture",
            "which button to press",
            "one_of",
            (
                ("screen 12", "jump", False),
                ("screen 97", "run", False),
                ("screen 210, two enemies at once", "duck", True),
            ),
        ),
        "one picture of the game",
        "at once",
        "at the end of the level",
        _replies(
            {"D3": "tried", "F2": "tried"},
            ("undo",),
            G1="Testing a new level by hand takes three days.",
            G2="A bot plays the level overnight and reports where it gets stuck.",
            G3="Two testers, three days for each level.",
            D1="200,000 screens of level 1; none of level 2.",
            D2="Recordings of testers; one hour of play is 20.",
            D3="Two testers pressed the same button on 81%.",
            D4="Each level looks different and has other enemies.",
            R1="Nowhere, unchanged.",
            R2="Every new level: about 40 times a year, with new recordings and new training.",
            R3="The recordings.",
            F2="A tester can, from the picture alone.",
            F3="X at once; Y at the end of the level.",
            F4="It should finish the level in one of ten tries.",
            P1="Levels would be tested overnight.",
            P2="40 levels × 3 days × 2 people = 240 days.",
            P3="30%; retraining eats half of it.",
            T1="A stuck bot is restarted. A false finding costs ten minutes.",
            T2="The tester in the morning.",
            T3="The level can always be started again.",
        ),
    ),
    Example(
        "company-oracle",
        "Company oracle",
        "Magic goes here: no row, no X, no Y.",
        Mapping("all customer data", "table", "the best strategy", "cannot_say"),
        "",
        "",
        "",
        _replies(
            {"D3": "unknown", "F2": "unknown"},
            (),
            G1="We have a lot of data and do not use it.",
            G2="The management decides better.",
            G3="Meetings.",
            D1="Lots.",
            D2="The data will know.",
            D3="",
            D4="Unknown",
            R1="Everywhere.",
            R2="Unknown",
            F2="",
            F3="Unknown",
            F4="Unknown",
            P1="We would always do the right thing.",
            P2="Millions.",
            P3="Unknown",
            T1="Unknown",
            T2="Unknown",
            T3="The management has the last word.",
        ),
    ),
)
BY_KEY = {example.key: example for example in EXAMPLES}
