"""One search on its way: candidates in their order, read and looked at, until a page is full or enough was read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from modelyard.catalogue.postings import PARTING, Kind, Subject, posting_partition, read_posting, short_name
from modelyard.catalogue.searched import Looked, Source
from modelyard.domain.errors import Invalid, SearchTooWide
from modelyard.domain.journal import instant
from modelyard.ports import MAX_BATCH, Item, Key, Table
from modelyard.search.evaluating import matching
from modelyard.search.planning import ALL, CREATED, NAME, NAMES, Plan, created_within, fields_in
from modelyard.search.sorting import place_of, read_place, write_place
from modelyard.search.terms import show
from modelyard.services.searching.budget import Budget

MOST_GATHERED = 10_000
"""Candidates that one call sorts."""

MOST_BYTES = 3_500_000
"""Bytes of the items on a page: Lambda answers at most 6 MB, in which every quote of the JSON is escaped."""

GATHERED_TOGETHER = 1_000
LONGEST_SORT_KEY = 1_024
NO_PLACE = "-"

Facts = TypeVar("Facts")
Found = TypeVar("Found")


class Position(NamedTuple):
    """Where a page ended: the last candidate's place in the order as text, and its sort key in that of creation."""

    place: str
    age: str


@dataclass(frozen=True, slots=True)
class Explained:
    """How a search was answered.

    From which index, in which order and whether that took sorting; what each candidate was looked at for besides; how
    many candidates this page took, and how many of them matched.
    """

    index: str
    order: str
    sorted: bool
    filtered: tuple[str, ...]
    examined: int
    matched: int


@dataclass(frozen=True, slots=True)
class Searched(Generic[Found]):
    """A page of what was found, where the next one begins (None at the end), and how it was found."""

    items: Sequence[Found]
    after: Position | None
    explained: Explained


class Ranked(NamedTuple):
    """A place to sort by: the value in the order, then the age."""

    value: Any
    age: str


class Candidate(NamedTuple):
    """Something that may match, its sort key in the index, and its place in the order where that is another."""

    subject: Subject
    sk: str
    place: str | None = None


