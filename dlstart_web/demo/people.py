"""The people of Northlight Canteens. All invented; each has one act to try."""

from dataclasses import dataclass

from dlstart_web.kit.say import say

ORGANISATION = "Northlight Canteens"


@dataclass(frozen=True)
class Person:
    """Someone to sign in as. `act` is what to try as this person, and `where` the page it begins on."""

    key: str
    name: str
    part: str
    act: str
    where: str
    is_steward: bool = False

    @property
    def email(self) -> str:
        return f"{self.key}@northlight.example"


PEOPLE = (
    Person(
        "mara",
        "Mara Lind",
        say("proposer"),
        say("answer the reviewer's question on Company oracle"),
        "/projects/company-oracle/",
    ),
    Person(
        "teo",
        "Teo Arden",
        say("data scientist"),
        say("read the ladder of Mug finder, then spend its one look"),
        "/projects/mug-finder/ladder/",
    ),
    Person(
        "ines",
        "Ines Okafor",
        say("reviewer"),
        say("read what the reviewers said about Delivery cart"),
        "/projects/delivery-cart/review/",
    ),
    Person("jonas", "Jonas Weber", say("reviewer"), say("finish the review of Company oracle"), "/reviews/"),
    Person(
        "salma",
        "Salma Moreno",
        say("reviewer"),
        say("write a first review of Company oracle; the others open when it is in"),
        "/reviews/",
    ),
    Person(
        "pia",
        "Pia Nakamura",
        say("data steward"),
        say("read the certificate of a sealed test set"),
        "/projects/mug-finder/data/",
        is_steward=True,
    ),
    Person(
        "edda",
        "Edda Brandt",
        say("director"),
        say("compare the decisions, and see what Invoice router did not cost"),
        "/projects/invoice-router/report/",
    ),
)
# There is no administrator among them: that office reaches every project of an installation, not those of the demo alone.

# The first makes the team, the others join as owners, so that each may spend its looks.
TEAMS = {
    "Dish belt": ("mara", "teo"),
    "Back office": ("teo", "mara"),
}
HANDLER = "edda"
STEWARD = "pia"
