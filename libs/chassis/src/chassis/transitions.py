"""The one door through which a status changes: a table of moves, checked in one function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from chassis.errors import Forbidden, IllegalMove

S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)


@dataclass(frozen=True)
class Move(Generic[S, A]):
    """From which statuses, and by whom, a target status is reached."""

    sources: frozenset[S]
    by: frozenset[A]


def moves(sources: set[S], by: set[A]) -> Move[S, A]:
    """Write a line of a transition table without ceremony."""
    return Move(frozenset(sources), frozenset(by))


def check_move(table: Mapping[S, Move[S, A]], present: S, target: S, actor: A) -> S:
    """Return the target when the table allows the move.

    Raises:
        Forbidden: this actor never makes that move.
        IllegalMove: not from the present status, or no such move exists.

    """
    move = table.get(target)
    if move is None or not move.by:
        raise IllegalMove(f"nothing becomes {target}")
    if actor not in move.by:
        raise Forbidden(f"{actor} may not make it {target}")
    if present not in move.sources:
        raise IllegalMove(f"it is {present}; {target} needs {' or '.join(sorted(move.sources))}")
    return target
