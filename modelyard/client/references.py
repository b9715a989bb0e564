"""References as users type them, taken apart. Whether they name anything is the registry's to say."""

from dataclasses import dataclass

from modelyard.client.errors import Unusable


@dataclass(frozen=True, slots=True)
class Reference:
    """`text` without MLflow's `models:/`; the model's name; and the version's number where one is written."""

    text: str
    name: str
    number: int | None

    @property
    def is_model(self) -> bool:
        """Whether nothing but a model is named."""
        return self.text == self.name


def read_reference(text: str) -> Reference:
    """`churn`, `churn/1`, `churn/production`, `churn@champion` or any of them after `models:/`."""
    bare = text.removeprefix("models:/")
    name, slash, selector = bare.partition("/")
    name = name.partition("@")[0]
    if not name or (slash and not selector):
        hint = "a reference is like churn, churn/1, churn/production or models:/churn/1"
        raise Unusable(f"{text!r} names nothing", field="reference", hint=hint)
    numbered = selector.isascii() and selector.isdecimal() and len(selector) <= 10 and not selector.startswith("0")
    return Reference(bare, name, int(selector) if numbered else None)
