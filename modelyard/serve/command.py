"""`modelyard serve`: the registry on one machine."""

import errno
import json
import logging
import os
import socket
import sqlite3
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import click

from modelyard import settings
from modelyard.domain.errors import RegistryError
from modelyard.serve.identity import BadTokenFile, Identity, LocalUser, read_tokens
from modelyard.serve.neighbours import Neighbours, is_loopback
from modelyard.serve.premises import Occupied, Premises
from modelyard.wiring import Ports, embedded

MOST_WAITING = 1024
"""Connections that wait to be accepted."""

WILDCARDS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  # names them to refuse guessing an address


log = logging.getLogger(__name__)


@click.command("serve", epilog="\b\nmodelyard serve --port 8081 --data ./registry")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("data"),
    show_default=True,
    envvar=settings.DATA,
    show_envvar=True,
    help="The folder that holds everything.",
)
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Lines of NAME TOKEN, or NAME sha256:HEX; mode 0600. Without it everyone who gets here is the local user.",
)
@click.option(
    "--public-url",
    envvar=settings.PUBLIC_URL,
    show_envvar=True,
    help="The address that clients see, where a proxy stands before the server.",
)
@click.option(
    "--trusted-signers",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar=settings.TRUSTED_SIGNERS,
    show_envvar=True,
    help=f"Whom to trust to sign (docs/signatures.md). Default: {settings.SIGNERS_FILE} in the data folder, if any.",
)
@click.option("--access-log", is_flag=True, help="Log a line for each request.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document once it serves.")
def serve(
    *,
    host: str,
    port: int,
    data: Path,
    token_file: Path | None,
    public_url: str | None,
    trusted_signers: Path | None,
    access_log: bool,
    as_json: bool,
) -> None:
    """Serve a registry on this machine, with everything in one folder."""
    if token_file is None and not is_loopback(host):
        raise click.UsageError(
            f"others could reach {host} and would need no token. Name a file of tokens with --token-file, or listen on"
            " 127.0.0.1"
        )
    if public_url is None and host in WILDCARDS:
        raise click.UsageError(f"say with --public-url at which address clients reach {host or 'all addresses'}")
    try:
        tokens = None if token_file is None else read_tokens(token_file)
        # The folder may have been made by hand, for all to read; what is written into it is not.
        os.umask(0o077)
        if trusted_signers is not None:
            os.environ[settings.TRUSTED_SIGNERS] = str(trusted_signers)
        premises = Premises(data)
    except (BadTokenFile, Occupied) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"cannot use the folder {data}: {error.strerror}") from error
    try:
        with _listen(host, port) as listening:
            own = _url(host, listening.getsockname()[1])
            public = _checked(public_url or own)
            serving = json.dumps({"url": public, "data": str(data)}) if as_json else f"Serving {public} from {data}"
            _serve(listening, data, tokens, own, public, serving=serving, access_log=access_log)
    finally:
        premises.leave()


def _serve(
    listening: socket.socket,
    data: Path,
    tokens: Identity | None,
    own: str,
    public: str,
    *,
    serving: str,
    access_log: bool,
) -> None:
    os.environ |= {settings.DATA: str(data), settings.PUBLIC_URL: public}
    os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "WARNING")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    # Only now, because the functions' loggers read the environment, and because a client's installation lacks it.
    try:
        from modelyard.serve.page import Page  # noqa: PLC0415
        from modelyard.serve.server import Server  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{error.name} is not installed; run: pip install '.[serve]' in the repository"
        ) from error
    neighbours = Neighbours(own, public) if tokens is None else None
    if tokens is None and not is_loopback(urlsplit(public).hostname or ""):
        log.warning("whoever reaches %s needs no token; --token-file changes that", public)
    page = Page(public, "token" if tokens else "none")
    server = Server(_ports(), tokens or LocalUser(), neighbours, page, access_log=access_log)
    server.run(listening, lambda: _say(serving))


def _say(text: str) -> None:
    # Nobody may be reading, which is no reason not to serve.
    with suppress(OSError):
        click.echo(text)


def _ports() -> Ports:
    try:
        found = settings.read_settings(os.environ)
    except RegistryError as error:
        raise click.ClickException(error.detail) from error
    if not isinstance(found, settings.Embedded):
        raise click.ClickException(f"{settings.DATA} is empty; name a folder with --data")
    try:
        ports = embedded(found)
        if ports.signers:
            _check_signers(ports.signers)
    except RegistryError as error:
        raise click.ClickException(f"trusted signers: {error.field}: {error.detail}") from error
    except (OSError, sqlite3.Error) as error:
        raise click.ClickException(f"cannot use the folder {found.data}: {error}") from error
    return ports


def _check_signers(path: Path) -> None:
    """Invalid when the file of trusted signers breaks a rule."""
    from modelyard.signing.signers import read_signers  # noqa: PLC0415 -- cryptography, for who trusts somebody

    read_signers(settings.load_signers(path))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(MOST_WAITING)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            hint = "choose another: make serve PORT=8081, or modelyard serve --port 8081"
            raise click.ClickException(f"port {port} of {host} is in use; {hint}") from error
        raise click.ClickException(f"cannot listen on port {port} of {host}: {error.strerror}") from error
    listening.setblocking(False)
    return listening


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise click.UsageError(f"{url!r} is no address; --public-url is such as https://models.example.org")
    return url.rstrip("/")
