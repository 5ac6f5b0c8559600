"""Mutants of a module: its source with one small fault, made by the operators of cosmic-ray."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

import parso
from cosmic_ray.ast import ast_nodes
from cosmic_ray.operators.provider import OperatorProvider

# Of the replacements of an operator those that leave a program: no `<<` between floats.
OPERATORS = (
    "AddNot",
    "NumberReplacer",
    "ReplaceAndWithOr",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ReplaceFalseWithTrue",
    "ReplaceOrWithAnd",
    "ReplaceTrueWithFalse",
    "ZeroIterationForLoop",
    *(f"ReplaceUnaryOperator_Delete_{name}" for name in ("Invert", "Not", "USub")),
    *(
        f"ReplaceBinaryOperator_{pair}"
        for pair in (
            *("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul", "Mod_FloorDiv", "Pow_Mul"),
            *("BitAnd_BitOr", "BitOr_BitAnd", "BitXor_BitOr"),
        )
    ),
    *(
        f"ReplaceComparisonOperator_{pair}"
        for pair in (
            *("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is"),
            *("Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt"),
        )
    ),
)

Place = tuple[int, int]
"""Line and column."""


@dataclass(frozen=True)
class Mutant:
    """A faulty module.

    Parameters
    ----------
    code
        All of it.
    statement
        First and last line of the statement with the fault.
    at, line
        The number of the line with the fault, and the line.
    """

    code: CodeType
    statement: tuple[int, int]
    at: int
    line: str


@dataclass(frozen=True)
class Fault:
    """What a fault is made by, which node of the tree it is made in, which of several there, and where."""

    operator: str
    node: int
    index: int
    start: Place


def faults(source: str) -> list[Fault]:
    """Return every fault that can be made in a source, in the order of their places."""
    left_out = list(_left_out(ast.parse(source)))
    nodes = list(ast_nodes(parso.parse(source)))
    found = (
        Fault(name, at, index, start)
        for name in OPERATORS
        for at, node in enumerate(nodes)
        for index, (start, _) in enumerate(OperatorProvider()[name]().mutation_positions(node))
        if not any(begin <= start < end for begin, end in left_out)
    )
    return sorted(found, key=lambda fault: fault.start)


def mutant(source: str, path: str, fault: Fault) -> Mutant | None:
    """Return the module with a fault; None where that is no Python."""
    tree = parso.parse(source)
    node = list(ast_nodes(tree))[fault.node]
    siblings = node.parent.children
    siblings[siblings.index(node)] = OperatorProvider()[fault.operator]().mutate(node, fault.index)
    faulty = tree.get_code()
    try:
        with warnings.catch_warnings(action="ignore"):
            code = compile(faulty, path, "exec", dont_inherit=True)
    except SyntaxError:
        return None
    pairs = enumerate(zip(source.splitlines(), faulty.splitlines(), strict=True), 1)
    at, line = next((at, " ".join(new.split())) for at, (old, new) in pairs if old != new)
    statements = _statements(ast.parse(source))
    return Mutant(code, max(each for each in statements if each[0] <= at <= each[1]), at, line)


def _left_out(tree: ast.Module) -> Iterator[tuple[Place, Place]]:
    """Where no fault is made: in what people or mypy read, and in what a class is declared to be."""
    for node in ast.walk(tree):
        match node:
            case ast.Raise():
                yield _span(node)
            case ast.If(test=ast.Name("TYPE_CHECKING")):
                yield _span(node)
            case ast.arg(annotation=ast.expr() as note) | ast.AnnAssign(annotation=note):
                yield _span(note)
            case ast.FunctionDef(returns=ast.expr() as note):
                yield _span(note)
            case ast.ClassDef(decorator_list=decorators):
                yield from map(_span, decorators)


def _span(node: ast.stmt | ast.expr) -> tuple[Place, Place]:
    return (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)


def _statements(tree: ast.Module) -> Iterator[tuple[int, int]]:
    """First and last line of each statement; of one that holds others, of what stands before them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.match_case):
            first = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
            body = getattr(node, "body", None)
            yield first, max(first, body[0].lineno - 1) if body else node.end_lineno
