"""`modelyard events`."""

import sys
import time

import click

from modelyard.cli.options import json_option, open_registry
from modelyard.cli.output import moment, plain, print_json, say
from modelyard.cli.rendering import event_details
from modelyard.client import Registry
from modelyard.client.errors import Unreachable
from modelyard.contract.responses import EventPageResponse, EventResponse

PAGE = 500
PAUSE = 1.0


@click.command(epilog="\b\nmodelyard events --follow --new --json")
@click.option("--follow", is_flag=True, help="Wait for more, until interrupted.")
@click.option("--after", metavar="CURSOR", help="Begin after this cursor, the `next` of an earlier answer.")
@click.option("--new", is_flag=True, help="With --follow: leave out what has happened already.")
@click.option("--last", metavar="N", type=click.IntRange(1, 1000), help="Begin with the last N of them.")
@json_option
def events(*, follow: bool, after: str | None, new: bool, last: int | None, as_json: bool) -> None:
    """Print the events of all models, from the first one or after a cursor.

    With --follow --json, one event a line; where its `next` is not null, --after takes it to go on from there.
    """
    if new and not follow:
        raise click.UsageError("--new needs --follow")
    if (after is not None) + new + (last is not None) > 1:
        raise click.UsageError("--after, --new and --last say each where to begin: give one of them")
    with open_registry() as registry:
        first = _first_page(registry, after, 1 if new else last)
        if follow:
            _follow(registry, first, silent=new, as_json=as_json)
        else:
            _print_all(registry, first, as_json=as_json)


def _first_page(registry: Registry, after: str | None, last: int | None) -> EventPageResponse:
    if last is None:
        return registry.events(after, limit=PAGE)
    page = registry.events(before="end", limit=last)
    return page.model_copy(update={"items": page.items[::-1]})


def _print_all(registry: Registry, page: EventPageResponse, *, as_json: bool) -> None:
    found: list[EventResponse] = []
    cursor = page.next
    while True:
        if as_json:
            found += page.items
        else:
            _print_lines(page)
        if not page.items:
            break
        page = registry.events(cursor, limit=PAGE)
        cursor = page.next or cursor
    if as_json:
        print_json({"items": [event.model_dump() for event in found], "next": cursor})


def _follow(registry: Registry, page: EventPageResponse, *, silent: bool, as_json: bool) -> None:
    cursor = page.next
    while True:
        if not silent and as_json:
            _print_json_lines(page)
        elif not silent:
            _print_lines(page)
        sys.stdout.flush()
        silent = False
        if not page.items:
            time.sleep(PAUSE)
        page = _wait_for_page(registry, cursor)
        cursor = page.next or cursor


def _wait_for_page(registry: Registry, cursor: str | None) -> EventPageResponse:
    """The page after the cursor, however long the registry is away."""
    told = False
    while True:
        try:
            return registry.events(cursor, limit=PAGE)
        except Unreachable as error:
            if not told:
                click.echo(f"{plain(error.detail)}; waiting for it to come back", err=True)
            told = True
            time.sleep(PAUSE)


def _print_json_lines(page: EventPageResponse) -> None:
    """An event a line; the last of them carries the cursor to go on after."""
    for left, event in zip(reversed(range(len(page.items))), page.items, strict=True):
        print_json({**event.model_dump(), "next": None if left else page.next}, compact=True)


def _print_lines(page: EventPageResponse) -> None:
    for event in page.items:
        subject = plain(event.model.name) + (f"/{event.version}" if event.version else "")
        position = "" if event.position is None else event.position
        line = f"{position:>6}  {moment(event.time)}  {plain(event.type):<18}  {subject:<20}  {plain(event.actor):<16}"
        say(f"{line}  {event_details(event)}".rstrip())
