"""Secrets as Pulumi encrypts them with a passphrase."""

import base64
import hashlib
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pacific_infra.record.secrets import ROUNDS

SALT = "v1:fozI5u6B030=:v1:F+6ZduKKd8G0/V7L:PGMFeIzwobWRKmEAzUdaQHqC5mMRIQ=="
"""From Pulumi's own test, pkg/secrets/passphrase/manager_test.go."""
PASSPHRASE = "password"


def encrypted(text: str) -> str:
    """As Pulumi's EncryptValue writes it."""
    salt = base64.b64decode(SALT.split(":")[1])
    key = hashlib.pbkdf2_hmac("sha256", PASSPHRASE.encode(), salt, ROUNDS, dklen=32)
    nonce = os.urandom(12)
    parts = (nonce, AESGCM(key).encrypt(nonce, text.encode(), None))
    return ":".join(("v1", *(base64.b64encode(part).decode() for part in parts)))
