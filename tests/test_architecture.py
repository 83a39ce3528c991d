"""The house rules, kept by reading every file: who imports whom, what is banned, what must agree with what."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parent.parent
APPS = ("projects", "datasets", "evaluations")  # each may import those before it
PACKAGES = (*APPS, "dlstart_web")

# Inside an app each module imports only from its own line and the lines before it.
ORDER = (
    ("core",),
    ("models",),
    ("http", "permissions", "selectors", "catalogue", "store", "words", "ranks"),
    ("vault",),
    ("lineages",),
    (
        "limited",
        "exports",
        "ingestion",
        "training",
        "scoring",
        "forecasting",
        "inspecting",
        "predicting",
        "spreading",
        "handing_in",
    ),
    ("tasks",),
    ("services",),
    ("adapter", "middleware", "forms", "serializers"),
    ("views", "api", "templatetags"),
    ("apps", "urls", "api_urls", "management"),
)
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}

CORE_LIBRARIES = {
    "numpy",
    "pandas",
    "PIL",
    "polars",
    "soundfile",
    "pyarrow",
    "python_calamine",
    "scipy",
    "sklearn",
    "lightgbm",
    "plotly",
    "threadpoolctl",
    "skops",
}
LAZY_LIBRARIES = {"torch", "onnxruntime"}  # extras: imported where they are used
WORKER_LIBRARIES = {"pandas", "polars", "sklearn", "lightgbm", "torch", "onnxruntime"}  # 100 to 190 MB each
SPEECH = ("dlstart_web.kit.say.", "dlstart_web.kit.text.")  # what cores speak through
CLOCKS = {"time.time", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "timezone.now"}
BANNED_IMPORTS = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}
BANNED_CALLS = {"eval", "exec", "compile", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load"}
MARK_SAFE_ALLOWED = {"dlstart_web/kit/templatetags/kit.py"}  # two literals of our own
MAX_LINES = 450
LONG_FILES: dict[str, str] = {}  # path: why it is one idea all the same


@cache
def files() -> tuple[str, ...]:
    """What git tracks or would track, as paths from the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return tuple(sorted(name for name in set(names) if name and (ROOT / name).is_file()))


def sources(*packages: str) -> list[str]:
    """The Python files of these packages, migrations apart."""
    return [
        name
        for name in files()
        if name.endswith(".py") and name.split("/")[0] in packages and "/migrations/" not in name
    ]


@cache
def tree(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text(), filename=name)


