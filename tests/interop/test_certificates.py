#!/usr/bin/env python3
"""Certificates and authorities that change under connections, idle ones and such that carry calls."""

import signal
import ssl
import time

from harness import check, equal, eventually, main, test
from harness.border import ACCESS, CORE
from harness.flow_ua import FlowUa
from harness.lab import CARRIER, PHONE, PHONE2
from harness.tls import Authority, TlsClient, TlsServer
from harness.tls_border import NAME, start
from harness.web import WebClient


@test
def keys_change_under_an_idle_connection(lab):
    authority, pair = start(lab)

    def reloaded(result, times):
        lab.border.sbc.signal(signal.SIGHUP)
        eventually(lambda: lab.border.sbc_metrics().total("parapet_sbc_config_reloads_total", result=result) == times,
                   f"the reload is {result}")

    def options(client):
        answer = client.ask("OPTIONS", f"sip:{ACCESS}")
        check(answer is not None, "no answer to OPTIONS")

    with TlsClient(PHONE, ACCESS, authority, NAME) as old:
        authority.issue("border", f"DNS:{NAME},DNS:second.example.org")
        reloaded("applied", 1)
        options(old)
        with TlsClient(PHONE2, ACCESS, authority, NAME) as new:
            equal(new.names(), [NAME, "second.example.org"], "names in the new certificate")
        # Half a renewal: refused as a whole, and what worked goes on working.
        good = (lab.directory / "border.key").read_text()
        authority.issue("other", "DNS:unrelated.example")
        (lab.directory / "border.key").write_text((lab.directory / "other.key").read_text())
        reloaded("refused", 1)
        check("the key does not belong to the certificate" in lab.border.sbc.output(), lab.border.sbc.output()[-2000:])
        options(old)
        with TlsClient(PHONE2, ACCESS, authority, NAME) as still:
            options(still)
        (lab.directory / "border.key").write_text(good)
    check(lab.border.sbc_metrics().total("parapet_tls_certificate_expiry_seconds") > time.time(), "expiry")
    equal(pair["key"], str(lab.directory / "border.key"), "the file that was changed")


def refused(call, invite):
    invite.reply(486)
    call.response(486)
    call.ack(status=486)


def established(caller, number, callee):
    """The dialogs of both ends of a call in progress."""
    call = caller.invite(f"sip:{number}@example.org")
    invite = callee.request("INVITE")
    invite.reply(200, sdp=callee.sdp())
    call.response(200)
    call.ack()
    callee.request("ACK")
    return call, invite.dialog()


def changed_and_ended(near, far):
    """A re-INVITE and a BYE cross the call, over the connections that it has."""
    change = near.send("INVITE", body=near.ua.sdp(direction="sendonly"))
    arrived = far.ua.request("INVITE")
    arrived.reply(200, sdp=far.ua.sdp(direction="recvonly"))
    change.response(200)
    near.ack()
    far.ua.request("ACK")
    bye = far.send("BYE")
    near.ua.request("BYE").reply(200)
    bye.response(200)


