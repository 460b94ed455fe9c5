"""A simulated S3 on loopback (moto), in this process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from moto.server import ThreadedMotoServer

LOGIN = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
"""What the simulation takes for an account; the last keeps the SDKs from looking for another one."""


@contextmanager
def s3_server(bucket: str) -> Iterator[str]:
    """Serve a new bucket in the block; gives its URL as Pulumi takes it. ``LOGIN`` has to be in the environment."""
    import boto3  # noqa: PLC0415 - it takes long to import, and few tests need it

    assert LOGIN.items() <= os.environ.items()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1")
        client.create_bucket(Bucket=bucket)
        yield f"s3://{bucket}?region=us-east-1&endpoint=http://{host}:{port}&s3ForcePathStyle=true"
    finally:
        server.stop()
