"""Seals a test set; the only module that reads its labels, and only against a spent look or an agreed opening.

A version's labels and its original file lie in their own folder, encrypted with AES-256-GCM in chunks under a key of
that version, which is wrapped with a key derived from the installation's. Nothing leaves but what `answer` and
`open_final` write down.
"""

import io
import math
import os
import shutil
import struct
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction

from datasets import selectors, store
from datasets.core import sealed_ladder
from datasets.core.budget import next_look_at
from datasets.core.sealed_ladder import LadderState, SealedScore
from datasets.models import DatasetVersion, Look, LookGate, Opening, SealedLadder, TestSet
from projects.models import Membership, Project, Team, User

CHUNK = 4 * 2**20
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # a gate that has never been used


class SealBroken(Exception):
    """What lies in the vault was changed, or is not of this installation's key."""


class Metric(Protocol):
    """What the vault needs of a metric (`evaluations.core.metrics`)."""

    @property
    def name(self) -> str: ...

    @property
    def greater_is_better(self) -> bool: ...

    def sealed(
        self,
        y: np.ndarray,
        prediction: np.ndarray,
        best_prediction: np.ndarray | None,
        *,
        floor: float,
        scale: float | None,
        groups: np.ndarray | None,
        seed: int,
    ) -> SealedScore: ...

    def from_sealed(self, value: float, scale: float | None) -> float: ...


# ---- sealing


def seal(
    version: DatasetVersion,
    *,
    labels: Mapping[str, np.ndarray],
    groups: Mapping[str, np.ndarray] | None,
    original: Path,
) -> None:
    """Encrypt the labels of the sealed parts and the original upload; once, while the version is being sealed.

    Parameters
    ----------
    version : DatasetVersion
        In state "sealing".
    labels : mapping of str to ndarray of shape (n_rows,)
        Labels of "checkpoint" and "final" in the row order of their feature files.
    groups : mapping of str to ndarray of shape (n_rows,), or None
        Which rows belong together, where units hold more than one row.
    original : Path
        The upload as it came. Whoever calls removes it from quarantine once the seal is written down.
    """
    if not DatasetVersion.objects.filter(pk=version.pk, state=DatasetVersion.State.SEALING).exists():
        raise ValueError(f"Version {version.pk} is not being sealed; only then its labels go into the vault.")
    unfinished = settings.VAULT / f".{version.pk}"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    key = AESGCM.generate_key(bit_length=256)
    _write(unfinished / "key", keywrap.aes_key_wrap(_wrapping_key(version), key))
    for tier in store.SEALED_PARTS:
        content: dict[str, np.ndarray] = {"labels": _plain(labels[tier])}
        if groups is not None:
            content["groups"] = _plain(groups[tier])
        packed = io.BytesIO()
        np.savez(packed, allow_pickle=False, **content)
        packed.seek(0)
        _encrypt(packed, unfinished / tier, key=key, what=f"{version.pk}/{tier}")
    with original.open("rb") as upload:
        _encrypt(upload, unfinished / "original", key=key, what=f"{version.pk}/original")
    place = settings.VAULT / str(version.pk)
    shutil.rmtree(place, ignore_errors=True)  # of an attempt that died before it was written down
    os.rename(unfinished, place)
    store.sync_folder(settings.VAULT)


def _plain(values: np.ndarray) -> np.ndarray:
    """Numbers as they are, everything else as text: no pickled object ever lies in the vault."""
    values = np.asarray(values)
    return values if values.dtype.kind in "fiub" else values.astype(str)


def _wrapping_key(version: DatasetVersion) -> bytes:
    """The key that wraps a version's own; another one for each version, so that keys cannot be swapped."""
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"dlstart vault {version.pk}".encode())
    return derive.derive(settings.VAULT_KEY.encode())


def _open_key(version: DatasetVersion) -> bytes:
    wrapped = (settings.VAULT / str(version.pk) / "key").read_bytes()
    try:
        return keywrap.aes_key_unwrap(_wrapping_key(version), wrapped)
    except (keywrap.InvalidUnwrap, ValueError) as fault:
        raise SealBroken(f"The key of version {version.pk} is not one of this installation.") from fault


