#!/usr/bin/env python3
"""Names of trunks and in URIs, found in a DNS of the test's own (RFC 3263)."""

from harness import check, equal, main, test
from harness.border import CORE, CORE6
from harness.checks import eventually
from harness.dns import Dns
from harness.flow_ua import FlowUa
from harness.lab import CARRIER, CARRIER2, CARRIER6, PHONE
from harness.tls import Authority, TlsServer

NUMBER = "sip:1000@example.org"
TWO = {
    ("carrier.example", "NAPTR"): [(10, 10, "SIP+D2U", "_sip._udp.carrier.example")],
    ("_sip._udp.carrier.example", "SRV"): [(10, 1, 5060, "one.carrier.example"), (20, 1, 5060, "two.carrier.example")],
    ("one.carrier.example", "A"): [CARRIER],
    ("two.carrier.example", "A"): [CARRIER2],
}


def start(lab, records, ttl=60):
    dns = lab.keep(Dns("127.0.0.1", records, ttl))
    # One shard: each asks for itself.
    lab.start({"process": {"shards": 1}, "dns": {"servers": ["127.0.0.1"], "timeout": "200ms", "tries": 1},
               "trunk": {"carrier": {"targets": ["carrier.example"]}}})
    return dns, lab.ua(PHONE, "alice"), lab.ua(CARRIER, "one"), lab.ua(CARRIER2, "two")


def refuse(request, status=486):
    request.reply(status)


def refused(caller, callee):
    call = caller.invite(NUMBER)
    refuse(callee.request("INVITE"))
    call.response(486)
    call.ack(status=486)


def dns_count(lab, event):
    return lab.border.sbc_metrics().total("parapet_dns_total", event=event)


@test
def a_trunk_is_a_name_with_naptr_and_srv(lab):
    _, alice, one, _ = start(lab, TWO)
    call = alice.invite(NUMBER)
    invite = one.request("INVITE")
    check("@carrier.example" in invite.message.start, f"the name stays in the Request-URI: {invite.message.start}")
    invite.reply(200, sdp=one.sdp())
    call.response(200)
    call.ack()
    one.request("ACK")
    bye = call.send("BYE")
    one.request("BYE").reply(200)
    bye.response(200)


# trap 17: a 503 leads to the next SRV record.
@test
def a_503_leads_to_the_next_srv_record(lab):
    _, alice, one, two = start(lab, TWO)
    call = alice.invite(NUMBER)
    refuse(one.request("INVITE"), 503)
    refuse(two.request("INVITE"), 486)
    call.response(486)


@test
def another_answer_speaks_for_the_name(lab):
    _, alice, one, two = start(lab, TWO)
    call = alice.invite(NUMBER)
    refuse(one.request("INVITE"), 500)
    call.response(500)
    two.nothing(lambda m: m.is_request("INVITE"))


@test
def requests_from_what_a_name_stands_for_are_the_trunks(lab):
    lab.keep(Dns("127.0.0.1", TWO))
    lab.start({"dns": {"servers": ["127.0.0.1"]},
               "trunk": {"carrier": {"targets": ["carrier.example"], "sources": []}}})
    one = lab.ua(CARRIER, "one")
    alice = lab.ua(PHONE, "alice")

    eventually(lambda: lab.border.sbc_metrics().total("parapet_dns_total", event="found") >= 4, "the name is resolved")
    call = one.invite("sip:alice@example.org")
    alice.request("INVITE").reply(486)
    call.response(486)


@test
def a_name_that_does_not_exist_is_asked_for_once(lab):
    dns, alice, _, _ = start(lab, {})
    for _ in range(2):
        alice.invite(NUMBER).response(503)
    equal(dns.asked["carrier.example", "NAPTR"], 1, "questions for NAPTR")


