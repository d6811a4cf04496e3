from base64 import b64decode
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from transactions.providers.payout.mpesa.credential import SecurityCredential
from transactions.tests.providers.mpesa_gateway import PASSWORD, make_expired_certificate, write_certificate

PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize("encoding", [PEM, DER])
@pytest.mark.parametrize("password", [PASSWORD, "Safaricom999!*!", "pä#ss"])
def test_safaricom_can_decrypt_the_raw_password(
    tmp_path: Path, key: rsa.RSAPrivateKey, encoding: serialization.Encoding, password: str
) -> None:
    path = write_certificate(tmp_path / "certificate", key, encoding)

    credential = SecurityCredential(password=password, certificate_path=path)

    assert len(credential.value) == 344
    assert key.decrypt(b64decode(credential.value, validate=True), padding.PKCS1v15()) == password.encode()


def test_the_padding_is_random(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    path = write_certificate(tmp_path / "certificate", key, PEM)

    values = {SecurityCredential(password=PASSWORD, certificate_path=path).value for _ in range(3)}

    assert len(values) == 3


def test_the_fingerprint_is_that_of_the_certificate(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    path = write_certificate(tmp_path / "certificate", key, DER)

    digest = hashes.Hash(hashes.SHA256())
    digest.update(path.read_bytes())

    fingerprint = SecurityCredential(password=PASSWORD, certificate_path=path).fingerprint
    assert fingerprint == ":".join(f"{byte:02X}" for byte in digest.finalize())


def test_a_key_that_is_not_rsa_is_refused(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    sound, other = make_expired_certificate(key), ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder(sound.issuer, sound.subject, other.public_key(), 1)
        .not_valid_before(sound.not_valid_before_utc)
        .not_valid_after(sound.not_valid_after_utc)
        .sign(other, hashes.SHA256())
    )
    (tmp_path / "certificate").write_bytes(certificate.public_bytes(PEM))

    with pytest.raises(ValueError, match="not RSA"):
        SecurityCredential(password=PASSWORD, certificate_path=tmp_path / "certificate")


@pytest.mark.parametrize("password", ["", "x" * 246])
def test_a_password_that_cannot_be_encrypted_is_refused(tmp_path: Path, key: rsa.RSAPrivateKey, password: str) -> None:
    path = write_certificate(tmp_path / "certificate", key, PEM)

    with pytest.raises(ValueError, match="empty or too long"):
        SecurityCredential(password=password, certificate_path=path)


def test_the_password_is_not_kept(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    credential = SecurityCredential(
        password=PASSWORD, certificate_path=write_certificate(tmp_path / "certificate", key, PEM)
    )

    assert PASSWORD not in str(vars(credential))
    assert credential.value not in repr(credential)
