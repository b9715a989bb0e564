"""`modelyard import`: a bundle, or what another kind of registry holds."""

import click

from modelyard.cli.bundle import bundle
from modelyard.cli.import_mlflow import mlflow


class Kinds(click.Group):
    """Takes a bundle where no kind of registry is named. A bundle that is called like one is `./mlflow`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The kind that is named first, or a bundle."""
        if args and args[0] in self.commands:
            return super().resolve_command(ctx, args)
        return "bundle", bundle, args

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave options to the bundle's command, unless help is asked for."""
        if args and args[0] not in {"-h", "--help"} and args[0] not in self.commands:
            args = ["--", *args]
        return super().parse_args(ctx, args)


EXAMPLES = """\b
modelyard import BUNDLE [--dry-run]
modelyard import mlflow URL [NAME]... [--dry-run]

`modelyard import BUNDLE --help` and `modelyard import mlflow --help` say more."""


@click.group(cls=Kinds, no_args_is_help=False, epilog=EXAMPLES)
def import_() -> None:
    """Bring in the models of a bundle, or what another kind of registry holds."""


import_.add_command(mlflow)