@test
def a_name_holds_for_its_time_and_no_longer(lab):
    dns, alice, one, two = start(lab, TWO, ttl=2)
    refused(alice, one)
    asked = dict(dns.asked)
    refused(alice, one)
    equal(dict(dns.asked), asked, "questions for a name that is known")
    dns.records["one.carrier.example", "A"] = [CARRIER2]

    def moved():
        call = alice.invite(NUMBER)
        invite = two.maybe(lambda m: m.is_request("INVITE"), 0.2)
        at_two = invite is not None
        (invite or one.request("INVITE")).reply(486)
        call.response(486)
        call.ack(status=486)
        return at_two

    eventually(moved, "a call goes where the name is now", 8)


@test
def a_trunk_whose_name_has_only_ipv6(lab):
    dns = lab.keep(Dns("127.0.0.1", {("carrier.example", "AAAA"): [CARRIER6]}))
    lab.start({"process": {"shards": 1}, "dns": {"servers": ["127.0.0.1"]},
               "trunk": {"carrier": {"realm": "core6", "targets": ["carrier.example"]}}})
    refused(lab.ua(PHONE, "alice"), lab.ua(CARRIER6, "six", border=CORE6))
    equal(dns.asked["carrier.example", "A"], 0, "questions for addresses that the realm cannot reach")


@test
def a_dead_dns_holds_nobody_for_long(lab):
    dns, alice, _, _ = start(lab, {})
    dns.silent = True
    alice.invite(NUMBER).response(503, seconds=5)


@test
def a_dns_that_dies_later_takes_nothing_away(lab):
    dns, alice, one, _ = start(lab, TWO, ttl=1)
    eventually(lambda: dns_count(lab, "found") >= 4, "the name is resolved")
    dns.silent = True
    eventually(lambda: dns_count(lab, "stale") >= 1, "an old answer is used on", 10)
    call = alice.invite(NUMBER)
    refuse(one.request("INVITE"))
    call.response(486)


# RFC 3261 12.2.1.1 with RFC 3263: the route of a dialog leads through a name.
@test
def a_record_route_that_is_a_name_is_followed(lab):
    _, alice, one, two = start(lab, TWO)
    call = alice.invite(NUMBER)
    route = ["Record-Route: <sip:two.carrier.example;lr>"]
    invite = one.request("INVITE")
    invite.reply(180, headers=route)
    call.response(180)
    invite.reply(200, sdp=one.sdp(), headers=route)
    call.response(200)
    call.ack()
    # It waits for nobody: when the name is not found yet, it goes to where the 200 came from.
    if two.maybe(lambda m: m.is_request("ACK"), 1.0) is None:
        one.request("ACK")
    bye = call.send("BYE")
    last = two.request("BYE")
    check("two.carrier.example" in last.header("route"), f"Route: {last.header('route')}")
    last.reply(200)
    bye.response(200)


# RFC 3263 4.3 inside a dialog: 503 and silence lead to the next place of the name, and the dialog stays there.
@test
def a_request_of_a_call_finds_the_other_machine_of_a_name(lab):
    _, alice, one, two = start(lab, TWO)
    call = alice.invite(NUMBER)
    invite = one.request("INVITE")
    # Its second response comes when the name is found.
    route = ["Record-Route: <sip:carrier.example;lr>"]
    invite.reply(180, headers=route)
    call.response(180)
    invite.reply(200, sdp=one.sdp(), headers=route)
    call.response(200)
    call.ack()
    one.request("ACK")
    call.sent = call.send("INVITE", body=alice.sdp(direction="sendonly"))
    refused = one.request("INVITE")
    refused.reply(503)
    again = two.request("INVITE")
    equal((again.header("cseq"), again.header("call-id")), (refused.header("cseq"), refused.header("call-id")), "request")
    again.reply(200, sdp=two.sdp(direction="recvonly"), headers=route)
    call.response(200)
    call.ack()
    two.request("ACK")
    two.kill()
    bye = call.send("BYE")
    bye.response(200)
    one.request("BYE", seconds=10).reply(200)
    eventually(lambda: lab.border.sbc_metrics().total("parapet_dialog_events_total", event="failovers") == 2,
               "both are counted")


