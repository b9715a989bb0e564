"""`make demo`: the whole story on real models, told by the command line as a user would type it.

It ends by itself, leaves nothing behind but a downloaded wheel in `.cache`, and exits with 1 when anything differs.
"""

import filecmp
import shutil
import sys
import tempfile
import time
from pathlib import Path

from demo.cast import Trained, judge_again, train, unpack_onnx, write_safetensors
from demo.stage import Differs, Stage, Subscriber, expect, say, serving, title

NEEDED = 6 * 1024**3
"""Bytes of disk: the large file, the registry's copy and the one that is pulled, and some room."""


def main() -> int:
    """Tell the story; 0 when everything was as it should be."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="modelyard-demo-") as temporary:
        folder = Path(temporary)
        if shutil.disk_usage(folder).free < NEEDED:
            say(f"The story needs {NEEDED // 1024**3} GiB of free disk in {tempfile.gettempdir()}.")
            return 1
        try:
            tell(folder)
        except Differs as difference:
            say(f"\nNOT AS IT SHOULD BE: {difference}")
            return 1
    say(f"\nEverything was as it should be. It took {time.monotonic() - start:.0f} s, and nothing is left behind.")
    return 0


def tell(folder: Path) -> None:
    """The scenes, one after the other."""
    title("A registry starts, and somebody listens to it")
    with serving(folder) as url:
        stage = Stage(folder, url)
        with stage.subscriber() as subscriber:
            first, second = train_and_push(stage, folder, subscriber)
            push_onnx(stage, folder, subscriber)
            large = push_large(stage, folder, subscriber)
            promote(stage, subscriber)
            pull_back(stage, folder, second, large)
            prove_again(stage, subscriber)
            look_back(stage, subscriber, first, second)


def train_and_push(stage: Stage, folder: Path, subscriber: Subscriber) -> tuple[Trained, Trained]:
    """Two versions of one model."""
    title("scikit-learn trains a classifier of tumours twice, and both are pushed")
    made = []
    for number, (depth, trees) in enumerate(((1, 5), (8, 200)), start=1):
        trained = train(folder / f"try-{number}", depth=depth, trees=trees)
        say(f"   trained: {trees} trees of depth {depth}, AUC {trained.auc:.4f}")
        facts = [f"--metric=auc={trained.auc:.4f}", f"--metric=accuracy={trained.accuracy:.4f}"]
        facts += [f"--param=max_depth={depth}", f"--param=n_estimators={trees}", "--dataset=breast-cancer"]
        stage.command("push", "tumours", str(trained.path.relative_to(folder)), *facts, "--tag=team=oncology")
        made.append(trained)
    expect("both versions are ready: their bytes are proven", held=states(stage, "tumours/1", "tumours/2"))
    shown = stage.ask("show", "tumours/2")
    expect("the registry holds the metrics as given", held=shown["metrics"]["auc"] == round(made[1].auc, 4))
    subscriber.wait_for(lambda event: event["type"] == "version.verified" and event["version"] == 2)
    subscriber.tell()
    return made[0], made[1]


def push_onnx(stage: Stage, folder: Path, subscriber: Subscriber) -> None:
    """A folder of several files."""
    title("An ONNX model that a PyPI wheel ships is pushed as it is")
    unpack_onnx(folder / "magika")
    stage.command("push", "magika", "magika", "--tag=format=onnx", "--description=Tells what is in a file")
    stage.command("show", "magika/1")
    again = stage.ask("push", "magika", "magika")
    expect(f"pushed again, it is version {again['version']} with the same digest", held=same_digest(stage))
    subscriber.wait_for(lambda event: event["type"] == "version.verified" and event["model"]["name"] == "magika")
    subscriber.tell()


def push_large(stage: Stage, folder: Path, subscriber: Subscriber) -> Path:
    """One large file, in parts."""
    title("A safetensors file of 1.5 GiB")
    start = time.perf_counter()
    large = write_safetensors(folder / "weights.safetensors")
    say(f"   written in {time.perf_counter() - start:.1f} s")
    stage.command("push", "giant", large.name, moves=large.stat().st_size)
    shown = stage.ask("show", "giant/1")
    (file,) = shown["files"]
    expect(f"proven by its tree digest, {file['digest'][:28]}...", held=file["digest"].startswith("sha256-tree:"))
    subscriber.wait_for(lambda event: event["type"] == "version.verified" and event["model"]["name"] == "giant")
    subscriber.tell()
    return large


def promote(stage: Stage, subscriber: Subscriber) -> None:
    """The first version goes to production, and the second takes its place."""
    title("The first version goes to production, then the better one takes its place")
    stage.command("promote", "tumours/1", "production", "--comment", "the first that works")
    stage.command("promote", "tumours/2", "production", "--replace", "--comment", "more trees, better AUC")
    stage.refused("promote", "tumours/2", "everywhere")
    expect("tumours/1 is archived", held=stage.ask("show", "tumours/1")["stage"] == "archived")
    subscriber.wait_for(lambda event: event["type"] == "version.replaced")
    subscriber.tell()


def pull_back(stage: Stage, folder: Path, trained: Trained, large: Path) -> None:
    """What comes back is what was sent."""
    title("What stands in production is pulled, and so is the large file")
    stage.command("pull", "tumours/production", "served")
    pulled = folder / "served" / trained.path.name
    expect("it is the second version, byte for byte", held=filecmp.cmp(trained.path, pulled, shallow=False))
    expect(f"it still works: AUC {trained.auc:.4f}", held=judge_again(pulled) == trained.auc)
    stage.command("pull", "giant", "giant", moves=large.stat().st_size)
    same = filecmp.cmp(large, folder / "giant" / large.name, shallow=False)
    expect("the large file came back byte for byte", held=same)


def prove_again(stage: Stage, subscriber: Subscriber) -> None:
    """Storage is read anew."""
    title("Months later: are the bytes still what they were? Storage is read again")
    stage.command("verify", "giant/1", moves=stage.ask("show", "giant/1")["size"])
    expect("every byte was read and is right", held=stage.ask("show", "giant/1")["proof"] == "bytes")
    subscriber.wait_for(lambda event: event["type"] == "version.challenged")


def look_back(stage: Stage, subscriber: Subscriber, first: Trained, second: Trained) -> None:
    """The journal has it all, and the subscriber missed nothing of it."""
    title("What happened, as the journal has it")
    stage.command("list")
    stage.command("history", "tumours")
    better = second.auc - first.auc
    events = stage.ask("history", "tumours")["items"]
    heard = [event["sequence"] for event in subscriber.heard if event["model"]["name"] == "tumours"]
    whole = sorted(set(heard)) == list(range(1, len(events) + 1))
    expect(f"the subscriber heard all {len(events)} entries, without a gap", held=whole)
    say(f"   The model in production is better by {better:.4f} AUC than the one it replaced.")


def states(stage: Stage, *references: str) -> bool:
    """Whether all these versions are ready."""
    return all(stage.ask("show", reference)["state"] == "ready" for reference in references)


def same_digest(stage: Stage) -> bool:
    """Whether both versions of the ONNX model have the same content."""
    return bool(stage.ask("show", "magika/1")["digest"] == stage.ask("show", "magika/2")["digest"])


if __name__ == "__main__":
    sys.exit(main())
