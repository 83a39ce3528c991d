"""What a team takes away of a run: a model card, and a script that makes the run again. Gaps are printed, never filled."""

import tempfile
import zipfile
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from datasets.models import DatasetVersion
from dlstart_web.kit import text
from evaluations.core.metrics import METRICS
from evaluations.core.rungs import RUNGS, family
from evaluations.models import KeptPoint, Run, Verdict
from evaluations.selectors.ladders import run_title
from evaluations.selectors.operating import behaviour_of, threshold_words
from evaluations.words import speech
from projects import selectors as project_selectors
from projects.models import User

GAP = "not recorded"
IN_MEMORY = 8 * 2**20  # bytes of a ZIP beyond which it goes through a file
TOLERANCE = {"simple": 1e-6, "deep": 1e-3}

SCRIPT = """\
# {title}, run {run}: makes it again and checks its score. Needs Python with dlstart {dlstart}'s packages, and the two parts:
#     python reproduce.py TRAIN.parquet VALIDATION.parquet{more}
import sys
from pathlib import Path

from evaluations.core.encoding import Encoded, encode
from evaluations.core.metrics import metric_for
from evaluations.core.recipes import RECIPES, blend, own_rule

train, validation = map(Path, sys.argv[1:3])
columns = {columns}
classes = {classes}
folder = Path("encoded-{run}")
encode(train=train, validation=validation, sealed={{}}, target={target}, task={task}, columns=columns, classes=classes, out=folder)
data, metric = Encoded.open(folder), metric_for({metric}, {task})
{fit}
score = metric.score(data.y("validation"), model.predict("validation"))
print(f"{{metric.title}} on validation: {{score:.6f}}, recorded {score:.6f}")
sys.exit(abs(score - {score!r}) > {tolerance} * max(1, abs({score!r})))
"""


def reproduce_script(run: Run, *, dlstart: str) -> str:
    """A program of twenty lines that fits the run again from the open parts and compares its validation score."""
    version = run.version
    columns = [{"name": column["name"], "kind": column["kind"]} for column in version.seal.features]
    classes = None if version.seal.classes is None else sorted(version.seal.classes)
    return SCRIPT.format(
        title=run_title(run.recipe, run.change, run.name), run=run.pk, dlstart=dlstart, columns=ascii(columns), classes=ascii(classes),
        target=ascii(version.target), task=ascii(version.task), metric=ascii(run.metric), fit=_fit_line(run),
        score=run.score, tolerance=TOLERANCE[family(run.recipe)], more=" PRETRAINED" if "pretrained" in _recipes(run) else "",
    )  # fmt: skip


def _fit_line(run: Run) -> str:
    """The lines that fit: one recipe, the team's own rule, or the members of a blend and their mixture."""
    rest = "metric=metric, report=lambda point: None)"
    if run.recipe == "own_rule":
        return f"model = own_rule.fit(data, text={run.ladder.rule!a}, {rest}"
    options = f"budget=1e6, random_state={run.ladder.seed}, {rest}"
    if run.change:
        factors = ", ".join(f"{name}={factor!r}" for name, factor in run.change.items())
        options = options.replace("metric=", f"change=Change({factors}), metric=")
        imports = "from evaluations.core.remedies import Change\n"
    else:
        imports = ""
    weights = _recipes(run)
    if "pretrained" in weights:  # the folder of its network, which only this rung takes
        options = "**({'backbone': Path(sys.argv[3])} if name == 'pretrained' else {}), " + options
    if run.recipe != "blend":
        return f"{imports}name = {run.recipe!a}\nmodel = RECIPES[name].fit(data, {options}"
    return f"weights = {weights!a}\nmembers = [RECIPES[name].fit(data, {options} for name in weights]\n" + (
        'model = blend.Blend.of(data, members, {"weights": weights})'
    )


def _recipes(run: Run) -> dict[str, float]:
    """The recipes of which a run is made, with their shares."""
    if run.recipe != "blend":
        return {run.recipe: 1.0}
    names = {rung.title: rung.name for rung in RUNGS.values()}
    return {names[title]: weight for title, weight in run.settings["weights"].items()}


def can_be_made_again(run: Run) -> str:
    """Why the script may reach another score; empty if nothing is known."""
    if "Stopped at its budget" in run.note:
        return "This run stopped at its budget, and the script has none, so it may get further than the run did."
    return ""


