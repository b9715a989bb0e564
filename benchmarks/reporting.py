"""What a benchmark found, as Markdown that reads well on a terminal too."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple


class Goal(NamedTuple):
    """Something that was wanted: a ratio of at least, or of at most, so much."""

    what: str
    ratio: float
    wanted: float
    at_most: bool = False

    @property
    def held(self) -> bool:
        """Whether it was reached."""
        return self.ratio <= self.wanted if self.at_most else self.ratio >= self.wanted

    def __str__(self) -> str:
        bound = "at most" if self.at_most else "at least"
        return f"{'held' if self.held else 'MISSED'}: {self.what}: {self.ratio:.2f} (wanted: {bound} {self.wanted:g})"


@dataclass(frozen=True, slots=True)
class Report:
    """One table of medians, what was done to get them, and the goals."""

    title: str
    method: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    goals: Sequence[Goal] = field(default_factory=tuple)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        widths = [max(map(len, column)) for column in zip(self.header, *self.rows, strict=True)]
        yield from (f"## {self.title}", "", self.method, "")
        yield _line(self.header, widths)
        yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"
        yield from (_line(row, widths) for row in self.rows)
        if self.goals:
            yield ""
            yield from (f"- {goal}" for goal in self.goals)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"


def ratio(values: Sequence[float], others: Sequence[float]) -> float:
    """The median of `values` over the median of `others`."""
    return median(values) / median(others)
