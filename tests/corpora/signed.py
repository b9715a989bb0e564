"""Made `samples/signed/`: signatures by the model-signing package, which is too large to install for a test.

Run with model-signing (1.1.1) and pyopenssl: python tests/corpora/signed.py
"""

import pathlib
import tempfile
from datetime import UTC, datetime, timedelta

import model_signing
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HERE = pathlib.Path(__file__).parent / "samples/signed"
PART = 64 * 1024**2
START = datetime(2020, 1, 1, tzinfo=UTC)


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def certificate(name, key, issuer=None, issuer_key=None, *, authority):
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    signing = issuer_key or key
    usage = x509.KeyUsage(not authority, False, False, False, False, authority, authority, False, False)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
    )
    return made.sign(signing, hashes.SHA256())


def model(folder, *, large):
    (folder / "sub").mkdir(parents=True)
    (folder / "sub/b.txt").write_bytes(b"b")
    (folder / "sub-a.txt").write_bytes(b"a")
    (folder / "README.md").write_bytes(b"# A model\n")
    if large:
        with (folder / "large.bin").open("wb") as file:
            file.truncate(2 * PART + 5)
    return folder


def make():
    HERE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        small, large = model(work / "small", large=False), model(work / "large", large=True)
        for curve in (ec.SECP256R1, ec.SECP384R1):
            key = ec.generate_private_key(curve())
            (work / "key.pem").write_bytes(pem(key))
            (HERE / f"{curve.name}.pub").write_bytes(public(key))
            config = model_signing.signing.Config().use_elliptic_key_signer(private_key=work / "key.pem")
            config.sign(small, HERE / f"{curve.name}.sig")
        shards = model_signing.hashing.Config().use_shard_serialization(shard_size=PART)
        config.set_hashing_config(shards).sign(large, HERE / "shards.sig")
        keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
        root = certificate("root", keys[0], authority=True)
        middle = certificate("middle", keys[1], root, keys[0], authority=True)
        leaf = certificate("signer", keys[2], middle, keys[1], authority=False)
        (work / "key.pem").write_bytes(pem(keys[2]))
        for file, made in (("leaf", leaf), ("middle", middle), ("root", root)):
            (work / f"{file}.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        (HERE / "root.crt").write_bytes((work / "root.crt").read_bytes())
        model_signing.signing.Config().use_certificate_signer(
            private_key=work / "key.pem",
            signing_certificate=work / "leaf.crt",
            certificate_chain=[work / "middle.crt"],
        ).sign(small, HERE / "certificate.sig")


if __name__ == "__main__":
    make()
