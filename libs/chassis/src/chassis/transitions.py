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
    """How a target status is reached: each pair is a status to come from and an actor who may."""

    pairs: frozenset[tuple[S, A]]

    @property
    def sources(self) -> frozenset[S]:
        """Every status that somebody may come from."""
        return frozenset(source for source, _ in self.pairs)

    @property
    def by(self) -> frozenset[A]:
        """Everybody who may make it from some status."""
        return frozenset(actor for _, actor in self.pairs)

    def sources_of(self, actor: A) -> frozenset[S]:
        """The statuses that this actor may come from."""
        return frozenset(source for source, who in self.pairs if who == actor)

    def __or__(self, other: Move[S, A]) -> Move[S, A]:
        return Move(self.pairs | other.pairs)


def moves(sources: set[S], by: set[A]) -> Move[S, A]:
    """Write a line of a transition table without ceremony; `|` joins two lines of different actors."""
    return Move(frozenset((source, actor) for source in sources for actor in by))


def check_move(table: Mapping[S, Move[S, A]], present: S, target: S, actor: A) -> S:
    """Return the target when the table allows the move.

    Raises:
        Forbidden: this actor never makes that move.
        IllegalMove: not from the present status, or no such move exists.

    """
    move = table.get(target)
    if move is None or not move.pairs:
        raise IllegalMove(f"nothing becomes {target}")
    sources = move.sources_of(actor)
    if not sources:
        raise Forbidden(f"{actor} may not make it {target}")
    if present not in sources:
        raise IllegalMove(f"it is {present}; {target} needs {' or '.join(sorted(sources))}")
    return target
