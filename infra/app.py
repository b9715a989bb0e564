"""Where `cdk` enters: the stack, its code bundle, and the rules it is held to."""

from pathlib import Path

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infra.bundling import function_code, target_python, warn_without_compiler
from infra.options import read_options
from infra.stack import ModelyardStack

ROOT = Path(__file__).resolve().parent.parent


PAGE = ROOT / "modelyard" / "page"
"""Where the page is built (`make page`)."""


def build(app: App, page: Path = PAGE) -> ModelyardStack:
    """The registry's stack in `app`, held to cdk-nag's AwsSolutions rules unless it is for an emulator."""
    options = read_options(app.node)
    code = function_code(ROOT, emulator=options.emulator)
    if not options.emulator:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    stack = ModelyardStack(app, "Modelyard", code=code, page=page, options=options)
    warn_without_compiler(stack, target_python(emulator=options.emulator))
    return stack


def main() -> None:
    """Synthesize."""
    app = App()
    build(app)
    app.synth()


if __name__ == "__main__":
    main()
