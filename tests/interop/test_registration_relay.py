#!/usr/bin/env python3
"""Registrations that belong to a registrar behind the border, and a carrier that asks the border for credentials."""

import hashlib
import re
import socket
import time

from harness import check, equal, eventually, main, test
from harness.border import ACCESS, CORE, OWN_POLICIES, PASSWORDS
from harness.client import Client, answer_challenge, parse_challenge, token
from harness.dns import Dns
from harness.lab import CARRIER, CARRIER2, PHONE
from harness.registrar import Registrar

SDP = "v=0\r\no=- 1 1 IN IP4 10.77.1.10\r\ns=-\r\nc=IN IP4 10.77.1.10\r\nt=0 0\r\nm=audio 7000 RTP/AVP 0\r\n"


def relayed(**registrar):
    """The configuration in which example.org's registrar is CARRIER2."""
    return {"realm": {"access": {"registrar": {"mode": "relay", "upstream": "registrar", "upstream_answer": "1s", **registrar}}},
            "trunk": {"carrier": {"sources": [f"{CARRIER}/32"]},
                      "registrar": {"realm": "core", "targets": [f"{CARRIER2}:5060"]}},
            "user": []}


class Phone:
    """A registration that is refreshed by hand, always under one Call-ID."""

    def __init__(self, client, user="alice"):
        self.client, self.user = client, user
        self.call_id, self.cseq = token(), 0
        self.contact = f"<sip:{user}@{client.host}:{client.port}>"
        self.challenge = None
        self.headers = []

    def register(self, expires=3600, seconds=4.0):
        self.cseq += 1
        headers = [f"Expires: {expires}", *self.headers]
        if self.challenge:
            value = answer_challenge(self.challenge, self.user, PASSWORDS[self.user], "REGISTER", "sip:example.org", "MD5")
            headers.append(f"Authorization: {value}")
        return self.client.ask("REGISTER", "sip:example.org", user=self.user, cseq=self.cseq, call_id=self.call_id,
                               headers=headers, replace={"Contact": self.contact}, seconds=seconds)

    def register_with_password(self):
        first = self.register()
        equal(first and first.status, 401, "the first REGISTER's answer")
        self.challenge = parse_challenge(first.header("www-authenticate"))
        second = self.register()
        equal(second and second.status, 200, "the REGISTER with credentials")
        return second


def counted(lab, expected, name, **labels):
    """The metrics follow once a second."""
    eventually(lambda: lab.border.sbc_metrics().total(name, **labels) == expected, f"{name} {labels} is {expected}", 4)


def aliases(registrar, user="alice"):
    return list(registrar.contacts.get(user, {}))


# RFC 3263: the registrar is a name. trap 17: RFC 3261 21.5.4, who says 503 with Retry-After is left alone for that time.
@test
def the_registrar_is_a_name_and_503_with_retry_after_leads_to_its_other_place(lab):
    lab.keep(Dns("127.0.0.1", {
        ("registrar.example", "NAPTR"): [(10, 10, "SIP+D2U", "_sip._udp.registrar.example")],
        ("_sip._udp.registrar.example", "SRV"): [(10, 1, 5060, "one.registrar.example"), (20, 1, 5060, "two.registrar.example")],
        ("one.registrar.example", "A"): [CARRIER],
        ("two.registrar.example", "A"): [CARRIER2]}))
    registrar = lab.keep(Registrar(CARRIER2, PASSWORDS))
    config = relayed()
    config["trunk"] = {"carrier": {"sources": []}, "registrar": {"realm": "core", "targets": ["registrar.example"]}}
    lab.start({**config, "process": {"shards": 1}, "dns": {"servers": ["127.0.0.1"], "timeout": "200ms", "tries": 1}},
              register=False)
    busy = lab.ua(CARRIER, "one")
    with Client(PHONE, ACCESS) as client:
        phone = Phone(client)
        phone.cseq += 1
        client.send(client.request("REGISTER", "sip:example.org", user="alice", cseq=phone.cseq, call_id=phone.call_id,
                                   headers=["Expires: 3600"], replace={"Contact": phone.contact}))
        busy.request("REGISTER").reply(503, headers=["Retry-After: 60"])
        equal(client.final(phone.call_id).status, 503, "the first REGISTER's answer")
        phone.register_with_password()
        equal(len(aliases(registrar)), 1, "registrations at the other place")
        busy.nothing(lambda m: m.is_request("REGISTER"))