# Keys, the authority that signed them, and the one that clients and carriers are judged by, all at once.
@test
def everything_changes_in_the_middle_of_calls(lab):
    anchor = lab.directory / "anchor.pem"
    trusting = {"client_ca": str(anchor), "server_ca": str(anchor)}
    trunk = {"carrier": {"targets": [f"{CARRIER}:5061;transport=tls"], "tls_name": "carrier.example"}}
    old = Authority(lab.directory)
    anchor.write_text(old.pem.read_text())
    with_core = {"client_certificate": "optional", **trusting}
    start(lab, access={"client_certificate": "required", **trusting}, core=with_core, trunk=trunk, authority=old,
          process={"shards": 2})

    def phone_of(user, at, authority, own):
        return FlowUa(lab, TlsClient(at, ACCESS, authority, NAME, own=own), user, "tls")

    def browser_of(user, at, authority):
        return FlowUa(lab, WebClient(at, ACCESS, 8443, authority, NAME), user, "wss")

    own, carriers_own = old.issue("phone", "DNS:phone.example"), old.issue("carrier", "URI:sip:carrier.example")
    alice, bob = phone_of("alice", PHONE, old, own), browser_of("bob", PHONE2, old)
    for phone in (alice, bob):
        equal(phone.register().status, 200, f"REGISTER of {phone.user}")
    # The carrier opens a connection, and the border one to the carrier, for each shard that calls it.
    from_carrier = FlowUa(lab, TlsClient(CARRIER, CORE, old, NAME, own=carriers_own), "carrier", "tls")
    calls = [established(from_carrier, "alice", alice), established(from_carrier, "bob", bob), established(alice, "bob", bob)]
    with TlsServer(CARRIER, old, carriers_own) as server:
        call = bob.invite("sip:4912345@example.org")
        to_carrier = FlowUa(lab, server.accept((CORE, 5061)), "carrier", "tls")
        invite = to_carrier.request("INVITE")
        invite.reply(200, sdp=to_carrier.sdp())
        call.response(200)
        call.ack()
        to_carrier.request("ACK")
        calls.append((call, invite.dialog()))
    equal(lab.border.sbc_metrics().total("parapet_tls_connections_open"), 3, "TLS connections")
    equal(lab.border.sbc_metrics().total("parapet_web_connections_open"), 1, "WebSockets")

    (lab.directory / "next").mkdir()
    new = Authority(lab.directory / "next")
    pair = new.issue("border", f"DNS:{NAME},DNS:second.example.org,IP:{ACCESS},IP:{CORE}")
    for kind, file in pair.items():
        (lab.directory / f"border.{'pem' if kind == 'certificate' else 'key'}").write_text(open(file).read())
    anchor.write_text(new.pem.read_text())
    lab.border.sbc.signal(signal.SIGHUP)
    eventually(lambda: lab.border.sbc_metrics().total("parapet_sbc_config_reloads_total", result="applied") == 1, "the reload")

    # What is there goes on, in both directions, and carries new calls.
    calls.append(established(from_carrier, "alice", alice))
    equal(lab.border.sbc_metrics().total("parapet_tls_connections_open"), 3, "TLS connections after the reload")
    equal(lab.border.sbc_metrics().total("parapet_web_connections_open"), 1, "WebSockets after the reload")
    for near, far in calls:
        changed_and_ended(near, far)

    # What comes now sees the new certificate, and is judged by the new authority.
    next_own = new.issue("phone", "DNS:phone.example")
    carol, dave = phone_of("alice", PHONE2, new, next_own), browser_of("bob", PHONE, new)
    for client in (carol.client, dave.client):
        names = [value for _, value in client._socket.getpeercert()["subjectAltName"]]
        check("second.example.org" in names, f"names in the new certificate: {names}")
    equal(carol.register().status, 200, "REGISTER with a certificate of the new authority")
    equal(dave.register().status, 200, "REGISTER of a new WebSocket")
    untrusted = "parapet_tls_failures_total"
    try:
        with TlsClient(PHONE, ACCESS, new, NAME, own=own) as former:
            check(former.ask("OPTIONS", f"sip:{ACCESS}", seconds=1) is None, "an answer with a certificate of the old authority")
    except (ssl.SSLError, ConnectionError):
        pass
    eventually(lambda: lab.border.sbc_metrics().total(untrusted, reason="untrusted") == 1, "the refusal is counted")
    try:
        TlsClient(PHONE, ACCESS, old, NAME, own=own)
        check(False, "the old authority still vouches for the border")
    except ssl.SSLError:
        pass
    # And so is the carrier, once the border has to connect to it again.
    to_carrier.kill()
    eventually(lambda: lab.border.sbc_metrics().total("parapet_tls_connections_open") == 3, "alice, the carrier's, and carol")
    for authority, expected in ((old, 503), (new, 486)):
        own = carriers_own if authority is old else new.issue("carrier", "URI:sip:carrier.example")
        with TlsServer(CARRIER, new, own) as server:
            call = carol.invite("sip:4912345@example.org")
            if expected == 486:
                accepted = FlowUa(lab, server.accept((CORE, 5061)), "carrier", "tls")
                names = [value for _, value in accepted.client._socket.getpeercert()["subjectAltName"]]
                check("second.example.org" in names, f"what the carrier saw: {names}")
                refused(call, accepted.request("INVITE"))
                continue
            try:
                server.accept((CORE, 5061)).receive(1)
            except (ssl.SSLError, ConnectionError):
                pass
            call.response(503)
            call.ack(status=503)


if __name__ == "__main__":
    main()
