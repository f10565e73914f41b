"""Verifies the envelope in a bundle of Reprise, and reads its statement, with the libraries of DSSE's and in-toto's
own projects, neither of which knows Reprise.

    python verify_bundle.py bundle.json key.pem
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"


def public_key(pem: bytes) -> SSlibKey:
    key = load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("the key is none of Ed25519")
    # The library takes no signature whose keyid is not that of the key; Reprise's is the digest of the key in DER.
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SSlibKey.from_crypto(key, keyid=hashlib.sha256(spki).hexdigest())


def verify(bundle: bytes, pem: bytes) -> Statement:
    stored = base64.b64decode(json.loads(bundle)["envelope"], validate=True)
    envelope = Envelope.from_dict(json.loads(stored))
    envelope.verify([public_key(pem)], threshold=1)
    if envelope.payload_type != PAYLOAD_TYPE:
        raise ValueError(f"the payload is no in-toto statement: {envelope.payload_type}")
    read = json_format.Parse(envelope.payload, statement_pb2.Statement())
    statement = Statement.copy_from_pb(read)
    statement.validate()
    return statement


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: python verify_bundle.py bundle.json key.pem")
    bundle, pem = (Path(name).read_bytes() for name in sys.argv[1:])
    try:
        statement = verify(bundle, pem).pb
    except Exception as error:  # Each library has errors of its own; whatever it is, nothing was verified.
        sys.exit(f"{type(error).__name__}: {error}")
    print(statement.predicate_type)
    for subject in statement.subject:
        print(f"{subject.digest['sha256']}  {subject.name}")


if __name__ == "__main__":
    main()
