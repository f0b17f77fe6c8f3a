"""Service apps, the JWTs that they sign, and those that attackers would."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from urllib.parse import urlsplit

import requests
from cozepy import Coze, JWTOAuthApp, TokenAuth
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from harness import API

APPS = "/buckle/v1/oauth_apps"
GRANTS = "/buckle/v1/oauth_grants"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def fingerprint(public_key: str) -> str:
    """What JWTs name a key in PEM by."""
    der = serialization.load_pem_public_key(public_key.encode()).public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return encoded(hashlib.sha256(der).digest())


def rs256(private_key: str):
    key = serialization.load_pem_private_key(private_key.encode(), password=None)
    return lambda signed: key.sign(signed, padding.PKCS1v15(), hashes.SHA256())


def ps256(private_key: str):
    key = serialization.load_pem_private_key(private_key.encode(), password=None)
    return lambda signed: key.sign(signed, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def hs256(secret: str):
    return lambda signed: hmac.new(secret.encode(), signed, hashlib.sha256).digest()


def jwt(header: dict, claims: dict, sign) -> str:
    signed = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{encoded(sign(signed.encode()))}"


class Person:
    """Somebody with an account and a token of all permissions."""

    def __init__(self, server):
        owner = server.api()
        name = f"person-{secrets.token_hex(6)}"
        self.id = owner.post("/buckle/v1/accounts", {"user_name": name}).ok().data["user_id"]
        made = owner.post(f"/buckle/v1/accounts/{self.id}/tokens", {"name": "test", "permissions": ["all"]}).ok().data
        self.token = made["secret"]
        self.api = server.api(self.token)
        self.coze = Coze(auth=TokenAuth(self.token), base_url=server.url)
        self.workspace_id = self.coze.workspaces.list().items[0].id


class ServiceApp:
    """A service app with a key that the server has made."""

    def __init__(self, api: API, **fields):
        self.api = api
        self.url = api.url
        made = api.post(APPS, {"name": "robot", "app_type": "service", **fields}).ok().data
        self.id, self.client_id = made["app_id"], made["client_id"]
        self.path = f"{APPS}/{self.id}"
        key = api.post(f"{self.path}/keys").ok().data
        self.kid, self.public_key, self.private_key = key["kid"], key["public_key"], key["private_key"]

    @property
    def sdk(self) -> JWTOAuthApp:
        return JWTOAuthApp(self.client_id, self.private_key, self.kid, base_url=self.url)

    def claims(self, **changes) -> dict:
        """Right claims, with some replaced and those that are None left out."""
        now = int(time.time())
        claims = {
            "iss": self.client_id, "aud": urlsplit(self.url).netloc, "iat": now, "exp": now + 600,
            "jti": secrets.token_hex(16), **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def header(self, **changes) -> dict:
        header = {"alg": "RS256", "typ": "JWT", "kid": self.kid, **changes}
        return {name: value for name, value in header.items() if value is not None}

    def jwt(self, sign=None, header=None, **claims) -> str:
        return jwt(self.header(**(header or {})), self.claims(**claims), sign or rs256(self.private_key))

    def exchange(self, text=None, place="", **body) -> requests.Response:
        """Asks for a token with a JWT, or with a new one."""
        with requests.Session() as session:
            session.trust_env = False
            return session.post(
                f"{self.url}/api/permission/oauth2/{place}token", timeout=30,
                headers={"Authorization": f"Bearer {self.jwt() if text is None else text}"},
                json={"grant_type": GRANT_TYPE, **body},
            )

    def token(self, text=None, place="", **body) -> str:
        reply = self.exchange(text, place, **body)
        assert reply.status_code == 200, reply.text
        return reply.json()["access_token"]

    def session(self, name=None) -> API:
        """The API as the program of one of the app's sessions sees it."""
        return API(self.url, self.token(self.jwt(session_name=name)))


def refusal(reply: requests.Response, *codes, status=400) -> str:
    """Checks that a token was refused, in the form that every SDK reads, and returns the message."""
    body = reply.json()
    assert reply.status_code == status, reply.text
    assert body["error_code"] in codes and body["error"] == body["error_code"], body
    assert body["error_message"] and body["error_description"] == body["error_message"], body
    assert "access_token" not in body
    assert reply.headers["x-tt-logid"]
    return body["error_message"]
