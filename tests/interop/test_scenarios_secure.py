#!/usr/bin/env python3
"""sipp's calls over TLS and WebSocket, from either side of the border: what it says and hears is its own, a conveyor carries it."""

from harness import check, equal, main, test, tls_border
from harness.border import ACCESS, CORE
from harness.conveyor import Conveyor
from harness.lab import CARRIER, FROM_CARRIER, PHONE
from harness.tls import TlsClient, TlsServer
from harness.tls_border import NAME
from harness.way import CONFIG, SECOND, all_calls
from harness.web import WebClient

# The true ports of sipp, and those at which it meets its conveyor.
CALLER, CALLED = 6071, 6061
FOR_CALLER, FOR_CALLED = 7071, 7061


ONLY_MD5 = {"registrar": {"algorithms": ["MD5"]}}  # sipp knows no other


def start(lab, **more):
    return tls_border.start(lab, more_access=ONLY_MD5, **{**CONFIG, **more})[0]


def trunk_of(lab):
    """A carrier that is known by its certificate, and dials and is dialled; options of who calls there and of who is called."""
    authority = start(lab, core={"client_certificate": "optional", "client_ca": f"{lab.directory}/authority.pem"},
                      trunk={"carrier": {"targets": [f"{CARRIER}:5061;transport=tls"], "tls_name": "carrier.example",
                                         "tls_source": "carrier.example", "sources": None}, "second": SECOND})
    own = authority.issue("carrier", "URI:sip:carrier.example")
    far = TlsClient(CARRIER, CORE, authority, NAME, own=own)
    lab.keep(Conveyor((CARRIER, CALLER), (CARRIER, FOR_CALLER), far, TlsServer(CARRIER, authority, own, 5071), (CORE, 5061)))
    lab.keep(Conveyor((CARRIER, CALLED), server=TlsServer(CARRIER, authority, own, 5061), border=(CORE, 5061)))
    return ({"port": 5071, "conveyed": ("TLS", CALLER, f"{CARRIER}:{FOR_CALLER}")},
            {"port": 5061, "conveyed": ("TLS", CALLED, None)})


def nothing_in_the_clear(lab, border):
    """The capture sees what is said over UDP and TCP at the ports of SIP."""
    equal([m.start for m in lab.capture.messages() if border in (m.source[0], m.target[0])], [], f"messages in clear at {border}")


@test
def a_trunk_over_tls(lab):
    calling, called = trunk_of(lab)
    lab.register("alice", PHONE)
    all_calls(lab, (PHONE, CARRIER, {}, called), (CARRIER, PHONE, {**FROM_CARRIER, **calling}, {}))
    nothing_in_the_clear(lab, CORE)


def phones(lab, transport, connect, contact):
    """One that calls and one that is called, each registered over a connection of its own."""
    options = []
    for role, port, entrance in (("calling", CALLER, FOR_CALLER), ("called", CALLED, FOR_CALLED)):
        lab.keep(Conveyor((PHONE, port), (PHONE, entrance), connect()))
        conveyed = (transport, port, f"{PHONE}:{entrance}")
        options.append({"port": port - 1000, "conveyed": conveyed})
        lab.sipp("registers_with", f"registers_{role}", PHONE, password="wonder-land", auth_uri="example.org",
                 user="alice", headers="User-Agent: sipp", contact=contact(role, port - 1000), **options[-1]).done()
    return options


def all_calls_of_phones(lab, transport, connect, contact):
    calling, called = phones(lab, transport, connect, contact)
    all_calls(lab, (PHONE, CARRIER, calling, {}), (CARRIER, PHONE, FROM_CARRIER, called))
    nothing_in_the_clear(lab, ACCESS)
    check(lab.capture.messages(CORE, CARRIER), "the carrier's messages were not seen")


@test
def a_phone_over_tls(lab):
    authority = start(lab)
    all_calls_of_phones(lab, "TLS", lambda: TlsClient(PHONE, ACCESS, authority, NAME),
                        lambda role, port: f"<sip:{role}@{PHONE}:{port};transport=tls>;q={0.1 if role == 'calling' else 1.0}")


def over_web_sockets(lab, transport, connect):
    all_calls_of_phones(lab, transport, connect,
                        lambda role, _: f"<sip:{role}@{role}.invalid;transport=ws>;q={0.1 if role == 'calling' else 1.0}")


@test
def a_phone_over_secure_web_sockets(lab):
    authority = start(lab)
    over_web_sockets(lab, "WSS", lambda: WebClient(PHONE, ACCESS, 8443, authority, NAME))


@test
def a_phone_over_web_sockets(lab):
    listeners = [{"transport": "udp", "bind": f"{ACCESS}:5060"}, {"transport": "ws", "bind": f"{ACCESS}:8080"}]
    lab.start({**CONFIG, "realm": {"access": {"listener": listeners, **ONLY_MD5}}}, register=False)
    over_web_sockets(lab, "WS", lambda: WebClient(PHONE, ACCESS, 8080))


if __name__ == "__main__":
    main()