# trap 73: the digest is of what the registrar sees.
@test
def the_registrar_challenges_the_phone_and_sees_an_alias(lab):
    registrar = lab.keep(Registrar(CARRIER2, PASSWORDS))
    lab.start(relayed(), register=False)
    with Client(PHONE, ACCESS) as client:
        phone = Phone(client)
        answer = phone.register_with_password()
        equal(registrar.wrong, [], "digests that do not match")
        contacts = answer.headers("contact")
        equal(len(contacts), 1, "contacts of the phone")
        check(contacts[0].startswith(phone.contact), f"its own contact: {contacts[0]}")
        equal(int(re.search(r"expires=(\d+)", contacts[0]).group(1)), 60, "its life toward the phone")
        equal(len(aliases(registrar)), 1, "aliases")
        check(f"@{CORE}" in aliases(registrar)[0], f"an alias of the border: {aliases(registrar)}")
        equal(list(registrar.contacts["alice"].values()), [3600], "its life upstream")
        for message in registrar.heard:
            check(PHONE not in message.text, f"the phone's address upstream: {message.text}")

        before = len(registrar.heard)
        for _ in range(3):
            equal(phone.register().status, 200, "a refresh")
        equal(len(registrar.heard), before, "REGISTERs upstream after refreshes")
        counted(lab, 3, "parapet_upstream_registrations_total", event="absorbed")
        counted(lab, 3, "parapet_registrations_total", result="refreshed")


@test
def a_call_to_the_alias_reaches_the_phone(lab):
    registrar = lab.keep(Registrar(CARRIER2, PASSWORDS))
    lab.start(relayed(), register=False)
    with Client(PHONE, ACCESS) as client:
        Phone(client).register_with_password()
        uri = aliases(registrar)[0]
        call_id = token()
        lines = [f"INVITE {uri} SIP/2.0", f"Via: SIP/2.0/UDP {CARRIER2}:5060;branch=z9hG4bK{token()}", "Max-Forwards: 70",
                 f"From: <sip:bob@example.org>;tag={token()}", "To: <sip:alice@example.org>", f"Call-ID: {call_id}",
                 "CSeq: 1 INVITE", f"Contact: <sip:bob@{CARRIER2}:5060>", "Content-Type: application/sdp",
                 f"Content-Length: {len(SDP)}"]
        registrar._socket.sendto(("\r\n".join(lines) + "\r\n\r\n" + SDP).encode(), (CORE, 5060))
        invite = eventually(lambda: client.receive(0.5), "the phone rings", 5)
        check(invite.is_request("INVITE"), invite.start)
        equal(invite.start.split()[1], f"sip:alice@{PHONE}:5060", "Request-URI at the phone")
        client.send("\r\n".join(["SIP/2.0 486 Busy Here", *(f"Via: {v}" for v in invite.headers("via")),
                                 f"From: {invite.header('from')}", f"To: {invite.header('to')};tag={token()}",
                                 f"Call-ID: {invite.header('call-id')}", f"CSeq: {invite.header('cseq')}",
                                 "Content-Length: 0"]) + "\r\n\r\n")
        eventually(lambda: any(m.status == 486 for m in registrar.answers), "the registrar hears 486", 5)


@test
def two_phones_behind_one_address_are_distinct(lab):
    registrar = lab.keep(Registrar(CARRIER2, PASSWORDS))
    lab.start(relayed(), register=False)
    with Client(PHONE, ACCESS) as first, Client(PHONE, ACCESS, port=5062) as second:
        for client in (first, second):
            answer = Phone(client).register_with_password()
            equal(len(answer.headers("contact")), 1, "contacts in the 200")
        equal(len(aliases(registrar)), 2, "aliases")


@test
def a_lost_registrar_is_ridden_out(lab):
    registrar = lab.keep(Registrar(CARRIER2, PASSWORDS))
    # Half of the upstream life is over at once: every refresh wants to go upstream.
    lab.start(relayed(phone_expires="30s", upstream_expires="30s", min_expires="5s"), register=False)
    with Client(PHONE, ACCESS) as client, Client(PHONE, ACCESS, port=5062) as stranger:
        phone = Phone(client)
        phone.register_with_password()
        registrar.lost = True
        answer = phone.register(seconds=6)
        equal(answer and answer.status, 200, "a known phone")
        answer = Phone(stranger, "bob").register(seconds=6)
        equal(answer and answer.status, 503, "a stranger")
        check(int(answer.header("retry-after")) > 0, "no Retry-After")
    counted(lab, 1, "parapet_upstream_registrations_total", event="ridden_out")


