"""Passwords of the web console, kept as scrypt hashes (RFC 7914)."""

from __future__ import annotations

import hashlib
import hmac
import secrets

COST = 17  # log2 of N: 128 MB and about half a second, which OWASP's password storage cheat sheet advises
BLOCK, SALT_BYTES, HASH_BYTES = 8, 16, 32
SHORTEST = 12  # characters


def hash_password(password: str) -> str:
    """A line for `console.passwords`: the cost, a random salt and the hash."""
    salt = secrets.token_bytes(SALT_BYTES)
    return f"scrypt:{COST}:{salt.hex()}:{_derive(password, salt, COST).hex()}"


def verify_password(password: str, stored: str | None) -> bool:
    """Whether it is the password of that hash. Without a hash it takes as long, so that nobody learns who has one."""
    _, cost, salt, expected = (stored or f"scrypt:{COST}:{'0' * SALT_BYTES * 2}:{'0' * HASH_BYTES * 2}").split(":")
    found = _derive(password, bytes.fromhex(salt), int(cost))
    return hmac.compare_digest(found.hex(), expected) and stored is not None


def _derive(password: str, salt: bytes, cost: int) -> bytes:
    memory = 128 * BLOCK * (1 << cost) + (1 << 20)
    return hashlib.scrypt(password.encode(), salt=salt, n=1 << cost, r=BLOCK, p=1, maxmem=memory, dklen=HASH_BYTES)
