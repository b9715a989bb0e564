"""Where `cdk` enters: the stack, its code bundle, and the rules it is held to."""

from pathlib import Path

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infra.bundling import SIGNERS, function_code, target_python, warn_without_compiler
from infra.functions import Codes
from infra.options import Options, read_options
from infra.stack import ModelyardStack
from modelyard.settings import load_signers

ROOT = Path(__file__).resolve().parent.parent


PAGE = ROOT / "modelyard" / "page"
"""Where the page is built (`make page`)."""


def build(app: App, page: Path = PAGE) -> ModelyardStack:
    """The registry's stack in `app`, held to cdk-nag's AwsSolutions rules unless it is for an emulator."""
    options = read_options(app.node)
    code = function_codes(ROOT, options)
    if not options.emulator:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    stack = ModelyardStack(app, "Modelyard", code=code, page=page, options=options)
    warn_without_compiler(stack, target_python(emulator=options.emulator))
    return stack


def function_codes(root: Path, options: Options) -> Codes:
    """The bundles of the functions. Invalid when the file of trusted signers breaks a rule."""
    signers = _trusted(Path(options.signers)) if options.signers else b""
    plain = function_code(root, emulator=options.emulator)
    signing = function_code(root, emulator=options.emulator, signing=True, signers=signers)
    return Codes(plain, signing, SIGNERS if signers else "")


def _trusted(path: Path) -> bytes:
    from modelyard.signing.signers import read_signers  # noqa: PLC0415 -- cryptography, for who trusts somebody

    signers = load_signers(path)
    read_signers(signers)
    return signers


def main() -> None:
    """Synthesize."""
    app = App()
    build(app)
    app.synth()


if __name__ == "__main__":
    main()
