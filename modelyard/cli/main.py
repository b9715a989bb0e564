"""`modelyard`: finds the command, runs it, and turns what goes wrong into a message and an exit code.

Commands are imported when they are run: `modelyard --help` must not wait for an HTTP library.
"""

import gc
import importlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

import click

from modelyard import __version__

COMMANDS = {
    "push": ("modelyard.cli.push:push", "Push files as the next version of a model"),
    "pull": ("modelyard.cli.pull:pull", "Fetch the files of a version, every byte verified"),
    "list": ("modelyard.cli.listing:list_models", "List the models"),
    "show": ("modelyard.cli.show:show", "Show a model, or a version with its files"),
    "versions": ("modelyard.cli.listing:versions", "List the versions of a model"),
    "update": ("modelyard.cli.update:update", "Change the tags or the text of a model or a version"),
    "promote": ("modelyard.cli.promote:promote", "Move a version to another stage"),
    "delete": ("modelyard.cli.delete:delete", "Delete a model or a version; it can be restored for a while"),
    "restore": ("modelyard.cli.delete:restore", "Restore what was deleted"),
    "rename": ("modelyard.cli.rename:rename", "Give a model another name"),
    "verify": ("modelyard.cli.verify:verify", "Have the bytes of a version read and proven again"),
    "findings": ("modelyard.cli.reviewing:findings", "Tell what was found in the files of a version"),
    "release": ("modelyard.cli.reviewing:release", "Release a quarantined version"),
    "reject": ("modelyard.cli.reviewing:reject", "Reject a quarantined version for good"),
    "resolve": ("modelyard.cli.resolve:resolve", "Tell which version a reference stands for"),
    "history": ("modelyard.cli.history:history", "Tell everything that happened to a model"),
    "events": ("modelyard.cli.events:events", "Print the events of all models, and wait for more"),
    "uses": ("modelyard.cli.uses:uses", "Tell which versions used a dataset, commit, base or file"),
    "lineage": ("modelyard.cli.lineage:lineage", "Show what a version came of, and what came of it"),
    "card": ("modelyard.cli.card:card", "Show or set the model card of a version"),
    "health": ("modelyard.cli.health:health", "Ask whether the registry answers"),
    "dead-letters": ("modelyard.cli.dead_letters:dead_letters", "List or retry events that could not be handled"),
    "export": ("modelyard.cli.bundle:export", "Write models with journals and bytes into a folder or a tar"),
    "import": ("modelyard.cli.importing:import_", "Bring in a bundle, or what another registry holds"),
    "search": ("modelyard.cli.search:search", "Search versions or models by what is known of them"),
    "alias": ("modelyard.cli.alias:alias", "List, set, move back or remove the aliases of a model"),
    "evaluate": ("modelyard.cli.evaluate:evaluate", "Report metrics of a version"),
    "evaluations": ("modelyard.cli.evaluate:evaluations", "List the reports on a version"),
    "compare": ("modelyard.cli.compare:compare", "Compare versions: metrics, parameters, lineage, files"),
    "inspect": ("modelyard.cli.inspecting:inspect_files", "Tell what files are, and what is dangerous in them"),
    "attest": ("modelyard.cli.attest:attest", "Keep a signature or provenance with a version"),
    "sign": ("modelyard.cli.signing:sign", "Sign files with a key of this machine"),
    "verify-signature": (
        "modelyard.cli.signing:verify_signature",
        "Tell who signed files, or a version, and which of them",
    ),
    "serve": ("modelyard.serve.command:serve", "Run a registry on this machine"),
}
"""Every command: where it is, as `module:attribute`, and what it does."""

EXTRAS = {"serve": "serve", "sign": "signing", "verify-signature": "signing"}
"""Commands that need more than the base install, and the extra that brings it."""

_EPILOG = """\b
MODELYARD_URL    address of the registry (default http://127.0.0.1:8080)
MODELYARD_TOKEN  bearer token, where the registry asks for one
MODELYARD_AUTH   sigv4 to sign requests with AWS credentials

\b
A reference is churn, churn/1, churn/production, churn@champion, churn@latest
or any of them after models:/.

\b
Exit codes: 0 done; 1 refused or failed; 2 wrong usage; 3 the version is
rejected or quarantined, a file is not clean, or not signed; 4 the registry
cannot be reached; 5 not found; 130 interrupted."""


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Import in peace: what modules make stays, and looking through it for garbage is a fifth of a command's start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class Commands(click.Group):
    """The commands of `COMMANDS`, each imported when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        """Their names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- as above
        """The command itself; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        try:
            with _without_collecting():
                command: click.Command = getattr(importlib.import_module(module), attribute)
        except ModuleNotFoundError as error:
            if cmd_name not in EXTRAS:
                raise
            needed = f"pip install '.[{EXTRAS[cmd_name]}]' in the repository"
            raise click.ClickException(f"`modelyard {cmd_name}` needs {error.name}: {needed}") from error
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- as above
        """The list of commands in the help, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(cls=Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="modelyard")
def cli() -> None:
    """A model registry: push models, prove their bytes, promote them, pull them back."""


def main() -> None:
    """The `modelyard` of the shell."""
    signal.signal(signal.SIGINT, _leave_at_once)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    code = run(sys.argv[1:] or ["--help"])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go_of_stdout()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; its exit code. Failures are told on stderr."""
    try:
        code = cli.main(list(arguments), prog_name="modelyard", standalone_mode=False)
    except BrokenPipeError:
        _let_go_of_stdout()
        return 1
    except click.Abort:
        return 130
    except Exception as error:
        failures = importlib.import_module("modelyard.cli.failures")
        failure = failures.describe(error)
        if failure is None:
            raise
        failures.tell(failure, as_json="--json" in arguments)
        return int(failure.exit_code)
    return code if isinstance(code, int) else 0


def _leave_at_once(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 -- a signal handler's signature
    """End without waiting for what is on the wire: a transfer that is cut off can always be gone on with."""
    with suppress(OSError):
        os.write(2, b"\x1b[?25h\ninterrupted\n" if os.isatty(2) else b"interrupted\n")
    os._exit(130)


def _let_go_of_stdout() -> None:
    """Nobody reads any more; what is buffered must not fail again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
