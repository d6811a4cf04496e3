"""The passwords and keys of one local stack: made once, kept in a file that only its owner reads."""

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True, slots=True, repr=False)
class SecretValues:
    """Everything random that has to stay the same from one start to the next."""

    state_id: str
    secret_key: str
    field_key: str
    lookup_key: str
    postgres_password: str
    postgres_owner_password: str
    valkey_password: str
    operator_password: str
    api_key: str

    @classmethod
    def generate(cls) -> "SecretValues":
        """Draw new ones, each in the form its reader expects."""
        return cls(
            state_id=secrets.token_hex(8),
            secret_key=secrets.token_urlsafe(48),
            field_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            lookup_key=secrets.token_hex(32),
            postgres_password=secrets.token_hex(16),
            postgres_owner_password=secrets.token_hex(16),
            valkey_password=secrets.token_hex(16),
            operator_password=secrets.token_urlsafe(12),
            api_key=f"bp_test_{secrets.token_hex(20)}",
        )

    @classmethod
    def load(cls, path: Path) -> "SecretValues":
        """Read the file, or make it. What an older file lacks is added."""
        stored: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        known = {name: value for name, value in stored.items() if name in {field.name for field in fields(cls)}}
        values = cls(**{**asdict(cls.generate()), **known})
        if asdict(values) != stored:
            write_private(path, json.dumps(asdict(values), indent=2))
        return values


def write_private(path: Path, text: str) -> None:
    """Replace a file at once with one that only its owner may read."""
    aside = path.with_name(f"{path.name}.new")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    aside.replace(path)