def imports(name: str) -> Iterator[tuple[str, int]]:
    """(module, line) for each import; `from a import b` yields a.b, which may be a module or a name in one."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno} imports relatively; write the package out"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def room_of(dotted: str) -> str:
    """The module of an app that a dotted name lies in: projects.core.form.SECTIONS is in core."""
    return dotted.split(".")[1]


def dotted_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted_name(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Call):
            yield dotted_name(node.func), node


def test_apps_import_only_apps_below_them():
    wrong = [
        f"{name}:{line} imports {module}"
        for name in sources(*APPS)
        for module, line in imports(name)
        for app, target in [(name.split("/")[0], module.split(".")[0])]
        if (target in APPS and APPS.index(target) > APPS.index(app))
        or (target == "dlstart_web" and not module.startswith(("dlstart_web.kit", "dlstart_web.celery")))
    ]

    assert wrong == []


def test_the_kit_knows_no_app():
    wrong = [
        f"{name}:{line} imports {module}"
        for name in sources("dlstart_web")
        if name.startswith("dlstart_web/kit/")
        for module, line in imports(name)
        if module.split(".")[0] in APPS
    ]

    assert wrong == []


def test_every_module_of_an_app_has_a_room():
    rooms = {Path(name).parts[1].removesuffix(".py") for name in sources(*APPS)} - {"__init__"}

    assert rooms - set(RANK) == set(), "give the module its place in ORDER"


def test_modules_import_only_rooms_before_theirs():
    wrong = [
        f"{name}:{line} ({room}) imports {module}"
        for name in sources(*APPS)
        for room in [Path(name).parts[1].removesuffix(".py")]
        if room != "__init__"
        for module, line in imports(name)
        if module.split(".")[0] == name.split("/")[0] and RANK[room_of(module)] > RANK[room]
    ]

    assert wrong == []


def test_cores_import_only_arrays_and_cores_below():
    wrong = []
    for name in sources(*APPS):
        app, room = Path(name).parts[:2]
        if room != "core":
            continue
        below = APPS[: APPS.index(app) + 1]
        for module, line in imports(name):
            package = module.split(".")[0]
            is_core = package in below and room_of(module) == "core"
            allowed = package in sys.stdlib_module_names or package in CORE_LIBRARIES | LAZY_LIBRARIES
            if not (allowed or is_core or module.startswith(SPEECH)):
                wrong.append(f"{name}:{line} imports {module}")

    assert wrong == []


def test_cores_read_no_clock_and_no_global_random_state():
    wrong = [
        f"{name}:{call.lineno} calls {called}"
        for name in sources(*APPS)
        if Path(name).parts[1] == "core"
        for called, call in calls(name)
        if ".".join(called.split(".")[-2:]) in CLOCKS
        or called.startswith("random.")
        or re.fullmatch(r"(np|numpy)\.random\.(?!default_rng|Generator|PCG64|SeedSequence|Philox)\w+", called)
    ]

    assert wrong == []


def test_no_function_imports():
    wrong = [
        f"{name}:{node.lineno}"
        for name in sources(*PACKAGES)
        for function in ast.walk(tree(name))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
        and not {(getattr(node, "module", None) or node.names[0].name).split(".")[0]} <= LAZY_LIBRARIES
    ]

    assert wrong == []


def test_package_files_of_the_apps_are_empty():
    wrong = [app for app in APPS if (ROOT / app / "__init__.py").read_text().strip()]

    assert wrong == [], "a core must import without settings"


def test_pages_and_api_load_no_worker_library():
    code = (
        "import django, sys; django.setup(); from django.urls import get_resolver; get_resolver().url_patterns; "
        "[p.url_patterns for p in get_resolver().url_patterns if hasattr(p, 'url_patterns')]; "
        f"print(*sorted({WORKER_LIBRARIES!r} & set(sys.modules)))"
    )

    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert answer.stdout.split() == []


def test_modules_are_of_one_idea_and_so_short():
    lengths = {name: len((ROOT / name).read_text().splitlines()) for name in sources(*PACKAGES)}

    assert {name: n for name, n in lengths.items() if n > MAX_LINES and name not in LONG_FILES} == {}
    assert [name for name in LONG_FILES if lengths.get(name, 0) <= MAX_LINES] == []


def test_nothing_banned_is_imported_or_called():
    wrong = []
    for name in sources(*PACKAGES):
        wrong += [f"{name}:{line} {module}" for module, line in imports(name) if module.split(".")[0] in BANNED_IMPORTS]
        for called, call in calls(name):
            shell = any(keyword.arg == "shell" for keyword in call.keywords)
            unpacks = called.endswith((".extractall", ".extract_all"))
            marks = called.endswith("mark_safe") and name not in MARK_SAFE_ALLOWED
            if called in BANNED_CALLS or shell or unpacks or marks:
                wrong.append(f"{name}:{call.lineno} {called}")

    assert wrong == []


def test_mark_safe_is_given_only_our_own_literals():
    def is_literal(node: ast.expr) -> bool:
        if isinstance(node, ast.IfExp):
            return is_literal(node.body) and is_literal(node.orelse)
        return isinstance(node, ast.Constant)

    wrong = [
        f"{name}:{call.lineno}"
        for name in MARK_SAFE_ALLOWED
        for called, call in calls(name)
        if called == "mark_safe" and not all(is_literal(argument) for argument in call.args)
    ]

    assert wrong == []


def test_no_serializer_hands_out_all_fields():
    wrong = [
        f"{name}:{node.lineno}"
        for name in sources(*PACKAGES)
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Constant) and node.value == "__all__"
    ]

    assert wrong == []


# Written in pieces, so that this file does not find itself.
MACHINE = re.compile(
    r"(?<![\w.}<-])/(?:wo" r"rk|tm" r"p|ro" r"ot|ho" r"me)/(?!nonexistent)\w"
    r"|pypi\." r"org|python" r"hosted|registry\.npm" r"js|deb\.deb" r"ian|--index" r"-url|--extra-index" r"-url"
)  # fmt: skip


def test_no_file_names_a_machine_or_a_registry():
    wrong = []
    for name in files():
        try:
            lines = (ROOT / name).read_text().splitlines()
        except UnicodeDecodeError:  # a picture or a font
            continue
        wrong += [
            f"{name}:{number}: {line.strip()[:100]}" for number, line in enumerate(lines, 1) if MACHINE.search(line)
        ]

    assert wrong == []


def test_locks_hold_hashes_and_no_addresses():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        pins = re.findall(r"^[A-Za-z0-9_.\[\]-]+==\S+", text, flags=re.M)

        assert "://" not in text, name
        assert len(pins) > 50, name
        assert all("--hash=sha256:" in block for block in re.split(r"^(?=[A-Za-z])", text, flags=re.M)[1:]), name


TEMPLATES = [name.removeprefix("templates/") for name in files() if name.startswith("templates/")]
PAGES = [name for name in TEMPLATES if name.endswith(".html")]


@pytest.mark.parametrize("name", PAGES)
def test_template_compiles_and_finds_its_parts(name):
    text = (ROOT / "templates" / name).read_text()
    parts = re.findall(r"{%\s*(?:include|extends)\s+[\"']([^\"']+)[\"']", text)

    get_template(name)
    missing = [part for part in parts if not is_template(part)]

    assert missing == []


def is_template(name: str) -> bool:
    try:
        get_template(name)
    except TemplateDoesNotExist:
        return False
    return True


INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:|\shx-on|\|safe\b|{%\s*autoescape off",
    flags=re.I,
)


@pytest.mark.parametrize("name", PAGES)
def test_template_has_nothing_inline_and_escapes_all(name):
    lines = enumerate((ROOT / "templates" / name).read_text().splitlines(), 1)

    assert [f"{number}: {line.strip()[:100]}" for number, line in lines if INLINE.search(line)] == []


def url_names(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from url_names(pattern.url_patterns, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix)
        elif pattern.name:
            yield prefix + pattern.name


def test_only_the_vault_reaches_into_its_box():
    wrong = [
        f"{name}:{line} imports {module}"
        for name in sources(*PACKAGES)
        if not name.startswith("datasets/vault/")
        for module, line in imports(name)
        if re.match(r"datasets\.vault\.(box|looks|opening)", module)
    ]

    assert wrong == []


def test_templates_name_only_addresses_that_exist():
    known = set(url_names(get_resolver().url_patterns))
    wrong = [
        f"templates/{name} names {url}"
        for name in PAGES
        for url in re.findall(r"{%\s*url\s+[\"']([^\"']+)[\"']", (ROOT / "templates" / name).read_text())
        if url not in known
    ]

    assert wrong == []


@pytest.mark.parametrize("name", [name for name in files() if name.endswith(".md")])
def test_document_links_to_what_exists(name):
    text = (ROOT / name).read_text()
    links = re.findall(r"(?<!!)\[[^]]*\]\(([^)\s]+)\)", text)
    targets = [target.split("#")[0] for target in links if "://" not in target]

    assert [target for target in targets if target and not (ROOT / name).parent.joinpath(target).exists()] == []


def test_readme_shows_a_real_screenshot():
    [picture] = re.findall(r"!\[[^]]+\]\(([^)]+)\)", (ROOT / "README.md").read_text())

    head = (ROOT / picture).read_bytes()[:24]

    assert (head[:8], int.from_bytes(head[16:20]) >= 800) == (b"\x89PNG\r\n\x1a\n", True)


def test_no_secret_and_no_data_is_tracked():
    command = ["git", "ls-files", "-z"]
    tracked = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")

    assert [
        name for name in tracked if name.startswith(("var/", ".keys/")) or name.endswith(("_key", ".sqlite3"))
    ] == []


def test_tests_run_on_a_folder_of_their_own():
    assert str(ROOT) not in os.environ["DLSTART_DATA"]
