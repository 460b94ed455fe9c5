"""A Supervisor that is there and does not answer is refused, after its time was said."""

import asyncio
import socket

import pytest

from pacific_infra.converge.look_up import Holders, NoAnswer, api_silence
from pacific_infra.errors import PacificErrors


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_nobody_at_an_address_is_said_until_it_is_given_up() -> None:
    said: list[str] = []
    address = f"127.0.0.1:{free_port()}"
    silence = api_silence("urn", "Supervisor one", address, 443, lambda text, _left: said.append(text), 1.0)
    answer = asyncio.run(silence)
    assert isinstance(answer, NoAnswer)
    assert answer.what.startswith(f"Supervisor one at {address} does not answer: ")
    assert said
    assert {text.partition(" (")[0] for text in said} == {f"Supervisor one at {address} does not answer"}


def test_silence_is_refused_and_says_that_nothing_is_forgotten() -> None:
    Holders().require_answers()
    with pytest.raises(PacificErrors) as refused:
        Holders((), [NoAnswer("urn", "Supervisor one at 10.0.0.1:6443 does not answer: timed out")]).require_answers()
    assert str(refused.value) == (
        "Supervisor one at 10.0.0.1:6443 does not answer: timed out: fix: nothing was changed, and nothing is "
        "forgotten; run the same command again when it answers"
    )
