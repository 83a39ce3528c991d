"""The people of Northlight Canteens. All invented; each has one act to try."""

from dataclasses import dataclass

ORGANISATION = "Northlight Canteens"


@dataclass(frozen=True)
class Person:
    """Someone to sign in as. `act` is what to try as this person."""

    key: str
    name: str
    part: str
    act: str
    is_steward: bool = False

    @property
    def email(self) -> str:
        return f"{self.key}@northlight.example"


PEOPLE = (
    Person("mara", "Mara Lind", "proposer", "answer the reviewer's question on Company oracle"),
    Person("teo", "Teo Arden", "data scientist", "read the ladder of Mug finder, then spend its one look"),
    Person("ines", "Ines Okafor", "reviewer", "read what the reviewers said about Delivery cart"),
    Person("jonas", "Jonas Weber", "reviewer", "finish the review of Company oracle"),
    Person(
        "salma", "Salma Moreno", "reviewer", "write a first review of Company oracle; the others open when it is in"
    ),
    Person("pia", "Pia Nakamura", "data steward", "read the certificate of a sealed test set", is_steward=True),
    Person("edda", "Edda Brandt", "director", "compare the decisions, and see what Invoice router did not cost"),
)
# There is no administrator among them: that office reaches every project of an installation, not those of the demo alone.

# The first makes the team, the others join as owners, so that each may spend its looks.
TEAMS = {
    "Dish belt": ("mara", "teo"),
    "Back office": ("teo", "mara"),
}
HANDLER = "edda"
STEWARD = "pia"