# trap 74: all phones come back at once.
@test
def an_avalanche_is_spread(lab):
    registrar = lab.keep(Registrar(CARRIER2, PASSWORDS))
    lab.start({**relayed(upstream_rate=5), "process": {"shards": 1}}, register=False)
    with Client(PHONE, ACCESS) as client:
        answers = []
        for _ in range(60):
            client.send(client.request("REGISTER", "sip:example.org", call_id=token()))
        ends = time.monotonic() + 4
        while len(answers) < 60 and time.monotonic() < ends:
            if answer := client.receive(0.5):
                answers.append(answer)
    waits = {answer.header("retry-after") for answer in answers if answer.status == 503}
    check(len(waits) > 5, f"Retry-After is not spread: {sorted(waits)}")
    check(len(registrar.requests("REGISTER")) < 40, f"{len(registrar.requests('REGISTER'))} REGISTERs upstream")


# trap 75: Service-Route, Path and GRUUs each belong to one side.
@test
def calls_take_the_routes_that_the_registrar_asked_for(lab):
    registrar = lab.keep(Registrar(CARRIER2, PASSWORDS))
    registrar.extra = [f"Service-Route: <sip:home@{CARRIER2};lr>, <sip:second.core.example;lr>"]
    lab.start({**relayed(upstream="carrier", upstream_path="supported"),
               "trunk": {"carrier": {"targets": [f"{CARRIER2}:5060"]}},
               "policy": {"file": str(OWN_POLICIES / "outside.lua")}}, register=False)
    with Client(PHONE, ACCESS) as client:
        phone = Phone(client)
        phone.headers = ["Supported: path"]
        answer = phone.register_with_password()
        equal(answer.headers("service-route"), [f"<sip:{ACCESS};lr>"], "the route that the phone is given")
        path = registrar.requests("REGISTER")[-1].header("path")
        check(re.fullmatch(rf"<sip:[a-z2-7]{{24}}@{CORE};lr;ob>", path), f"Path upstream: {path}")
        answer = client.ask("INVITE", "sip:bob@example.org", call_id=token(),
                            headers=["Content-Type: application/sdp", f"Route: <sip:{ACCESS};lr>"], body=SDP)
        check(answer is not None, "the call has no end")
        invite = registrar.requests("INVITE")[0]
        equal(invite.headers("route"), [f"<sip:home@{CARRIER2};lr>", "<sip:second.core.example;lr>"], "Route upstream")

        client.ask("MESSAGE", "sip:bob@example.org", call_id=token(), headers=["Content-Type: text/plain"], body="lunch?")
        message = registrar.requests("MESSAGE")[0]
        equal(message.headers("route"), invite.headers("route"), "Route of a MESSAGE")

        # RFC 5627 4.4: what is dialled is a GRUU of that registrar's.
        client.ask("INVITE", "sip:bob@example.org;gr=4711", call_id=token(), headers=["Content-Type: application/sdp"],
                   body=SDP)
        dialled = registrar.requests("INVITE")[-1].start.split()[1]
        check(dialled.startswith("sip:bob@") and dialled.endswith(";gr=4711"), f"Request-URI upstream: {dialled}")

        # RFC 5626 5.3.1: the token of a phone that is gone, and one that nobody gave.
        token_of = re.search(r"sip:([a-z2-7]+)@", path).group(1)
        equal(phone.register(expires=0).status, 200, "leaving")
        for user, status in ((token_of, 430), ("a" * 24, 403)):
            lines = [f"INVITE sip:{token_of}@{CORE} SIP/2.0", f"Via: SIP/2.0/UDP {CARRIER2}:5060;branch=z9hG4bK{token()}",
                     "Max-Forwards: 70", f"Route: <sip:{user}@{CORE};lr;ob>", f"From: <sip:bob@example.org>;tag={token()}",
                     "To: <sip:alice@example.org>", f"Call-ID: {token()}", "CSeq: 1 INVITE",
                     f"Contact: <sip:bob@{CARRIER2}:5060>", "Content-Length: 0"]
            answer = registrar.ask("\r\n".join(lines) + "\r\n\r\n", (CORE, 5060))
            equal(answer and answer.status, status, f"an INVITE with the token {user}")


@test
def a_phone_that_hangs_up_before_its_answer_is_not_bound(lab):
    registrar = lab.keep(Registrar(CARRIER2, PASSWORDS))
    lab.start(relayed(upstream_answer="3s"), register=False)
    registrar.delay = 0.8
    with socket.create_connection((ACCESS, 5060), timeout=5, source_address=(PHONE, 0)) as phone:
        lines = ["REGISTER sip:example.org SIP/2.0", f"Via: SIP/2.0/TCP {PHONE}:5060;branch=z9hG4bK{token()}",
                 "Max-Forwards: 70", f"From: <sip:alice@example.org>;tag={token()}", "To: <sip:alice@example.org>",
                 f"Call-ID: {token()}", "CSeq: 1 REGISTER", f"Contact: <sip:alice@{PHONE}:5060;transport=tcp>",
                 "Content-Length: 0"]
        phone.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        eventually(lambda: registrar.requests("REGISTER"), "the REGISTER upstream", 5)
    counted(lab, 1, "parapet_upstream_registrations_total", event="dropped")
    counted(lab, 0, "parapet_sbc_bindings")