def model_card(run: Run, user: User, *, dlstart: str) -> str:
    """A model card in Markdown, after Mitchell et al. 2019; only what was recorded, and where nothing was, that."""
    version, says = run.version, speech(run.metric)
    proposal = project_selectors.latest_proposal(user, run.project)
    replies = project_selectors.replies_of(proposal) if proposal else {}

    def told(question: str) -> str:
        words = getattr(replies.get(question), "text", "") or ""
        return " ".join(_plain(words).split()) or GAP

    kept = KeptPoint.objects.filter(run=run).first()
    found = behaviour_of(run)
    verdict = Verdict.objects.filter(project=run.project).first()
    criterion = run.ladder.criterion
    lines = [
        f"# Model card: {_plain(run_title(run.recipe, run.change, run.name))} of {_plain(run.project.name)}",
        "",
        "## Model",
        *_facts(
            ("Run", str(run.pk)),
            ("Recipe", run.recipe),
            ("Trained", f"{run.ended_at:%Y-%m-%d %H:%M} UTC" if run.ended_at else ""),
            ("Made with", f"dlstart {dlstart}"),
            ("Seed", str(run.ladder.seed)),
            ("Settings", ", ".join(f"{name} {value}" for name, value in run.settings.items())),
            ("Remarks", run.note),
        ),
        "## Intended use",
        *_facts(
            ("Given", proposal.x if proposal else ""),
            ("It says", proposal.y if proposal else ""),
            ("Problem", told("G1")),
            ("Who acts on it", told("G2")),
            ("Where else it may serve", told("R1")),
            ("What breaks it", told("R2")),
        ),
        "## Data",
        *_facts(
            ("Version", str(version)),
            ("Rows trained on", text.thousands(run.rows_trained)),
            ("Parts", ", ".join(f"{part} {text.thousands(rows)}" for part, rows in version.seal.parts.items())),
            ("Split", version.seal.get_rule_display()),
            ("Fingerprint of train", version.seal.fingerprints.get("train", "")),
            ("Where labels come from", told("D2")),
            ("How it differs from real use", told("D4")),
            ("Rights", told("D5")),
        ),
        "## How well it does",
        *_facts(
            (says.measure.title, says.span(run.score, run.low, run.high, run.rows_validation) + " on validation"),
            ("Level asked for", f"{says.at_least} {says.number(criterion.level)}" if criterion else ""),
            ("Verdict on the sealed final rows", f"{verdict.title}. {verdict.sentence}" if verdict else ""),
            ("Operating point", f"says yes from {threshold_words(kept.threshold)}" if kept else ""),
            ("Calibration", _calibration(found)),
        ),
        "## Where it does worse",
        *_slices(found),
        "## Risks",
        *_facts(
            ("Who may be affected", told("G4")),
            ("What errors cost", told("T1")),
            ("Who notices", told("T2")),
            ("Guard rails", told("T3")),
            ("Energy and emissions", ""),
            ("Tests on groups of people", ""),
        ),
    ]
    return "\n".join(lines) + "\n"


def model_archive(run: Run, user: User, *, dlstart: str) -> IO[bytes] | None:
    """The recommended model with its encoder, card and script as a ZIP; None where the files are gone."""
    folder = settings.STORE / "runs" / str(run.pk) / "model"
    encoder = settings.STORE / "encoded" / str(run.version_id) / "encoder.json"
    if not folder.is_dir() or not encoder.is_file():
        return None
    archive = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                made.write(path, Path("model") / path.relative_to(folder))
        made.write(encoder, "encoder.json")
        made.writestr("reproduce.py", reproduce_script(run, dlstart=dlstart))
        made.writestr("model-card.md", model_card(run, user, dlstart=dlstart))
    archive.seek(0)
    return archive


def _plain(words: str) -> str:
    """One line that means nothing to Markdown or HTML."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>#|" else sign for sign in words.replace("\n", " "))


def _facts(*facts: tuple[str, str]) -> list[str]:
    return [*(f"- **{name}:** {value or GAP}" for name, value in facts), ""]


def _calibration(found: dict[str, Any] | None) -> str:
    judged = (found or {}).get("calibration")
    if judged is None:
        return ""
    said = "does not hold" if judged["is_off"] else "nothing speaks against it"
    return f"{said}: ECE {judged['ece']:.3f}, 95% point of perfect probabilities {judged['limit']:.3f}, n {judged['n']}"


def _slices(found: dict[str, Any] | None) -> list[str]:
    """The slices a card names: at 0.5, or the mean error; all that were counted."""
    slices = (found or {}).get("slices") or []
    if not found or not slices:
        return [GAP, ""]
    lines = []
    for each in slices:
        name = f"{_plain(each['column'])} = {_plain(each['value'])}"
        if found["kind"] == "binary":
            half = next((i for i, t in enumerate(found["t"]) if t >= 0.5), len(found["t"]) - 1)
            n = each["positives"] + each["negatives"]
            right = (each["tp"][half] + each["negatives"] - each["fp"][half]) / n
            lines.append(f"- {name}: {100 * right:.0f}% right at 0.50, n {n}")
        elif found["kind"] == "multiclass":
            lines.append(f"- {name}: {100 * each['right'] / each['n']:.0f}% right, n {each['n']}")
        else:
            lines.append(f"- {name}: mean error {each['mae']:.4g}, n {each['n']}")
    return [*lines, ""]


def takeaway_facts(run: Run) -> dict[str, Any]:
    """What the page of the run's files says."""
    version: DatasetVersion = run.version
    return {
        "parts": [(part, text.thousands(version.seal.parts[part])) for part in ("train", "validation")],
        "remark": can_be_made_again(run),
        "tolerance": f"{TOLERANCE[family(run.recipe)]:g}",
        "measure": METRICS[run.metric].title,
    }
