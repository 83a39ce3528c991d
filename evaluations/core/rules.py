"""Your own rule: an expression over columns, read by Python's parser and evaluated by us, never by Python.

    weight > 200 and handle == "yes"
    "mug" if col("net weight") > 200 else "plate"
    3 * width + 2

Numbers take + - * / and comparisons, categories == != and `in [...]`, dates comparisons with "2024-01-31"; `and`, `or`,
`not` and `a if test else b` combine them; `missing(column)` asks for a gap. A comparison with a gap is never true.
"""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dlstart_web.kit.say import say
from evaluations.core.errors import EvaluationProblem

Array = NDArray[Any]

LONGEST = 2_000
MOST_PARTS = 300
ARITHMETIC: dict[type, Callable[[Array, Array], Array]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
COMPARISONS: dict[type, Callable[[Array, Array], Array]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
KINDS = {"number": "number", "boolean": "number", "category": "category", "text": "category", "date": "date"}


class RuleProblem(EvaluationProblem):
    """The rule cannot be read; the message names the place and what was found there."""


class Values(Protocol):
    """Columns of some rows."""

    def __len__(self) -> int: ...
    def number(self, name: str) -> Array:
        """float32, NaN where missing."""

    def category(self, name: str, value: str) -> Array:
        """True where the column holds the value."""

    def days(self, name: str) -> Array:
        """Days since 1970, NaN where missing."""

    def missing(self, name: str) -> Array: ...


@dataclass(frozen=True)
class Part:
    """A piece of a rule: "number", "truth", "answer" (a class), or a "category" or "date" column or a "text" to compare."""

    type: str
    of: Callable[[Values], Array]
    word: str = ""


@dataclass(frozen=True)
class Rule:
    """A rule that was read. Its answers are class codes, or numbers."""

    text: str
    answers: Callable[[Values], Array]


def parse(text: str, columns: Mapping[str, str], task: str, classes: Sequence[str] | None) -> Rule:
    """Read a rule against the columns (name -> kind) and the classes in the order of their codes.

    In a binary task a rule may be true or false: true means the second class. With classes it may also name them, for a
    number it gives one.

    Raises
    ------
    RuleProblem
        With the place, what was found and what may stand there.
    """
    if len(text) > LONGEST:
        raise RuleProblem(
            say("The rule has {length:,} characters; {most:,} are the most.", length=len(text), most=LONGEST)
        )
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as problem:
        raise RuleProblem(
            say("The rule cannot be read at character {place}: {error}.", place=problem.offset or 1, error=problem.msg)
        ) from problem
    except (ValueError, RecursionError, MemoryError) as problem:
        raise RuleProblem(
            say("The rule cannot be read: it is nested too deeply or holds a character that no rule has.")
        ) from problem
    if (parts := sum(1 for _ in ast.walk(tree))) > MOST_PARTS:
        raise RuleProblem(say("The rule has {parts} parts; {most} are the most.", parts=parts, most=MOST_PARTS))
    reader = _Reader(columns, [] if classes is None else list(classes))
    found = reader.read(tree)
    if task == "regression":
        return Rule(text, reader.wanted(found, "number", tree).of)
    if found.type == "truth" and task == "binary":
        return Rule(text, lambda values: found.of(values).astype(int))
    if found.type == "truth":
        raise RuleProblem(
            say(
                "The rule is true or false, and there are {count} classes. Name them, as in {example}.",
                count=len(reader.classes),
                example=_example(reader.classes),
            )
        )
    return Rule(text, reader.wanted(found, "answer", tree).of)


def _example(classes: Sequence[str]) -> str:
    return f'\'"{classes[0]}" if … else "{classes[-1]}"\''


class _Reader:
    """Turns nodes of Python's syntax tree into parts; anything not named here is refused."""

    def __init__(self, columns: Mapping[str, str], classes: list[str]) -> None:
        self.columns, self.classes = columns, classes

    def read(self, node: ast.expr) -> Part:
        match node:
            case ast.Name() | ast.Call():
                return self._name(node)
            case ast.Constant(value=bool() as truth):
                return Part("truth", lambda values: np.full(len(values), truth))
            case ast.Constant(value=int() | float() as number):
                return self._number(number, node)
            case ast.Constant(value=str() as word):
                return Part("text", lambda values: np.empty(0), word)
            case ast.BoolOp(op=op, values=operands):
                combine = np.logical_and if isinstance(op, ast.And) else np.logical_or
                parts = [self.wanted(self.read(each), "truth", each) for each in operands]
                return Part("truth", lambda values: combine.reduce([part.of(values) for part in parts]))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                part = self.wanted(self.read(operand), "truth", operand)
                return Part("truth", lambda values: ~part.of(values))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                part = self.wanted(self.read(operand), "number", operand)
                return Part("number", lambda values: -part.of(values))
            case ast.BinOp(op=op) if type(op) in ARITHMETIC:
                return self._arithmetic(node)
            case ast.Compare():
                return self._comparisons(node)
            case ast.IfExp():
                return self._choice(node)
        raise RuleProblem(
            say("{place}: '{part}' is nothing that a rule may hold.", place=_place(node), part=ast.unparse(node))
        )

    def wanted(self, part: Part, kind: str, node: ast.expr) -> Part:
        """The part as this type: a yes-or-no column may stand for its truth, a text for the class of its name."""
        if part.type == kind:
            return part
        if kind == "truth" and part.type == "number" and self.columns.get(part.word) == "boolean":
            return Part("truth", lambda values: part.of(values) == 1)
        if kind == "answer" and part.type == "text":
            if part.word not in self.classes:
                known = ", ".join(f"'{name}'" for name in self.classes[:10])
                raise RuleProblem(
                    say(
                        "{place}: '{word}' is no class. The classes are {known}.",
                        place=_place(node),
                        word=part.word,
                        known=known,
                    )
                )
            code = self.classes.index(part.word)
            return Part("answer", lambda values: np.full(len(values), code))
        words = {
            "truth": say("something true or false"),
            "number": say("a number"),
            "answer": say("a class in quotation marks"),
        }
        raise RuleProblem(
            say(
                "{place}: '{part}' is not {wanted}, which is needed there.",
                place=_place(node),
                part=ast.unparse(node),
                wanted=words[kind],
            )
        )

    def _number(self, value: float, node: ast.expr) -> Part:
        try:
            shown = np.float32(value)
        except OverflowError:
            shown = np.float32(np.inf)
        if not np.isfinite(shown):
            raise RuleProblem(say("{place}: the number is too large.", place=_place(node)))
        return Part("number", lambda values: np.full(len(values), shown))

    def _name(self, node: ast.Name | ast.Call) -> Part:
        if isinstance(node, ast.Name):
            return self._column(node.id, node)
        called = node.func.id if isinstance(node.func, ast.Name) else ""
        if called not in ("col", "missing") or len(node.args) != 1 or node.keywords:
            raise RuleProblem(
                say(
                    "{place}: '{part}' is not col(\"name\") or missing(name).",
                    place=_place(node),
                    part=ast.unparse(node),
                )
            )
        argument = node.args[0]
        if called == "col":
            if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                raise RuleProblem(
                    say("{place}: col takes the name of a column in quotation marks.", place=_place(node))
                )
            return self._column(argument.value, node)
        column = self.read(argument)
        if column.word not in self.columns or column.type == "text":
            raise RuleProblem(say("{place}: missing takes a column.", place=_place(argument)))
        return Part("truth", lambda values: values.missing(column.word))

    def _column(self, name: str, node: ast.expr) -> Part:
        if name not in self.columns:
            known = ", ".join(list(self.columns)[:20])
            raise RuleProblem(
                say(
                    "{place}: there is no column '{name}'. The columns are {known}.",
                    place=_place(node),
                    name=name,
                    known=known,
                )
            )
        match KINDS.get(self.columns[name]):
            case "number":
                return Part("number", lambda values: values.number(name), name)
            case "date":
                return Part("date", lambda values: values.days(name), name)
            case "category":
                return Part("category", lambda values: np.empty(0), name)
        raise RuleProblem(
            say(
                "{place}: no rule can read the column '{name}', which is {kind}.",
                place=_place(node),
                name=name,
                kind=self.columns[name],
            )
        )

    def _arithmetic(self, node: ast.BinOp) -> Part:
        left, right = (self.wanted(self.read(each), "number", each) for each in (node.left, node.right))
        compute = ARITHMETIC[type(node.op)]

        def of(values: Values) -> Array:
            with np.errstate(all="ignore"):
                return compute(left.of(values), right.of(values))

        return Part("number", of)

    def _comparisons(self, node: ast.Compare) -> Part:
        sides = [node.left, *node.comparators]
        parts = [self._comparison(left, op, right) for left, op, right in zip(sides, node.ops, sides[1:], strict=False)]
        return Part("truth", lambda values: np.logical_and.reduce([part.of(values) for part in parts]))

    def _comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Part:
        if isinstance(op, ast.In | ast.NotIn):
            return self._among(left, right, negated=isinstance(op, ast.NotIn))
        if type(op) not in COMPARISONS:
            raise RuleProblem(say("{place}: a rule compares with < <= > >= == != or in.", place=_place(right)))
        a, b = self.read(left), self.read(right)
        compare = COMPARISONS[type(op)]
        if {a.type, b.type} == {"category", "text"}:
            if not isinstance(op, ast.Eq | ast.NotEq):
                raise RuleProblem(say("{place}: a category is compared with == != or in.", place=_place(right)))
            column, word = (a.word, b.word) if a.type == "category" else (b.word, a.word)
            return self._is(column, [word], negated=isinstance(op, ast.NotEq))
        if "date" in (a.type, b.type):
            a, b = self._days(a, left), self._days(b, right)
        else:
            a, b = self.wanted(a, "number", left), self.wanted(b, "number", right)

        def of(values: Values) -> Array:
            one, other = a.of(values), b.of(values)
            return compare(one, other) & ~np.isnan(one) & ~np.isnan(other)

        return Part("truth", of)

    def _days(self, part: Part, node: ast.expr) -> Part:
        if part.type == "date":
            return part
        try:
            days = (date.fromisoformat(part.word) - date(1970, 1, 1)).days
        except ValueError as problem:
            raise RuleProblem(
                say('{place}: a date is compared with a date such as "2024-01-31".', place=_place(node))
            ) from problem
        return Part("date", lambda values: np.full(len(values), float(days)))

    def _among(self, left: ast.expr, right: ast.expr, *, negated: bool) -> Part:
        column = self.read(left)
        items = right.elts if isinstance(right, ast.List | ast.Tuple) else []
        words = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        if column.type != "category" or not items or len(words) != len(items):
            raise RuleProblem(
                say(
                    '{place}: `in` takes a category and values in quotation marks, as in colour in ["red", "blue"].',
                    place=_place(right),
                )
            )
        return self._is(column.word, words, negated=negated)

    def _is(self, column: str, words: list[str], *, negated: bool) -> Part:
        def of(values: Values) -> Array:
            found = np.logical_or.reduce([values.category(column, word) for word in words])
            return np.asarray(~found & ~values.missing(column) if negated else found)

        return Part("truth", of)

    def _choice(self, node: ast.IfExp) -> Part:
        test = self.wanted(self.read(node.test), "truth", node.test)
        yes, no = self.read(node.body), self.read(node.orelse)
        kind = "answer" if "text" in (yes.type, no.type) or "answer" in (yes.type, no.type) else yes.type
        if kind not in ("answer", "number", "truth"):
            raise RuleProblem(
                say("{body}: '{body_2}' is no answer.", body=_place(node.body), body_2=ast.unparse(node.body))
            )
        yes, no = self.wanted(yes, kind, node.body), self.wanted(no, kind, node.orelse)
        return Part(kind, lambda values: np.where(test.of(values), yes.of(values), no.of(values)))


def _place(node: ast.expr) -> str:
    return say("At character {place} of the rule", place=node.col_offset + 1)
