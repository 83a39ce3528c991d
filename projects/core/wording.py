"""Templates: texts that came with dlstart, which administrators may write anew. A version holds only what differs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from dlstart_web.kit.say import joined, say


@dataclass(frozen=True)
class Slot:
    """One text. `usual` came with dlstart and is read in each reader's language, "" where nothing did."""

    name: str
    label: str
    usual: str = ""
    most: int = 200  # characters
    choices: Mapping[str, str] | None = None

    def words(self, text: str) -> str:
        """A text as people read it."""
        return self.choices.get(text, text) if self.choices else text


@dataclass(frozen=True)
class Group:
    """Texts that belong together, under a heading."""

    label: str
    slots: tuple[Slot, ...]
    note: str = ""


@dataclass(frozen=True)
class Template:
    """What may be written anew at once. `check` maps texts that cannot stand, by slot, to what is wrong with them."""

    key: str
    title: str
    about: str
    groups: tuple[Group, ...]
    check: Callable[[Mapping[str, str]], dict[str, str]] = lambda texts: {}

    @cached_property
    def slots(self) -> dict[str, tuple[str, Slot]]:
        """Each with a label that tells it from all others."""
        return {
            slot.name: (joined(": ", [group.label, slot.label]), slot) for group in self.groups for slot in group.slots
        }


@dataclass(frozen=True)
class Wording:
    """One version of a template; number 1, without own texts, came with dlstart."""

    template: Template
    number: int = 1
    own: Mapping[str, str] = field(default_factory=dict)

    @property
    def texts(self) -> dict[str, str]:
        """All texts in force."""
        return {name: self.own.get(name) or slot.usual for name, (_, slot) in self.template.slots.items()}

    def differences_from(self, before: "Wording") -> list[tuple[str, str, str]]:
        """What is different: label, text before, text now."""
        old, new = before.texts, self.texts
        return [
            (label, slot.words(old[name]), slot.words(new[name]))
            for name, (label, slot) in self.template.slots.items()
            if old[name] != new[name]
        ]

    def changes_from(self, before: "Wording") -> list[str]:
        """What is different, by label."""
        return [joined("", [label, "."]) for label, _, _ in self.differences_from(before)]

    def problems(self) -> dict[str, str]:
        """What cannot stand, by slot."""
        found: dict[str, str] = {}
        for name, text in self.own.items():
            label, slot = self.template.slots[name]
            if len(text) > slot.most:
                found[name] = say(
                    "{label}: {found:,} characters; at most {most:,} are kept. Shorten it.",
                    label=label,
                    found=len(text),
                    most=slot.most,
                )
            elif slot.choices and text not in slot.choices:
                found[name] = say("{label}: choose one of those shown.", label=label)
        return self.template.check(self.texts) | found


def next_wording(before: Wording, wanted: Mapping[str, str]) -> Wording:
    """The version after `before` with the wanted texts, of which "" and the usual one are the usual one."""
    own: dict[str, str] = {}
    for name, (_, slot) in before.template.slots.items():
        text = wanted.get(name, "").replace("\r\n", "\n").strip()
        if text not in ("", slot.usual, str(slot.usual)):
            own[name] = text
    return Wording(before.template, before.number + 1, own)
