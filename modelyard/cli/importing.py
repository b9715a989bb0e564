"""`modelyard import`: what other registries hold."""

import click

from modelyard.cli.import_mlflow import mlflow


@click.group
def import_() -> None:
    """Bring over what another registry holds."""


import_.add_command(mlflow)
