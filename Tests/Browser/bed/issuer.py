"""An identity provider of the test's own: it publishes keys at a URL, and PyJWT signs its tokens."""

import base64
import hashlib
import hmac
import http.server
import json
import ssl
import threading
import time

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from .processes import free_port


class Issuer:
    """The provider. `keys` are what is published; `stop` takes it away, `start` brings it back at the same URL."""

    def __init__(self, certificate: str | None = None):
        """`certificate` is a file in PEM with its key, to publish over TLS."""
        self.certificate = certificate
        self.port = free_port()
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}/keys"
        self.name = "https://login.example/realms/shop"
        self.headers: dict[str, str] = {}
        self.pairs: dict[str, object] = {}
        self.published: list[dict] = []
        self.fetches = 0
        self.start()

    def start(self) -> None:
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.fetches += 1
                body = json.dumps({"keys": issuer.published}).encode()
                self.send_response(200)
                for name, value in ({"Content-Type": "application/json", "Content-Length": str(len(body))} | issuer.headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def make_key(self, kid: str, algorithm: str = "RS256", publish: bool = True) -> None:
        """A new pair, whose public half is published."""
        pair = ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else rsa.generate_private_key(65537, 2048)
        self.pairs[kid] = pair
        jwk = jwt.get_algorithm_by_name(algorithm).to_jwk(pair.public_key(), as_dict=True)
        if publish:
            self.published.append({"kid": kid, "use": "sig", "alg": algorithm} | {name: value for name, value in jwk.items() if name != "key_ops"})

    def withdraw(self, kid: str) -> None:
        self.published = [key for key in self.published if key["kid"] != kid]

    def claims(self, **changes: object) -> dict:
        claims = {"iss": self.name, "sub": "anna", "aud": "tallywire", "exp": int(time.time()) + 600, "roles": ["admin"]} | changes
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, kid: str, algorithm: str = "RS256", **changes: object) -> str:
        return jwt.encode(self.claims(**changes), self.pairs[kid], algorithm=algorithm, headers={"kid": kid})

    def forged(self, kid: str, header: dict, **changes: object) -> str:
        """A token that whoever knows the public key alone can make: HS256 with the public key's text, or no signature at all."""
        if header["alg"] == "none":
            return jwt.encode(self.claims(**changes), None, algorithm="none", headers={"kid": kid})
        public = self.pairs[kid].public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        # PyJWT refuses to do this.
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header | {"kid": kid}, self.claims(**changes))]
        signature = hmac.new(public, b".".join(parts), hashlib.sha256).digest()
        return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()
