"""Secrets that Pulumi has encrypted with a passphrase."""

import json
from pathlib import Path

import pytest

from pacific_infra.errors import PacificError
from pacific_infra.record.secrets import (
    SECRET_SIGNATURE,
    SIGNATURE,
    Decrypter,
    WrongPassphrase,
    passphrase_of,
    plain,
)
from tests.support.passphrase_secrets import PASSPHRASE, SALT, encrypted


def test_what_pulumi_has_encrypted_is_read() -> None:
    proof = SALT.split(":", 2)[2]
    assert Decrypter(SALT, PASSPHRASE).text(proof) == "pulumi"


def test_secrets_in_the_depth_of_a_value_are_opened() -> None:
    secret = {SIGNATURE: SECRET_SIGNATURE, "ciphertext": encrypted(json.dumps({"web": ["é", 1]}))}
    decrypter = Decrypter(SALT, PASSPHRASE)
    assert plain({"a": [secret], "b": "plain"}, decrypter.text) == {"a": [{"web": ["é", 1]}], "b": "plain"}


def test_another_passphrase_is_refused() -> None:
    with pytest.raises(WrongPassphrase, match=r"^its secrets are encrypted with another passphrase$"):
        Decrypter(SALT, "another").text(encrypted("x"))


@pytest.mark.parametrize("salt", ["", "v1:fozI5u6B030=", "v2:fozI5u6B030=:v1:a:b", "salt"])
def test_a_salt_of_another_form_is_refused(salt: str) -> None:
    with pytest.raises(PacificError, match="the encryption salt is of an unknown form"):
        Decrypter(salt, PASSPHRASE)


@pytest.mark.parametrize("ciphertext", ["", "v1:a", "v2:AAAA:AAAA", "v1:a:b:c", "v1:é:AAAA"])
def test_a_secret_of_another_form_is_refused(ciphertext: str) -> None:
    with pytest.raises(PacificError, match=r"^a secret is encrypted in an unknown form$"):
        Decrypter(SALT, PASSPHRASE).text(ciphertext)


def test_the_passphrase_comes_from_the_variable_or_else_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text(" of the file\n")
    variables = {"PULUMI_CONFIG_PASSPHRASE_FILE": str(file)}
    assert passphrase_of(variables) == "of the file"
    assert passphrase_of(variables | {"PULUMI_CONFIG_PASSPHRASE": ""}) == ""
    assert passphrase_of({}) is None
    assert passphrase_of({"PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "none")}) is None
