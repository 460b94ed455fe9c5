"""Secrets that Pulumi has encrypted with a passphrase, in a stack's record and in its configuration.

Formats are those of pkg/secrets/passphrase/manager.go and sdk/go/common/resource/config/crypt.go of
github.com/pulumi/pulumi v3.274.1: AES-256-GCM with a key that PBKDF2 makes of the passphrase.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from pacific_infra.errors import PacificError

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key by which the engine marks a secret, an object with the ciphertext, and other values that are not plain."""
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the same for all secrets
ROUNDS = 1_000_000
"""Rounds of PBKDF2: a fifth of a second, in which a command does other work."""
_PROOF = "pulumi"
"""Text in the salt, encrypted: who can read it has the right passphrase."""


class WrongPassphrase(PacificError):
    """The secrets were encrypted with another passphrase."""


def is_recorded_secret(value: Any) -> bool:
    """Whether ``value`` is a secret as the record has it, encrypted."""
    return isinstance(value, Mapping) and value.get(SIGNATURE) == SECRET_SIGNATURE


def passphrase_of(environment: Mapping[str, str]) -> str | None:
    """The passphrase that Pulumi's variables give; None where they give none, or its file cannot be read."""
    if (phrase := environment.get("PULUMI_CONFIG_PASSPHRASE")) is not None:
        return phrase
    try:
        return Path(environment.get("PULUMI_CONFIG_PASSPHRASE_FILE") or "").read_text().strip()
    except OSError:
        return None


def plain(value: Any, decrypt: Callable[[str], str]) -> Any:
    """A recorded value with all secrets in it in the open. ``decrypt``: gives the plain text of a ciphertext."""
    if is_recorded_secret(value):
        return plain(json.loads(decrypt(str(value.get("ciphertext")))), decrypt)
    if isinstance(value, Mapping):
        return {key: plain(inner, decrypt) for key, inner in value.items()}
    return [plain(inner, decrypt) for inner in value] if isinstance(value, list) else value


def decrypter_of(salt: str, passphrase: str) -> "Decrypter":
    """The only one of this process: the stacks of an estate and their configuration share one key.

    Raises PacificError as Decrypter does.
    """
    with _making:
        return _decrypter(salt, passphrase)


_making = threading.Lock()


@cache
def _decrypter(salt: str, passphrase: str) -> "Decrypter":
    return Decrypter(salt, passphrase)


class Decrypter:
    """Decrypts what was encrypted with one salt; its key is made meanwhile, in a thread."""

    def __init__(self, salt: str, passphrase: str) -> None:
        """``salt``: ``encryptionsalt`` of Pulumi.STACK.yaml, ``v1:SALT:v1:NONCE:CIPHERTEXT``. Raises PacificError where
        it has another form.
        """
        version, _, rest = salt.partition(":")
        text, _, self._proof = rest.partition(":")
        if version != "v1" or not self._proof:
            raise PacificError("the encryption salt is of an unknown form", value=salt)
        executor = ThreadPoolExecutor(1)
        self._key = executor.submit(
            hashlib.pbkdf2_hmac, "sha256", passphrase.encode(), base64.b64decode(text), ROUNDS, dklen=32
        )
        executor.shutdown(wait=False)

    def check(self) -> None:
        """Raises WrongPassphrase where it is another one."""
        self._decrypt(self._proof)

    def text(self, ciphertext: str) -> str:
        """The plain text of ``v1:NONCE:CIPHERTEXT``. Raises WrongPassphrase, and PacificError for another form."""
        self.check()
        return self._decrypt(ciphertext)

    def _decrypt(self, text: str) -> str:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - most commands decrypt nothing
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        try:
            version, *parts = text.split(":")
            nonce, ciphertext = map(base64.b64decode, parts)
            if version != "v1":
                raise ValueError(version)
            return AESGCM(self._key.result()).decrypt(nonce, ciphertext, None).decode()
        except InvalidTag:
            raise WrongPassphrase("its secrets are encrypted with another passphrase") from None
        except ValueError:
            raise PacificError("a secret is encrypted in an unknown form") from None
