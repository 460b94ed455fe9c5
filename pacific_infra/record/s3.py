"""Pulumi's state in S3, or in a server that speaks like it, as the engine keeps it there. Needs the extra ``s3``."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError

from pacific_infra.errors import PacificError
from pacific_infra.record.s3_arguments import S3Arguments
from pacific_infra.record.s3_refusals import SDK_ERRORS, no_answer, refusal

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
    def _arguments(self) -> S3Arguments:
        return S3Arguments.of(self.text, os.environ)

    @cached_property
    def _client(self) -> Any:
        arguments = self._arguments
        session = boto3.Session(profile_name=arguments.profile, region_name=arguments.region)
        if session.region_name is None:
            fix = "write region=REGION in the URL, or set AWS_REGION"
            raise PacificError("no region is named", place=self.url, fix=fix)
        return session.client("s3", endpoint_url=arguments.endpoint, config=arguments.configuration)

    def get(self, key: str) -> bytes | None:
        """The content of a key; None: it is not there."""

        def read() -> bytes:
            return bytes(self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read())

        content: bytes | None = self._answer(read, _MISSING)
        return content

    def put(self, key: str, content: bytes) -> None:
        """Write, or replace, the content of a key."""
        self._answer(lambda: self._put(key, content))

    def put_new(self, key: str, content: bytes) -> bool:
        """Write a key that is not there yet; whether it was not there."""
        return self._answer(lambda: self._put(key, content, IfNoneMatch="*"), _THERE_ALREADY) is not None

    def _put(self, key: str, content: bytes, **condition: str) -> Any:
        encryption = self._arguments.encryption
        return self._client.put_object(Bucket=self._bucket, Key=key, Body=content, **encryption, **condition)

    def delete(self, key: str) -> None:
        """Remove a key, if it is there."""
        self._answer(lambda: self._client.delete_object(Bucket=self._bucket, Key=key))

    def keys(self, prefix: str) -> list[str]:
        """The keys that begin with ``prefix``, in order."""
        return list(self.versions(prefix))

    def versions(self, prefix: str) -> Mapping[str, str]:
        """The versions of all keys that begin with ``prefix``, by key and in its order: one question for 1,000."""

        def read() -> list[Any]:
            return list(self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix))

        items = [item for page in self._answer(read) for item in page.get("Contents", ())]
        return {item["Key"]: f"{item['Size']} {item['ETag']}" for item in sorted(items, key=lambda item: item["Key"])}

    def version(self, key: str) -> str | None:
        """Another one whenever other content of the key has been written; None: it is not there."""
        answer = self._answer(lambda: self._client.head_object(Bucket=self._bucket, Key=key), _MISSING)
        return None if answer is None else f"{answer['ContentLength']} {answer['ETag']}"

    def _answer(self, ask: Callable[[], Any], expected: tuple[str, ...] = ()) -> Any:
        """What S3 answers; None for an error whose code is one of ``expected``. Raises PacificError."""
        try:
            return ask()
        except ClientError as error:
            if error.response["Error"]["Code"] in expected:
                return None
            raise refusal(error, self.url) from None
        except SDK_ERRORS as error:
            raise no_answer(error, self.url) from None
