"""Data that comes again: which sealed versions a table shares rows with, and what they share from then on.

One lineage has one split secret, one gap between looks and one opening of the same rows, whatever the project or the
team it was uploaded for.
"""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

import numpy as np
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db.models import Model
from django.utils import timezone

from datasets import selectors, store
from datasets.core.errors import DataProblem
from datasets.core.findings import Finding
from datasets.core.lineage import SAME_FROM, SEALED, Match, Past, Places, keep, places, shares_columns
from datasets.models import Dataset, DatasetVersion, Lineage, LookGate, LookGrant, SealedLadder, TestSet
from dlstart_web.kit.say import say

Tier = TestSet.Tier


def key() -> bytes:
    """The installation's key for recognising rows; made of the vault's, so that hashes say nothing without it."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"dlstart lineage").derive(
        settings.VAULT_KEY.encode()
    )


def past(version: DatasetVersion) -> Past:
    """What a sealed version is to those that come after it."""
    tiers = {test_set.tier: test_set for test_set in version.test_sets.all()}
    final = tiers[Tier.FINAL]
    files = {part: store.part_path(version, part) for part in store.PARTS} | {"retired": store.retired_path(version)}
    files |= {test_set.part: store.part_path(version, test_set.part) for test_set in _fresh_of(version)}
    return Past(
        name=str(version.pk),
        files={part: path for part, path in files.items() if path.exists()},
        features=[column["name"] for column in version.seal.features],
        rule=version.seal.rule,
        pooled=version.seal.is_pooled,
        looked=tiers.get(Tier.CHECKPOINT, final).looks > 0,
        opened=selectors.opening_of_rows(final) is not None,
        kept=store.keys_path(version) if store.keys_path(version).exists() else None,
    )


def _fresh_of(version: DatasetVersion) -> list[TestSet]:
    return [test_set for test_set in version.test_sets.all() if test_set.tier == Tier.FRESH]


def keep_keys(version: DatasetVersion) -> None:
    """Leave keyed hashes of a version's rows, before these are destroyed; done twice it changes nothing."""
    was = past(version)
    if was.kept is not None or not was.files:
        return
    with store.work_folder(version) as folder:
        keep(was, key(), folder / "keys.parquet")
        store.put(folder / "keys.parquet", store.keys_path(version))


def kin_of(
    version: DatasetVersion, columns: Sequence[str], recognise: Callable[[list[Past]], Mapping[str, Match]]
) -> list[tuple[DatasetVersion, Match]]:
    """Sealed versions of other lineages that share a tenth of the rows or more, the latest first.

    `recognise` looks for the rows of past versions in this one, and gives a match by their names.
    """
    others = [
        other
        for other in selectors.versions_sealed_elsewhere(version)
        if shares_columns(columns, [column["name"] for column in other.seal.features])
    ]
    matches = recognise([past(other) for other in others]) if others else {}
    found = [(other, matches[str(other.pk)]) for other in others if str(other.pk) in matches]
    return [(other, match) for other, match in found if match.overlap >= SAME_FROM]


def finding_of(version: DatasetVersion, kin: Sequence[tuple[DatasetVersion, Match]]) -> Finding | None:
    """What a person is told who brings rows that are sealed already; it names nobody else's project."""
    if not kin:
        return None
    sealed = np.zeros(len(kin[0][1].masks), bool)
    for _, match in kin:
        sealed |= (match.masks & SEALED) > 0
    own = all(other.dataset.project_id == version.dataset.project_id for other, _ in kin)
    where = say("another data set of this project") if own else say("a data set of another project")
    message = say(
        "{rows:,} of these rows are sealed in {where}; they stay sealed. Both share the looks, the gap between them and "
        "the one opening.",
        rows=int(sealed.sum()),
        where=where,
    )
    return Finding("D119", "look", None, message, {"rows": int(sealed.sum())})


def lineage_to_keep(version: DatasetVersion, kin: Sequence[tuple[DatasetVersion, Match]]) -> Lineage:
    """The one that goes on: its own if something of it is sealed, else that of its kin."""
    own = version.dataset.lineage
    return kin[0][0].dataset.lineage if kin and not selectors.versions_sealed(own).exists() else own


def taken_in(
    keep: Lineage, version: DatasetVersion, kin: Sequence[tuple[DatasetVersion, Match]]
) -> list[dict[str, str]]:
    """Secret and last sealed version of every lineage that went into one, now or before: its groups keep their parts."""
    found = list(keep.merged)
    others = {other.dataset.lineage for other, _ in kin} | {version.dataset.lineage}
    for lineage in sorted(others - {keep}, key=lambda one: one.created_at):
        if last := selectors.versions_sealed(lineage).first():
            found += [{"secret": bytes(lineage.secret).hex(), "version": str(last.pk)}, *lineage.merged]
    return found


def sealed_now() -> set[int]:
    """The test sets that are sealed at this moment, fresh ones among them."""
    return set(TestSet.objects.values_list("pk", flat=True))