class Run(Generic[Facts]):
    """A search by a plan. `deleted` says whether what is deleted is asked for."""

    def __init__(
        self, source: Source[Facts], table: Table, plan: Plan, budget: Budget, *, deleted: bool, limit: int
    ) -> None:
        self._source, self._table, self._plan, self._budget = source, table, plan, budget
        self._deleted, self._limit = deleted, limit
        self._matches = _anything if plan.wanted is None else matching(plan.wanted, source.read)
        self._needed = fields_in(plan.wanted, plan.order)
        self._partition = posting_partition(source.kind, plan.access.field, plan.access.value)
        self._by_name = plan.access.field == NAMES or (source.kind is Kind.MODEL and plan.access.field != ALL)
        name = short_name(plan.access.prefix)
        self._prefix = f"{name}{PARTING}" if plan.access.exact else name

    def stream(self, after: Position | None) -> Searched[Facts]:
        """The next page in the order that the index has."""
        return self._page(self._streamed(after))

    def sort(self, after: Position | None) -> Searched[Facts]:
        """The next page in an order that the index has not. SearchTooWide when too much would have to be sorted."""
        descending = self._plan.order.descending
        places = sorted(self._places(), key=lambda each: each[0], reverse=descending)
        if after is not None:
            begun = self._ranked(after)
            places = [each for each in places if (each[0] < begun if descending else each[0] > begun)]
        return self._page(self._cut(places))

    def _page(self, batches: Iterator[tuple[Sequence[Candidate], bool]]) -> Searched[Facts]:
        """What matches among candidates that come in batches, each with whether it is the last."""
        items: list[Facts] = []
        after: Candidate | None = None
        size = 0
        self._budget.begin_page()
        for batch, last in batches:
            for candidate, found in zip(batch, self._look(batch), strict=True):
                if found is not None:
                    size += found[1]
                    if items and size > MOST_BYTES:
                        return self._answer(items, after)
                    items.append(found[0])
                after = candidate
                if len(items) == self._limit:
                    return self._answer(items, None if last and candidate is batch[-1] else after)
            if last:
                break
            if self._budget.spent:
                return self._answer(items, after)
        return self._answer(items, None)

    def _answer(self, items: Sequence[Facts], after: Candidate | None) -> Searched[Facts]:
        access, plan = self._plan.access, self._plan
        index = "everything" if access.answers is None else str(access.answers)
        filtered = tuple(map(show, plan.left))
        explained = Explained(index, str(plan.order), not plan.streams, filtered, self._budget.examined, len(items))
        return Searched(items, self._position(after) if after else None, explained)

    def _look(self, batch: Sequence[Candidate]) -> list[tuple[Facts, int] | None]:
        """Those of the candidates that match now, with their sizes."""
        if not batch:
            return []
        found = self._source.load([candidate.subject for candidate in batch], self._needed)
        self._budget.spend(len(batch), sum(each[1].size for each in found if each))
        return [
            (each[0], each[1].size) if each and self._fits(candidate, *each) else None
            for candidate, each in zip(batch, found, strict=True)
        ]

    def _fits(self, candidate: Candidate, facts: Facts, looked: Looked) -> bool:
        """Whether it matches, is to be seen, and has not moved in the index since its posting was written."""
        stays = not self._by_name or candidate.sk.startswith(f"{short_name(looked.name)}{PARTING}")
        return stays and (self._deleted or not looked.deleted) and self._matches(facts)

    @property
    def _step(self) -> int:
        """Candidates to read at once: no more than are wanted where each of them should match."""
        return MAX_BATCH if self._plan.left else min(self._limit, MAX_BATCH)

    def _streamed(self, after: Position | None) -> Iterator[tuple[Sequence[Candidate], bool]]:
        """The candidates of the index, from `after` on or from where what was created in time begins."""
        descending = self._plan.order.descending
        first, beyond = self._bounds()
        place = self._sort_key(after) if after else first
        while True:
            start = None if place is None else Key(self._partition, place)
            page = self._table.query(
                self._partition, prefix=self._prefix, after=start, limit=self._step, descending=descending
            )
            batch = [self._candidate(item) for item in page.items]
            within = [
                each for each in batch if beyond is None or (each.sk > beyond if descending else each.sk < beyond)
            ]
            ended = page.after is None or len(within) < len(batch)
            yield within, ended
            if ended:
                return
            place = page.after.sk if page.after else None

    def _bounds(self) -> tuple[str | None, str | None]:
        """The sort keys between which lies what can match by its time of creation, in the order of the search."""
        if self._plan.order.field.name != CREATED:
            return None, None
        since, until = created_within(self._plan.wanted)
        low = f"{self._before_age}{instant(since)}" if since else None
        high = f"{self._before_age}{instant(until)}~" if until else None
        return (high, low) if self._plan.order.descending else (low, high)

    @property
    def _before_age(self) -> str:
        return self._prefix if self._plan.access.exact else ""

    def _candidate(self, item: Item) -> Candidate:
        return Candidate(read_posting(item), item.key.sk)

    def _position(self, candidate: Candidate) -> Position:
        name, _, age = candidate.sk.rpartition(PARTING)
        if candidate.place is not None:
            return Position(candidate.place, age)
        return Position(name if self._plan.order.field.name == NAME else NO_PLACE, age)

    def _sort_key(self, position: Position) -> str:
        """Where a page ended, as a sort key of the index. Invalid for one that nobody can have been given."""
        if not self._by_name:
            return position.age
        sk = f"{self._prefix if self._plan.access.exact else position.place + PARTING}{position.age}"
        if len(sk.encode()) > LONGEST_SORT_KEY:
            raise _no_position()
        return sk

    def _places(self) -> list[tuple[Ranked, Candidate]]:
        """All candidates with their places in the order. SearchTooWide when they are too many, or too large."""
        candidates = self._gathered()
        order = self._plan.order.field.name
        if order == CREATED or (order == NAME and self._by_name):
            return [(Ranked(*self._position(each)), each) for each in candidates]
        return [
            place
            for start in range(0, len(candidates), MAX_BATCH)
            for place in self._read_places(candidates[start : start + MAX_BATCH])
        ]

    def _gathered(self) -> list[Candidate]:
        candidates: list[Candidate] = []
        after: Key | None = None
        while True:
            page = self._table.query(self._partition, prefix=self._prefix, after=after, limit=GATHERED_TOGETHER)
            candidates += map(self._candidate, page.items)
            after = page.after
            if len(candidates) > MOST_GATHERED or (after and len(candidates) == MOST_GATHERED):
                raise self._too_wide()
            if after is None:
                return candidates

    def _read_places(self, batch: Sequence[Candidate]) -> Iterator[tuple[Ranked, Candidate]]:
        read = self._source.read(self._plan.order.field)
        for candidate, found in zip(batch, self._look(batch), strict=True):
            if found is not None:
                place = self._place(read(found[0]))
                ranked = candidate._replace(place=place if isinstance(place, str) else write_place(place))
                yield Ranked(place, self._position(ranked).age), ranked
        if self._budget.overdrawn:
            raise self._too_wide()

    def _place(self, values: Sequence[Any]) -> Any:
        """The place of values in the order: of a name, the name, as in the index."""
        if self._plan.order.field.name == NAME:
            return short_name(str(values[0]))
        return place_of(values, descending=self._plan.order.descending)

    def _ranked(self, position: Position) -> Ranked:
        """Where a page ended, to compare. Invalid for one that nobody can have been given."""
        if self._plan.order.field.name in {CREATED, NAME}:
            return Ranked(*position)
        try:
            return Ranked(read_place(position.place), position.age)
        except ValueError:
            raise _no_position() from None

    def _cut(self, places: Sequence[tuple[Ranked, Candidate]]) -> Iterator[tuple[Sequence[Candidate], bool]]:
        """Sorted candidates in batches."""
        for start in range(0, len(places), self._step):
            some = places[start : start + self._step]
            yield [candidate for _, candidate in some], start + self._step >= len(places)

    def _too_wide(self) -> SearchTooWide:
        most = f"more than {MOST_GATHERED:,} would have to be sorted"
        detail = (
            f"to order by {self._plan.order.field}, {most}; narrow the search by a tag, a stage, an owner or a name"
        )
        return SearchTooWide(detail, field="order", most=MOST_GATHERED)


def _anything(_facts: object) -> bool:
    return True


def _no_position() -> Invalid:
    return Invalid("this is not a page token of this list; begin without one", field="cursor")