@test
def a_carrier_that_asks_gets_credentials(lab):
    carrier = lab.keep(Registrar(CARRIER, {"border": "s3cret"}))
    # One shard: each remembers challenges for itself.
    lab.start({"process": {"shards": 1}, "trunk": {"carrier": {"username": "border", "password": "s3cret"}}})
    with Client(PHONE, ACCESS) as client:
        for _ in range(2):
            answer = client.ask("INVITE", "sip:5551234@example.org", call_id=token(),
                                headers=["Content-Type: application/sdp"], body=SDP)
            equal(answer and answer.status, 486, "the call's end")
    equal(carrier.wrong, [], "digests that do not match")
    invites = carrier.requests("INVITE")
    equal(len(invites), 3, "INVITEs: one challenged, one again, and the next call at once with credentials")
    equal(invites[0].header("call-id"), invites[1].header("call-id"), "Call-ID of the second try")
    counted(lab, 1, "parapet_trunk_challenges_total", result="retried")


@test
def the_border_answers_the_strongest_challenge(lab):  # RFC 8760 2.4, as a client of a trunk
    lab.start({"trunk": {"carrier": {"username": "border", "password": "s3cret", "sources": [f"{CARRIER}/32"]}},
               "registration": [{"trunk": "carrier", "aor": "sip:4313000@upstream.example", "user": "alice"}]})
    carrier = lab.ua(CARRIER, "carrier")

    def challenged(method, status, asks, answers):
        first = carrier.request(method)
        first.reply(status, headers=[f'{asks}: Digest realm="r", nonce="{a}", qop="auth", algorithm={a}'
                                     for a in ("MD5", "SHA-256", "SHA-512-256", "MD4")])
        again = carrier.request(method)
        given = [parse_challenge(value) for value in again.headers(answers.lower())]
        equal([(g["algorithm"], g["nonce"]) for g in given], [("SHA-512-256", "SHA-512-256")], f"answers in {method}")
        return again, given[0]

    def digest(text):
        return hashlib.new("sha512_256", text.encode()).hexdigest()

    def check_response(given, method):
        ha1, ha2 = digest("border:r:s3cret"), digest(f"{method}:{given['uri']}")
        expected = digest(f"{ha1}:{given['nonce']}:{given['nc']}:{given['cnonce']}:{given['qop']}:{ha2}")
        equal(given["response"], expected, f"the digest of {method}")

    register, given = challenged("REGISTER", 401, "WWW-Authenticate", "Authorization")
    check_response(given, "REGISTER")
    register.reply(200, headers=[f"Contact: {register.header('contact')};expires=3600"])
    phone = lab.ua(PHONE, "alice")
    call = phone.invite("sip:5551234@example.org")
    invite, given = challenged("INVITE", 407, "Proxy-Authenticate", "Proxy-Authorization")
    check_response(given, "INVITE")
    invite.reply(486)
    call.response(486)
    call.ack(status=486)


@test
def the_border_registers_at_a_trunk_and_knows_its_calls(lab):
    registrar = lab.keep(Registrar(CARRIER, {"border": "s3cret"}))
    lab.start({"trunk": {"carrier": {"username": "border", "password": "s3cret", "sources": [f"{CARRIER}/32"]}},
               "registration": [{"trunk": "carrier", "aor": "sip:4313000@upstream.example", "user": "alice"}]})
    contacts = eventually(lambda: list(registrar.contacts.get("4313000", {}).items()), "the registration", 5)
    equal(registrar.wrong, [], "digests that do not match")
    uri, expires = contacts[0]
    check(re.fullmatch(rf"sip:alice@{CORE};line=\w+", uri), f"Contact: {uri}")
    equal(expires, 3600, "expires")
    eventually(lambda: lab.border.sbc_metrics().total("parapet_trunk_registrations", state="registered") == 1, "the gauge", 4)
    # Another machine of the carrier's, which no source address names.
    other, phone = lab.ua(CARRIER2, "carrier"), lab.ua(PHONE, "alice")
    stranger = other.invite(f"sip:alice@{CORE}")
    stranger.response(403)
    stranger.ack(status=403)
    call = other.invite(uri)
    phone.request("INVITE").reply(486)
    call.response(486)
    call.ack(status=486)


if __name__ == "__main__":
    main()
