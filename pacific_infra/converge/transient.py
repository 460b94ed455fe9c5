"""Tells transient failures, which are worth a retry, from failures that a user has to fix. Pure.

Pulumi's Kubernetes provider sends a create once: where the API server is just being started again, is busy or loses
the connection, the resource fails. Every object has a fixed name and is applied, so asking again makes none twice.
"""

import re
from collections.abc import Sequence

from pacific_infra.converge.engine_errors import Failure, unsummarized

_TRANSIENT = re.compile(
    "|".join(
        (
            r"connection refused",
            r"connection reset by peer",
            r"broken pipe",
            r"\bEOF\b",
            r"i/o timeout",
            r"TLS handshake timeout",
            r"Client\.Timeout exceeded",
            r"http2: server sent GOAWAY",
            r"stream error: stream ID",
            r"client connection lost",
            r"etcdserver: (leader changed|request timed out|no leader|server stopped)",
            r"(Service Unavailable|Bad Gateway|Gateway Timeout|Too Many Requests)",
            r"the server is currently unable to handle the request",
            r"the server was unable to return a response in the time allotted",
            r"the server has received too many requests",
            r"an error on the server \(.*\) has prevented the request from succeeding",
            r"apiserver (not ready|is shutting down)",
            # A webhook of this run, or of a controller that is just being started: it is asked again when it serves.
            r"failed calling (webhook|conversion webhook)",
            r"conversion webhook for .* failed",
            r"no endpoints available for service",
        )
    )
)


_LOGIN = re.compile(r"has asked for the client to provide credentials|\bUnauthorized\b")
"""The Kubernetes API's answer to an expired token. The next process logs in again."""


def are_transient(failures: Sequence[Failure], *, logged_in_again: bool = False) -> bool:
    """Whether all failures are transient: of the Kubernetes API, because of its connection, its load or an expired
    token. ``logged_in_again``: the token was renewed already, so another renewal does not help.

    Failures of vCenter are never transient here: its client has retried long enough.
    """
    causes = unsummarized(failures)
    return bool(causes) and all(
        _of_kubernetes(cause)
        and (_TRANSIENT.search(cause.message) or (not logged_in_again and wants_login(cause.message)))
        for cause in causes
    )


def wants_login(message: str) -> bool:
    """Whether a failure is because of an expired token of the Kubernetes API."""
    return _LOGIN.search(message) is not None


def _of_kubernetes(failure: Failure) -> bool:
    return failure.urn is not None and "kubernetes:" in failure.urn.rpartition("::")[0]
