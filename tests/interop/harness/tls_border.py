"""The border with TLS on both sides, and secure WebSockets."""

from .border import ACCESS, CORE
from .tls import Authority

NAME = "sbc.example.org"


def tls_listener(address, pair, **more):
    return {"transport": "tls", "bind": f"{address}:5061", "advertise": f"{address}:5061", **pair, **more}


def start(lab, access=None, core=None, more_access=None, authority=None, **more):
    """The border with TLS on both sides; the authority that everybody trusts."""
    authority = authority or Authority(lab.directory)
    pair = authority.issue("border", f"DNS:{NAME},IP:{ACCESS},IP:{CORE}")

    def listeners(address, keys):
        plain = [{"transport": t, "bind": f"{address}:5060"} for t in ("udp", "tcp")]
        browsers = [{"transport": "wss", "bind": f"{address}:8443", **pair}]
        secure = tls_listener(address, pair, **{"server_ca": str(authority.pem), **(keys or {})})
        return {"listener": [*plain, secure, *browsers]}

    realm = {"access": {**listeners(ACCESS, access), **(more_access or {})}, "core": listeners(CORE, core)}
    lab.start({"realm": realm, **more}, register=False)
    return authority, pair
