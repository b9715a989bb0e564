"""Aliases and evaluations beside the plain rules: a part of the machine in `test_rules_machine.py`."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, rule

from tests.faults.plain import PlainModel
from tests.faults.yard import Answer, file_request

ALIASES = ("champion", "b")
METRICS = st.dictionaries(st.sampled_from(("auc", "loss")), st.sampled_from((0.5, 1.0)), min_size=1)
WAYS = st.dictionaries(st.sampled_from(("auc", "loss")), st.sampled_from(("higher", "lower")))
ATTACHED = {name: fact for name, fact in file_request("plot.png", b"a").items() if name != "parts"}
EXPECTED = st.sampled_from(("any", "any", None, 1, 2))


class RulesOfReports:
    """What may be asked of aliases and evaluations, and what must be answered."""

    models = Bundle("models")
    versions = Bundle("versions")
    plain: dict[str, PlainModel]
    found: Any
    keyed: Any
    path: Any
    post: Any

    @rule(version=versions, alias=st.sampled_from(ALIASES), expected=EXPECTED)
    def set_alias(self, version, alias, expected):
        model, plain = self.found(version)
        body = {"version": plain.number} | ({} if expected == "any" else {"expect": expected})
        answer = self.keyed("PUT", f"/v1/models/{model.name}/aliases/{alias}", body)
        if self.told_of(answer, model, alias, expected):
            return
        if plain.state != "ready":
            assert (answer.status, answer.body["kind"]) == (409, "VersionNotReady")
            return
        model.point(alias, plain.number)
        self.stands(answer, model, alias)

    @rule(name=models, alias=st.sampled_from(ALIASES), expected=EXPECTED)
    def roll_back_alias(self, name, alias, expected):
        model = self.plain[name]
        path = f"/v1/models/{name}/aliases/{alias}/rollback"
        answer = self.keyed("POST", path, query=expecting(expected))
        if self.told_of(answer, model, alias, expected):
            return
        numbers = model.aliases.get(alias, [])
        if len(numbers) < 2:
            assert (answer.status, answer.body["kind"]) == ((409, "Conflict") if numbers else (404, "NotFound"))
        elif model.versions[numbers[1] - 1].state != "ready":
            assert (answer.status, answer.body["kind"]) == (409, "VersionNotReady")
        else:
            model.step_back(alias)
            self.stands(answer, model, alias)

    @rule(name=models, alias=st.sampled_from(ALIASES), expected=EXPECTED)
    def remove_alias(self, name, alias, expected):
        model = self.plain[name]
        answer = self.keyed("DELETE", f"/v1/models/{name}/aliases/{alias}", query=expecting(expected))
        if self.told_of(answer, model, alias, expected):
            return
        if alias not in model.aliases:
            assert answer.status == 404
            return
        model.unalias(alias)
        self.stands(answer, model, alias)

    @rule(version=versions, metrics=METRICS, ways=WAYS, part=st.booleans())
    def evaluate(self, version, metrics, ways, part):
        model, plain = self.found(version)
        ways = {name: way for name, way in ways.items() if name in metrics}
        reported = {name: {"value": value, "direction": ways.get(name)} for name, value in metrics.items()}
        body = {"metrics": reported, "slice": "de" if part else "", "attachments": [ATTACHED]}
        answer = self.post(f"{self.path(version)}/evaluations", body)
        refusal = model.evaluate(plain, metrics, ways, part=part)
        if refusal:
            assert (answer.status, answer.body["kind"]) == (409, refusal)
            return
        assert (answer.status, answer.body["evaluation"]["id"]) == (201, plain.revision)
        assert [each["digest"] for each in answer.body["uploads"]["items"]] in ([], [ATTACHED["digest"]])

    def told_of(self, answer: Answer, model: PlainModel, alias: str, expected: Any) -> bool:
        """Whether the alias stands for another than was expected, which the answer then says."""
        if model.holds(alias, expected):
            return False
        assert (answer.status, answer.body["kind"]) == (409, "AliasMoved")
        assert answer.body["facts"] == {"actual": model.aliases.get(alias, [None])[0]}
        return True

    def stands(self, answer: Answer, model: PlainModel, alias: str) -> None:
        number, *previous = model.aliases.get(alias, [None])
        assert answer.status == 200, answer
        assert answer.body == {"alias": alias, "version": number, "previous": previous}


def expecting(expected: Any) -> dict[str, str] | None:
    return None if expected == "any" else {"expect": "none" if expected is None else str(expected)}