def _write(path: Path, content: bytes) -> None:
    with _new_file(path) as file:
        file.write(content)
        _flush(file)


def _new_file(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _chunks(file: BinaryIO, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Number, content and "is the last" of each chunk; an empty file has one empty chunk."""
    number, chunk = 0, file.read(size)
    while True:
        following = file.read(size)
        yield number, chunk, not following
        if not following:
            return
        number, chunk = number + 1, following


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    # number and end are part of it: chunks cannot be swapped, and a file cannot be cut short (the STREAM construction)
    return prefix + struct.pack(">IB", number, last)


def _encrypt(source: BinaryIO, target: Path, *, key: bytes, what: str) -> None:
    cipher, prefix = AESGCM(key), os.urandom(7)
    with _new_file(target) as file:
        file.write(prefix)
        for number, chunk, last in _chunks(source, CHUNK):
            file.write(cipher.encrypt(_nonce(prefix, number, last), chunk, what.encode()))
        _flush(file)


def _decrypt(version: DatasetVersion, name: str) -> bytes:
    cipher, plain = AESGCM(_open_key(version)), []
    with (settings.VAULT / str(version.pk) / name).open("rb") as file:
        prefix = file.read(7)
        try:
            for number, chunk, last in _chunks(file, CHUNK + 16):
                plain.append(cipher.decrypt(_nonce(prefix, number, last), chunk, f"{version.pk}/{name}".encode()))
        except (InvalidTag, ValueError) as fault:
            raise SealBroken(f"{name} of version {version.pk} was changed since it was sealed.") from fault
    return b"".join(plain)


def _labels(test_set: TestSet) -> tuple[np.ndarray, np.ndarray | None]:
    """Labels and groups of a sealed tier, for `answer` and `open_final` alone."""
    with np.load(io.BytesIO(_decrypt(test_set.version, test_set.tier)), allow_pickle=False) as content:
        return content["labels"], content.get("groups", None)


# ---- a look: spent first, charged when it is answered


def spend_look(
    *,
    test_set: TestSet,
    project: Project,
    team: Team,
    user: User,
    model_name: str,
    predictions_digest: str,
    idempotency_key: str,
    reason: str = "",
    guess: float | None = None,
    now: datetime,
    zone: tzinfo = UTC,
) -> Look:
    """Spend one look of the team and of the person; NoLookLeft with the next moment if there is none.

    One transaction, granted by one conditional UPDATE of each gate. The same key returns the look it was spent as, and
    the same predictions of the same team the look they were handed in for, both uncharged.

    Raises
    ------
    PermissionDenied
        For who is not in the team, may not spend for it, or is in two teams on this data.
    NoLookLeft
        If the looks are closed, the ledger is full, or the gap of the team or the person still runs.
    """
    with transaction.atomic():
        # Everybody who wants the same rows waits here, so that what is read below stays true.
        test_set = _locked(test_set.pk)
        lineage = test_set.lineage
        _admit(test_set=test_set, project=project, team=team, user=user)
        looks = Look.objects.filter(project=project)
        same = looks.filter(idempotency_key=idempotency_key) or looks.filter(
            test_set=test_set, team=team, predictions_digest=predictions_digest
        ).exclude(state=Look.State.VOIDED)
        if same:
            return same[0]
        selectors.look_check(test_set=test_set, project=project, team=team, user=user, now=now, zone=zone)
        opens = next_look_at(now, lineage.look_gap_days)
        for owner in ({"team": team}, {"user": user}):
            LookGate.objects.bulk_create(
                [LookGate(lineage=lineage, next_look_at=LONG_AGO, **owner)], ignore_conflicts=True
            )
            gate = LookGate.objects.filter(lineage=lineage, **owner)
            if not gate.filter(next_look_at__lte=now).update(
                next_look_at=opens
            ):  # another test set of the lineage was quicker: say whose gap it is
                selectors.look_check(test_set=test_set, project=project, team=team, user=user, now=now, zone=zone)
                raise RuntimeError("A gate refused a look that the check allows.")
        return Look.objects.create(
            test_set=test_set,
            project=project,
            team=team,
            user=user,
            idempotency_key=idempotency_key,
            reason=reason,
            guess=guess,
            model_name=model_name,
            predictions_digest=predictions_digest,
            spent_at=now,
        )


def _locked(pk: int) -> TestSet:
    """The row of a test set, held until the transaction ends: all that is done with one test set happens in a row."""
    return TestSet.objects.select_for_update(of=("self",)).select_related("lineage", "version__dataset").get(pk=pk)


def _admit(*, test_set: TestSet, project: Project, team: Team, user: User) -> None:
    """PermissionDenied, with its sentence, for a person who may not spend this team's looks at this data."""
    if project.team_id != team.pk or not selectors.project_has_lineage(project, test_set.lineage_id):
        raise PermissionDenied("This test set belongs to another project.")
    membership = Membership.objects.filter(team=team, user=user.pk, left_at=None).first()
    if membership is None:
        raise PermissionDenied(f"Only members of {team} may spend its looks.")
    if membership.role != Membership.Role.OWNER and not test_set.lineage.members_may_look:
        raise PermissionDenied(f"An owner of {team} spends its looks, or allows members to.")
    teams = selectors.lineage_teams_of(user, test_set.lineage)
    if len(teams) > 1:
        names = " and ".join(str(other) for other in teams)
        raise PermissionDenied(f"You are in {names}, and both look at this data. Leave one before you spend a look.")


def answer(
    *,
    look: Look,
    predictions: np.ndarray,
    best_predictions: Callable[[Look], np.ndarray],
    metric: Metric,
    floor: float,
    scale: float | None,
    prepare: Callable[[np.ndarray], np.ndarray],
    unit_error: float | None = None,
    write: Callable[[float], str] = "{:.4g}".format,
    now: datetime,
) -> Look:
    """Charge a spent look and answer it by the sealed ladder; a look that has its answer comes back as it is.

    Parameters
    ----------
    look : Look
        Spent. Number, releases before it and the answer are written to it in this transaction.
    predictions : ndarray
        For the rows of the test set, in the order of its feature file.
    best_predictions : callable
        Fetches the stored predictions of the look that was the project's best so far; asked under the lock.
    metric : Metric
        Of the locked criterion; frozen with floor, scale, step and rungs at the project's first look at the set.
    floor, scale : float, float or None
        Score of the constant answer in the per-row form, and the bound of squared errors; used at the first look only.
    prepare : callable
        Turns the stored labels into what the metric takes as y.
    unit_error : float, optional
        See `sealed_ladder.interval`.
    write : callable
        Puts a score in the metric's own unit into words, for the sentence.
    now : datetime
        When it is answered.

    Returns
    -------
    look : Look
        With all that may be known of it.
    """
    with transaction.atomic():
        test_set = _locked(look.test_set_id)
        look = Look.objects.select_related("project").get(pk=look.pk)
        if look.state != Look.State.SPENT:
            return look
        labels, groups = _labels(test_set)
        ladder = _frozen(test_set, look.project, metric=metric, floor=floor, scale=scale, groups=groups)
        before = LadderState(
            t=test_set.looks,
            j=test_set.releases,
            best_k=ladder.best,
            eta=ladder.step,
            M=ladder.rungs,
            s0=ladder.floor,
            log2_rungs=test_set.log2_rungs,
        )
        score = metric.sealed(
            prepare(labels),
            predictions,
            best_predictions(ladder.best_look) if ladder.best_look else None,
            floor=ladder.floor,
            scale=ladder.scale,
            groups=groups,
            seed=look.pk.int % 2**32,
        )
        said = sealed_ladder.answer(
            score,
            state=before,
            write=lambda value: write(metric.from_sealed(value, ladder.scale)),
            greater_is_better=metric.greater_is_better,
            unit_error=unit_error,
        )
        in_unit = {name: _in_unit(getattr(said, name), metric, ladder) for name in ("rung", "lower", "upper")}
        if not metric.greater_is_better:
            in_unit["lower"], in_unit["upper"] = in_unit["upper"], in_unit["lower"]
        Look.objects.filter(pk=look.pk, state=Look.State.SPENT).update(
            state=Look.State.SCORED,
            scored_at=now,
            number=said.t,
            releases_before=said.j_before,
            released=said.released,
            bits=said.bits,
            sentence=said.sentence,
            **in_unit,
        )
        test_set.looks = said.t
        if said.released:
            test_set.releases += 1
            test_set.log2_rungs += math.log2(ladder.rungs)
            ladder.best, ladder.best_look = said.k, look
            ladder.save(update_fields=["best", "best_look"])
        test_set.save(update_fields=["looks", "releases", "log2_rungs"])
        look.refresh_from_db()
        return look


def _in_unit(value: float | None, metric: Metric, ladder: SealedLadder) -> float | None:
    return None if value is None else float(metric.from_sealed(value, ladder.scale))


def _frozen(
    test_set: TestSet,
    project: Project,
    *,
    metric: Metric,
    floor: float,
    scale: float | None,
    groups: np.ndarray | None,
) -> SealedLadder:
    """The project's ladder on a test set; step and rungs follow from floor and units at the first look and stay."""
    step = sealed_ladder.grid_step(test_set.rows if groups is None else len(np.unique(groups)))
    ladder, _ = SealedLadder.objects.select_related("best_look").get_or_create(
        test_set=test_set,
        project=project,
        defaults={
            "metric": metric.name,
            "floor": floor,
            "scale": scale,
            "step": step,
            "rungs": sealed_ladder.rungs(floor, step),
        },
    )
    if ladder.metric != metric.name:
        raise ValueError(f"The looks at {test_set.pk} are answered in {ladder.metric}, not in {metric.name}.")
    return ladder


def void_look(*, look: Look, sentence: str, now: datetime) -> bool:
    """Give back a look whose scorer died before the answer, and the gap with it; False if it has an answer."""
    with transaction.atomic():
        _locked(look.test_set_id)
        voided = Look.objects.filter(pk=look.pk, state=Look.State.SPENT).update(
            state=Look.State.VOIDED, scored_at=now, sentence=sentence[:300]
        )
        if not voided:
            return False
        lineage = look.test_set.lineage
        for owner in ({"team": look.team_id}, {"user": look.user_id}):
            rest = Look.objects.filter(test_set__lineage=lineage, **owner).exclude(state=Look.State.VOIDED)
            last = rest.order_by("-spent_at").values_list("spent_at", flat=True).first()
            opens = next_look_at(last, lineage.look_gap_days) or LONG_AGO
            LookGate.objects.filter(lineage=lineage, **owner, next_look_at__gt=opens).update(next_look_at=opens)
        return True


# ---- the final tier, opened once


def open_final(*, opening: Opening, score: Callable[[np.ndarray, np.ndarray | None], dict], now: datetime) -> Opening:
    """Open a final tier once, after owner and handler agreed; an opening that has its result comes back as it is.

    Parameters
    ----------
    opening : Opening
        In state "agreed"; its `alpha` already pays for pooled looks.
    score : callable
        Takes the labels and the groups, returns what may be known: the `final` of the contract, never rows.
    now : datetime
        When it is opened.
    """
    with transaction.atomic():
        test_set = _locked(opening.test_set_id)
        opening = Opening.objects.get(pk=opening.pk)
        if opening.state == Opening.State.SCORED:
            return opening
        if opening.state != Opening.State.AGREED:
            raise PermissionDenied("The final tier opens once its owner has asked and the handler has agreed.")
        opening.result = score(*_labels(test_set))
        opening.state, opening.scored_at = Opening.State.SCORED, now
        opening.save(update_fields=["result", "state", "scored_at"])
        return opening
