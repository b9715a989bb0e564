"""`modelyard evaluate` and `modelyard evaluations`."""

from pathlib import Path
from typing import Any

import click

from modelyard.cli.options import Metrics, find_version, json_option, open_registry, read_metrics, read_pairs
from modelyard.cli.output import ago, count, pairs, plain, print_json, say, table
from modelyard.contract.evaluations import EvaluationResponse, EvaluationRunRequest, MetricResponse

_EXAMPLES = """\b
modelyard evaluate churn/1 --dataset holdout --split test --metric auc=0.93 --metric loss=0.21:lower
modelyard evaluate churn/1 --metric latency=12.5:lower --unit latency=ms --attach confusion.png"""


@click.command(epilog=_EXAMPLES)
@click.argument("reference", metavar="REF")
@click.option(
    "--metric",
    "measured",
    multiple=True,
    metavar="KEY=NUMBER[:higher|lower]",
    callback=read_metrics,
    help="A metric, and which of its values are better. Repeatable.",
)
@click.option("--unit", "units", multiple=True, metavar="KEY=UNIT", callback=read_pairs, help="A metric's unit.")
@click.option("--dataset", default="", help="The data that it was evaluated on.")
@click.option("--dataset-digest", default="", help="That data's digest.")
@click.option("--split", default="", help="The part of the data set aside for this, such as test.")
@click.option(
    "--slice", default="", help="A slice of the data, such as country=de; leaves the version's metrics alone."
)
@click.option("--evaluator", default="", help="Who or what evaluated.")
@click.option("--run-system", default="", help="The system that ran the evaluation.")
@click.option("--run-id", default="", help="The run's id in that system.")
@click.option("--run-url", default="", help="Where the run can be seen.")
@click.option("--comment", default="", help="Kept with the report and in the history.")
@click.option(
    "--attach",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A file to keep with the report: at most 20, of 16 MiB each. Repeatable.",
)
@json_option
def evaluate(
    *,
    reference: str,
    measured: Metrics,
    run_system: str,
    run_id: str,
    run_url: str,
    attach: tuple[Path, ...],
    as_json: bool,
    **facts: Any,
) -> None:
    """Report how well the version REF does. Reports only ever add up; the version shows each metric's last value."""
    if not measured.values and not attach:
        raise click.UsageError("there is nothing to report: give --metric or --attach")
    if stray := sorted(facts["units"].keys() - measured.values.keys()):
        raise click.UsageError(f"--unit {stray[0]!r} is of no metric that is given")
    run = EvaluationRunRequest(system=run_system, id=run_id, url=run_url)
    with open_registry() as registry:
        named = find_version(registry, reference)
        taken = registry.evaluate(
            named.name,
            named.number or 0,
            measured.values,
            directions=measured.directions,
            run=run,
            attach=attach,
            **facts,
        )
    if as_json:
        print_json({"name": named.name, **taken.model_dump()})
    else:
        attached = f", {count(len(taken.attachments), 'attachment')}" if taken.attachments else ""
        say(f"{plain(named.name)}/{taken.version} is evaluated{_on(taken)}: {_metrics(taken)}{attached}")


@click.command(epilog="modelyard evaluations churn/1")
@click.argument("reference", metavar="REF")
@json_option
def evaluations(*, reference: str, as_json: bool) -> None:
    """List the reports on the version REF, newest first."""
    with open_registry() as registry:
        named = find_version(registry, reference)
        found = list(registry.evaluations(named.name, named.number or 0))
    if as_json:
        print_json({"items": [each.model_dump() for each in found]})
    elif found:
        rows = (
            (each.id, ago(each.created_at), each.created_by, _where(each), _metrics(each), len(each.attachments) or "")
            for each in found
        )
        say(table(("ID", "WHEN", "BY", "ON", "METRICS", "FILES"), rows))
    else:
        say(f"no evaluations of {plain(named.name)}/{named.number}")


def _where(evaluation: EvaluationResponse) -> str:
    return " ".join(filter(None, (evaluation.dataset, evaluation.split, evaluation.slice)))


def _on(evaluation: EvaluationResponse) -> str:
    where = _where(evaluation)
    return f" on {plain(where)}" if where else ""


def _metrics(evaluation: EvaluationResponse) -> str:
    return pairs({name: _shown(metric) for name, metric in evaluation.metrics.items()})


def _shown(metric: MetricResponse) -> str:
    return f"{metric.value} {metric.unit}".rstrip()
