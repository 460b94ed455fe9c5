"""Pulumi's state in S3, or in a server that speaks like it, as the engine keeps it there. Needs the extra ``s3``."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pacific_infra.errors import PacificError

if TYPE_CHECKING:
    from collections.abc import Callable

_MISSING = ("404", "NoSuchKey")
_THERE_ALREADY = ("412", "PreconditionFailed", "409", "ConditionalRequestConflict")


@dataclass(frozen=True)
class S3Bucket:
    """A bucket by Pulumi's URL of it, ``s3://BUCKET/PREFIX?region=R&endpoint=E&s3ForcePathStyle=true``."""

    text: str

    @property
    def url(self) -> str:
        """Its address."""
        return self.text.partition("?")[0]

    @property
    def _bucket(self) -> str:
        return urlsplit(self.text).netloc

    @cached_property
    def _client(self) -> Any:
        query = dict(parse_qsl(urlsplit(self.text).query))
        path_style = "true" in (query.get("s3ForcePathStyle"), query.get("use_path_style"))
        plain = "true" in (query.get("disableSSL"), query.get("disable_https"))
        endpoint = query.get("endpoint")
        if endpoint and "://" not in endpoint:
            endpoint = f"{'http' if plain else 'https'}://{endpoint}"
        session = boto3.Session(profile_name=query.get("profile"), region_name=query.get("region"))
        style = {"addressing_style": "path"} if path_style else {}
        timeouts = {"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 3}}
        return session.client("s3", endpoint_url=endpoint, config=Config(s3=style, **timeouts))

    def get(self, key: str) -> bytes | None:
        """The content of a key; None: it is not there."""
        answer = self._answer(lambda: self._client.get_object(Bucket=self._bucket, Key=key), _MISSING)
        return None if answer is None else bytes(answer["Body"].read())

    def put(self, key: str, content: bytes) -> None:
        """Write, or replace, the content of a key."""
        self._answer(lambda: self._client.put_object(Bucket=self._bucket, Key=key, Body=content))

    def put_new(self, key: str, content: bytes) -> bool:
        """Write a key that is not there yet; whether it was not there."""

        def put() -> Any:
            return self._client.put_object(Bucket=self._bucket, Key=key, Body=content, IfNoneMatch="*")

        return self._answer(put, _THERE_ALREADY) is not None

    def delete(self, key: str) -> None:
        """Remove a key, if it is there."""
        self._answer(lambda: self._client.delete_object(Bucket=self._bucket, Key=key))

    def keys(self, prefix: str) -> list[str]:
        """The keys that begin with ``prefix``, in order."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        listed: list[Any] = self._answer(lambda: list(pages))
        return sorted(item["Key"] for page in listed for item in page.get("Contents", ()))

    def version(self, key: str) -> str | None:
        """Another one whenever other content of the key has been written; None: it is not there."""
        answer = self._answer(lambda: self._client.head_object(Bucket=self._bucket, Key=key), _MISSING)
        return None if answer is None else f"{answer['ContentLength']} {answer['ETag']}"

    def _answer(self, ask: "Callable[[], Any]", expected: tuple[str, ...] = ()) -> Any:
        """What S3 answers; None for an error whose code is one of ``expected``. Raises PacificError."""
        try:
            return ask()
        except ClientError as error:
            if error.response["Error"]["Code"] in expected:
                return None
            raise PacificError(f"S3 refuses: {error.response['Error'].get('Message')}", place=self.url) from None
        except BotoCoreError as error:
            raise PacificError(f"S3 does not answer: {error}", place=self.url) from None
