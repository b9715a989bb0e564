"""`modelyard alias`."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from modelyard.cli.options import json_option, open_registry
from modelyard.cli.output import plain, print_json, say, table
from modelyard.client.alias_calls import WHOEVER, Expected
from modelyard.contract.aliases import AliasResponse

F = TypeVar("F", bound=Callable[..., Any])
NOBODY = "none"
_EXAMPLES = """\b
modelyard alias set churn champion 7 --expect 6
modelyard alias rollback churn champion --expect 7
modelyard pull churn@champion out"""
_EXAMPLES_OF_SET = """\b
modelyard alias set churn champion 7                whoever stood there
modelyard alias set churn champion 7 --expect 6     only if that was 6
modelyard alias set churn champion 7 --expect none  only if nobody did"""


def _read_expected(ctx: click.Context, parameter: click.Parameter, text: str | None) -> Expected:
    if text is None:
        return WHOEVER
    if text.lower() == NOBODY:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        raise click.BadParameter(f"{text!r} is neither a version's number nor 'none'", ctx, parameter)
    return int(text)


def expect_option(command: F) -> F:
    """`--expect`, by which a change is refused when somebody else made another first."""
    explained = "Only if it stands for this version, or for nobody: none."
    return click.option("--expect", metavar="VERSION|none", callback=_read_expected, help=explained)(command)


@click.group(epilog=_EXAMPLES)
def alias() -> None:
    """Names that a model gives to its versions: list, set, move back, remove them.

    churn@latest is the newest ready version, always, and is no alias to set.
    """


@alias.command("list", epilog="modelyard alias list churn")
@click.argument("name")
@json_option
def list_aliases(*, name: str, as_json: bool) -> None:
    """List the aliases of the model NAME."""
    with open_registry() as registry:
        found = registry.list_aliases(name)
    if as_json:
        print_json({"items": [each.model_dump() for each in found]})
    elif found:
        rows = ((each.alias, each.version, ", ".join(map(str, each.previous))) for each in found)
        say(table(("ALIAS", "VERSION", "BEFORE"), rows))
    else:
        say(f"no aliases of {plain(name)}")


@alias.command("set", epilog=_EXAMPLES_OF_SET)
@click.argument("name")
@click.argument("alias_name", metavar="ALIAS")
@click.argument("version", type=click.IntRange(min=1))
@expect_option
@click.option("--comment", default="", help="Why; kept in the history.")
@json_option
def set_alias(*, name: str, alias_name: str, version: int, expect: Expected, comment: str, as_json: bool) -> None:
    """Let ALIAS stand for VERSION of the model NAME, which must be ready."""
    with open_registry() as registry:
        moved = registry.set_alias(name, alias_name, version, expect=expect, comment=comment)
    _tell(name, moved, as_json=as_json)


@alias.command("rollback", epilog="modelyard alias rollback churn champion --expect 7")
@click.argument("name")
@click.argument("alias_name", metavar="ALIAS")
@expect_option
@json_option
def roll_back(*, name: str, alias_name: str, expect: Expected, as_json: bool) -> None:
    """Let ALIAS stand for the version that it stood for before.

    Given again it goes back further; with --expect it goes back once, however often it is given.
    """
    with open_registry() as registry:
        moved = registry.roll_back_alias(name, alias_name, expect=expect)
    _tell(name, moved, as_json=as_json)


@alias.command("remove", epilog="modelyard alias remove churn champion --expect 7")
@click.argument("name")
@click.argument("alias_name", metavar="ALIAS")
@expect_option
@json_option
def remove(*, name: str, alias_name: str, expect: Expected, as_json: bool) -> None:
    """Take ALIAS away from the model NAME. The version stays as it is."""
    with open_registry() as registry:
        gone = registry.remove_alias(name, alias_name, expect=expect)
    _tell(name, gone, as_json=as_json)


def _tell(name: str, found: AliasResponse, *, as_json: bool) -> None:
    if as_json:
        print_json({"name": name, **found.model_dump()})
    elif found.version is None:
        say(f"{plain(name)}@{plain(found.alias)} is removed")
    else:
        say(f"{plain(name)}@{plain(found.alias)} is {plain(name)}/{found.version}")
