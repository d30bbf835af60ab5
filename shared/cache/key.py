"""Cache keys: equal only when the results must be equal."""

import hashlib

PREFIX = b"tidemill:1:"
"""Its number changes with the format of the values. An ACL of Redis can allow this prefix alone."""


class KeySpace:
    """Keys of one task, model version and preprocessing hash."""

    def __init__(self, task: str, *, model: str, version: str, preprocessing_hash: str) -> None:
        self._digest = hashlib.blake2b(digest_size=20)
        for part in (task, model, version, preprocessing_hash):
            encoded = part.encode()
            # With its length before it, no part can pass for the end of one and the start of another.
            self._digest.update(len(encoded).to_bytes(8))
            self._digest.update(encoded)

    def key(self, canonical_input: bytes) -> bytes:
        """Return the key of one input; 160 bits, so that no two inputs ever share one."""
        digest = self._digest.copy()
        digest.update(canonical_input)
        return PREFIX + digest.hexdigest().encode()
