import math

import pytest

from pacific_sandbox.spherelet.simulated.script import Script, understood

ENVIRONMENT = {"WHO": "world"}


def shell(text: str) -> Script:
    script = understood(["sh", "-c", text], ENVIRONMENT)
    assert script is not None
    return script


@pytest.mark.parametrize(
    ("words", "duration", "exit_code"),
    [
        (["true"], 0.0, 0),
        (["/bin/false"], 0.0, 1),
        (["sleep", "2"], 2.0, 0),
        (["sleep", "1m", "0.5"], 60.5, 0),
        (["sleep", "infinity"], math.inf, 0),
        (["/bin/sh", "-c", "exit 3"], 0.0, 3),
        (["sh", "-c", "sleep 1; exit 300"], 1.0, 44),
        (["sh", "-c", "false && exit 5; true || exit 6; sleep 2"], 2.0, 0),
        (["sh", "-c", "false || exit 7"], 0.0, 7),
        (["sh", "-ec", "false\nsleep 5"], 0.0, 1),
        (["sh", "-c", "set -e; false || true; exec sleep 4; exit 9"], 4.0, 0),
        (["sh", "-c", "while true; do sleep 2; exit 4; done"], 2.0, 4),
        (["sh", "-c", "until true; do sleep 9; done; exit 2"], 0.0, 2),
        (["sh", "-c", "# nothing\nwhile :; do sleep 3; break; done; false"], 3.0, 1),
    ],
)
def test_what_ends_when_and_how(words: list[str], duration: float, exit_code: int) -> None:
    script = understood(words, {})
    assert script is not None
    assert (script.duration, script.exit_code) == (duration, exit_code)


@pytest.mark.parametrize(
    "words",
    [
        ["nginx"],
        ["sh", "-c", "nginx -g 'daemon off;'"],
        ["sh", "-c", "echo a | cat"],
        ["sh", "-c", "echo $(date)"],
        ["sh", "-c", "sleep 1 & wait"],
        ["sh", "-c", "while true; do"],
        ["sh", "-c", "true &&"],
        ["sleep", "soon"],
        ["sh"],
        [],
    ],
)
def test_what_is_not_understood(words: list[str]) -> None:
    assert understood(words, {}) is None


def test_echo_with_quotes_variables_and_redirections() -> None:
    script = shell("""echo "hello $WHO" 'and $WHO' x${WHO}y;sleep 1;echo -n oops >&2; echo lost > /tmp/file""")
    assert [(line.at, line.text, line.error) for line in script.lines] == [
        (0.0, "hello world and $WHO xworldy", False),
        (1.0, "oops", True),
    ]


def test_a_loop_prints_for_ever() -> None:
    script = shell("echo start; sleep 1; while true; do echo tick; sleep 2; echo tock; done")
    assert script.duration == math.inf
    messages = [(line.at, line.text) for line in script.output(-math.inf, 5.0)]
    assert messages == [(0.0, "start"), (1.0, "tick"), (3.0, "tock"), (3.0, "tick"), (5.0, "tock"), (5.0, "tick")]
    assert [line.at for line in script.output(1000.0, 1003.0)] == [1001.0, 1001.0, 1003.0, 1003.0]


def test_a_loop_without_pause_turns_once_a_second() -> None:
    assert [line.at for line in shell("while true; do echo x; done").output(-math.inf, 2.5)] == [0.0, 1.0, 2.0]


def test_who_traps_the_signal_ignores_it() -> None:
    assert shell("trap '' TERM; sleep 3600").ignores_termination
    assert not shell("sleep 3600").ignores_termination
