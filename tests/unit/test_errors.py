"""The one error that the product raises on purpose."""

import pytest

from pacific_infra.errors import PacificError


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgres://alice:s3cret@db.example.test:5432/state", "postgres://alice:***@db.example.test:5432/state"),
        ("postgres://alice:a@b@db.example.test/state", "postgres://alice:***@db.example.test/state"),
        ("https://:token@git.example.test/estate.git", "https://:***@git.example.test/estate.git"),
        ("postgres://alice@db.example.test:5432/state", "postgres://alice@db.example.test:5432/state"),
        ("https://git.example.test:8443/a@b", "https://git.example.test:8443/a@b"),
        ("write alice@vsphere.local: a user", "write alice@vsphere.local: a user"),
    ],
)
def test_the_password_of_a_url_is_not_shown(url: str, shown: str) -> None:
    error = PacificError(f'cannot open "{url}"', place=url, value=url, fix=url)
    assert str(error) == f"{shown}: cannot open \"{shown}\": got '{shown}'; fix: {shown}"
    assert (error.problem, error.place, error.value, error.fix) == (f'cannot open "{shown}"', shown, shown, shown)
