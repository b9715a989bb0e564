"""A Modelyard of one machine whose blobs lie in an S3 bucket: what the transfer benchmark runs beside SeaweedFS."""

import argparse
import dataclasses
import socket
from datetime import datetime
from pathlib import Path

import boto3
from botocore.config import Config

from modelyard.adapters.s3 import S3_CONFIG, S3Blobs
from modelyard.serve.identity import LocalUser
from modelyard.serve.page import Page
from modelyard.serve.server import Server
from modelyard.settings import Embedded, Limits
from modelyard.wiring import embedded


class BucketBlobs(S3Blobs):
    """Of which the embedded server also asks what a bucket's lifecycle does."""

    def sweep_uploads(self, _older_than: datetime) -> int:
        """Nothing: the benchmark leaves none."""
        return 0


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--bucket", required=True)
    options = parser.parse_args()
    config = Config(**S3_CONFIG)
    client = boto3.session.Session().client("s3", endpoint_url=options.endpoint, config=config)
    own = embedded(Embedded(options.data, f"http://127.0.0.1:{options.port}", Limits()))
    blobs = BucketBlobs(lambda: client, options.bucket, link=own.limits.link, clock=own.clock)
    with socket.create_server(("127.0.0.1", options.port)) as listening:
        listening.setblocking(False)
        page = Page(f"http://127.0.0.1:{options.port}", "none")
        Server(dataclasses.replace(own, blobs=blobs), LocalUser(), None, page).run(listening, lambda: None)


if __name__ == "__main__":
    main()