def refuse_if_overtaken(version: DatasetVersion, known: set[int]) -> None:
    """DataProblem if rows with such columns were sealed since `known` was asked for; holds up other seals."""
    Lineage.objects.select_for_update().order_by("created_at", "pk").first()  # one seal at a time passes here
    columns = [column["name"] for column in version.columns]
    for other in TestSet.objects.filter(pk__in=sealed_now() - known).select_related("version__seal"):
        if shares_columns(columns, [column["name"] for column in other.version.seal.features]):
            raise DataProblem(
                "SEALED_MEANWHILE",
                say(
                    "Another data set with such columns was sealed at the same time, and rows of both must be compared."
                ),
                next=say("Seal it again."),
            )


def join(keep: Lineage, version: DatasetVersion, kin: Sequence[tuple[DatasetVersion, Match]]) -> list[Model]:
    """Make one lineage of several: the longer gap, the later gate and the stricter rule hold; the rows that went."""
    keep.merged = taken_in(keep, version, kin)
    keep.save(update_fields=["merged"])
    others = {other.dataset.lineage_id for other, _ in kin} | {version.dataset.lineage_id}
    joined: list[Model] = []
    for lineage in Lineage.objects.select_for_update().filter(pk__in=others - {keep.pk}).order_by("pk"):
        if selectors.versions_sealed(lineage).exists():
            keep.look_gap_days = max(keep.look_gap_days, lineage.look_gap_days)
            keep.looks_open &= lineage.looks_open
            keep.members_may_look &= lineage.members_may_look
            keep.members_take_inputs &= lineage.members_take_inputs
            keep.save(update_fields=["look_gap_days", "looks_open", "members_may_look", "members_take_inputs"])
        for gate in lineage.gates.all():
            mine, is_new = LookGate.objects.get_or_create(
                lineage=keep, team=gate.team, user=gate.user, defaults={"next_look_at": gate.next_look_at}
            )
            if not is_new and mine.next_look_at < gate.next_look_at:
                LookGate.objects.filter(pk=mine.pk).update(next_look_at=gate.next_look_at)
        open_grants = LookGrant.objects.filter(lineage=lineage, look=None, ended_at=None)
        open_grants.update(ended_at=timezone.now())  # given for other rows
        LookGrant.objects.filter(lineage=lineage).update(lineage=keep)
        joined += [*lineage.gates.all(), lineage]
        lineage.gates.all().delete()
        TestSet.objects.filter(lineage=lineage).update(lineage=keep)
        Dataset.objects.filter(lineage=lineage).update(lineage=keep)
        Lineage.objects.filter(pk=lineage.pk).delete()
    version.dataset.lineage = keep
    return joined


def carry_wear(version: DatasetVersion, sources: dict[str, list[tuple[str, str]]]) -> None:
    """Rows that were read begin where they stood: looks, releases, ladders and the opening go on (STATISTICS 1.6).

    Test sets that have rows in common are one family and count together; fresh rows begin a family of their own.
    """
    taken: set[UUID] = set()
    for test_set in version.test_sets.order_by("tier"):  # the checkpoint first
        olds = _test_sets_of(sources.get(test_set.tier, []))
        families = dict.fromkeys(old.family for old in olds)
        # both tiers of a pooled set that nobody had looked at: the checkpoint takes its ledger, the final begins anew
        if not olds or (set(families) <= taken and not any(selectors.opening_of_rows(old) for old in olds)):
            continue
        heads = [next(old for old in olds if old.family == family) for family in families]
        taken |= set(families)
        test_set.family = heads[0].family
        for counter in ("looks", "releases", "log2_rungs"):
            setattr(test_set, counter, sum(getattr(head, counter) for head in heads))
        test_set.save()
        TestSet.objects.filter(family__in=families).update(
            family=test_set.family,
            looks=test_set.looks,
            releases=test_set.releases,
            log2_rungs=test_set.log2_rungs,
        )
        _carry_ladders(olds, test_set)


def _test_sets_of(sources: list[tuple[str, str]]) -> list[TestSet]:
    """Those of the sources that are test sets: a pooled version has a final alone."""
    found = [TestSet.objects.filter(version=UUID(name), tier=tier).first() for name, tier in sources]
    return [test_set for test_set in found if test_set is not None]


def _carry_ladders(olds: list[TestSet], new: TestSet) -> None:
    # the rung of the best stays the one to beat, and where rows of it are left, its predictions for them
    frozen = ("metric", "floor", "scale", "step", "rungs", "best")
    for old in olds:
        for ladder in old.ladders.select_related("best_on__version__dataset", "best_on__version__seal"):
            values = {name: getattr(ladder, name) for name in frozen}
            on = ladder.best_on or old
            if ladder.best_look_id and on.version.dataset.removed_at is None:
                share = float((rows_again(new, on) >= 0).mean())
                values |= {"best_look_id": ladder.best_look_id, "best_on": on, "best_share": share}
            SealedLadder.objects.get_or_create(test_set=new, project_id=ladder.project_id, defaults=values)


def rows_again(new: TestSet, old: TestSet) -> Places:
    """For each row of a test set its place in an earlier one, -1 for rows that are not in it or cannot be told apart there."""
    files = [store.part_path(each.version, each.tier) for each in (new, old)]
    features = [[column["name"] for column in each.version.seal.features] for each in (new, old)]
    return places(files[0], features[0], files[1], features[1], key())
