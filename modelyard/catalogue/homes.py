"""Homes: where the models lie that names, former names and ids stand for.

A model stays in the partition of the name that it was created under. Any other name of it, now or before, is a redirect
to there, which is looked at only when nothing is found under the name itself.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from modelyard.catalogue.commits import contended
from modelyard.catalogue.gathering import gather
from modelyard.catalogue.keys import model_key, redirect_key
from modelyard.catalogue.model_items import locate, read_model, unknown_model
from modelyard.domain.errors import AlreadyExists, Invalid, NotFound
from modelyard.domain.names import is_model_id
from modelyard.ports import Check, Clock, Expect, Ids, Item, Key, Put, Table, Write

Answer = TypeVar("Answer")


def at_home(table: Table, name: str, work: Callable[[str], Answer]) -> Answer:
    """What `work` gives for the home of the model that `name` (or an id) stands for.

    A home is taken from the name, and `work` called again with where a redirect leads when it does not find what it
    looks for, or is given a page token of elsewhere.
    """
    home = locate(table, name)
    try:
        return work(home)
    except (NotFound, Invalid):
        elsewhere = None if is_model_id(name) else _redirected(table, home)
        if elsewhere is None:
            raise
    return work(elsewhere)


def command(table: Table, name: str, attempt: Callable[[str], Answer], *, clock: Clock, ids: Ids) -> Answer:
    """As `at_home`, for a command: `attempt` is made again while others change its facts."""
    return at_home(table, name, lambda home: contended(partial(attempt, home), clock=clock, ids=ids))


def find_home(table: Table, name: str) -> str:
    """The home of the model that `name` (or an id) stands for, in one call more than an id takes. NotFound if none."""
    home = locate(table, name)
    found, redirect = table.get(name_keys(home))
    if redirect is not None and not is_model_id(name):
        return str(redirect.fields["home"])
    if found is None:
        raise unknown_model(name)
    return home


def follow_redirects(table: Table, homes: Mapping[str, str]) -> dict[str, str]:
    """Homes by the names they were located by, where redirects lead; in one call."""
    names = [name for name in homes if not is_model_id(name)]
    found = gather(table, [redirect_key(homes[name]) for name in names])
    led = {name: found.get(redirect_key(homes[name])) for name in names}
    return {**homes, **{name: str(redirect.fields["home"]) for name, redirect in led.items() if redirect}}


def _redirected(table: Table, name: str) -> str | None:
    (redirect,) = table.get([redirect_key(name)])
    return str(redirect.fields["home"]) if redirect else None


def name_keys(name: str) -> list[Key]:
    """What to read to know whose name it is: the model that was created under it, and the redirect."""
    return [model_key(name), redirect_key(name)]


def claim(table: Table, name: str, found: Item | None, redirect: Item | None, *, home: str) -> list[Write]:
    """The writes by which a name leads to the model at `home`, given what `name_keys` read; they fail if that changes.

    AlreadyExists when it is another model's name, or was once: what used a name must not find something else there.
    """
    leads = str(redirect.fields["home"]) if redirect else None
    if leads == home or (redirect is None and found is not None and name == home):
        return []
    owner = _owner(table, leads) if leads else found
    if owner is not None:
        raise AlreadyExists(f"{name!r} is the name of a model already", field="name", id=read_model(owner).id)
    if name == home:
        return [Check(redirect_key(name), Expect.ABSENT)]
    lead = Item(redirect_key(name), rev=redirect.rev + 1 if redirect else 1, fields={"home": home})
    return [Put(lead, redirect.rev if redirect else Expect.ABSENT), Check(model_key(name), Expect.ABSENT)]


def _owner(table: Table, home: str) -> Item | None:
    (found,) = table.get([model_key(home)])
    return found