BACK = {
    ("_sip._tcp.back.carrier.example", "SRV"): [(10, 1, 5071, "two.carrier.example"), (20, 1, 5070, "two.carrier.example")],
    ("two.carrier.example", "A"): [CARRIER2],
}


def lose_connections(lab, shards, calls):
    """Calls of a carrier whose connection ends before they are answered; who stands in for it gets the answers."""
    lab.keep(Dns("127.0.0.1", BACK))
    lab.start({"process": {"shards": shards}, "dns": {"servers": ["127.0.0.1"]}})
    alice, carrier = lab.ua(PHONE, "alice"), lab.stream_ua(CARRIER, "carrier", port=5062)
    back = lab.stream_ua(CARRIER2, "carrier", port=5070)
    carrier.name = "back.carrier.example"
    for _ in range(calls):
        connection = carrier.connect()
        call = carrier.invite("sip:alice@example.org")
        invite = alice.request("INVITE")
        invite.reply(180)
        call.response(180)
        connection.closed = True
        connection.socket.close()
        invite.reply(200, sdp=alice.sdp())
        call.ua = back
        call.response(200)
        call.ack()
        alice.request("ACK")
        bye = call.send("BYE")
        alice.request("BYE").reply(200)
        bye.response(200)


# trap 66, RFC 3263 5: the second place of the name that sent-by is; at the first nobody is.
@test
def a_response_whose_connection_is_gone_goes_to_the_name_in_sent_by(lab):
    lose_connections(lab, shards=1, calls=1)
    eventually(lambda: lab.border.sbc_metrics().total("parapet_response_detours_total", result="sent") == 2,
               "both places are counted")


@test
def the_same_when_another_shard_had_the_connection(lab):
    lose_connections(lab, shards=3, calls=6)


# RFC 5922 7.3, RFC 3263: the certificate names whom the operator named, not the host that DNS led to.
@test
def a_name_that_is_reached_over_tls_proves_itself(lab):
    authority = Authority(lab.directory)
    pair = authority.issue("border", f"DNS:sbc.example.org,IP:{CORE}")
    records = {("carrier.example", "NAPTR"): [(10, 10, "SIPS+D2T", "_sips._tcp.carrier.example")],
               ("_sips._tcp.carrier.example", "SRV"): [(10, 1, 5061, "one.carrier.example")],
               ("one.carrier.example", "A"): [CARRIER]}
    lab.keep(Dns("127.0.0.1", records))
    tls = {"transport": "tls", "bind": f"{CORE}:5061", "advertise": f"{CORE}:5061", **pair, "server_ca": str(authority.pem)}
    plain = [{"transport": t, "bind": f"{CORE}:5060"} for t in ("udp", "tcp")]
    lab.start({"process": {"shards": 1}, "dns": {"servers": ["127.0.0.1"]}, "realm": {"core": {"listener": [*plain, tls]}},
               "trunk": {"carrier": {"targets": ["carrier.example"], "sources": []}}})
    alice = lab.ua(PHONE, "alice")
    for number, names, wanted in ((1, "DNS:one.carrier.example", False), (2, "URI:sip:carrier.example", True)):
        with TlsServer(CARRIER, authority, authority.issue(f"carrier{number}", names)) as server:
            call = alice.invite(NUMBER)
            carrier = FlowUa(lab, server.accept((CORE, 5061)), "carrier", "tls")
            if wanted:
                refuse(carrier.request("INVITE"))
                call.response(486)
                call.ack(status=486)
            else:
                carrier.nothing(lambda m: m.is_request("INVITE"), 1)
                call.response(503)
                call.ack(status=503)
    equal(lab.border.sbc_metrics().total("parapet_tls_failures_total", reason="wrong_name"), 1, "wrong names")


if __name__ == "__main__":
    main()
