#!/usr/bin/env python3
"""TCP and UDP, IPv4 and IPv6, in every mixture."""

from harness import check, equal, main, test
from harness.border import ACCESS6, CORE6
from harness.checks import eventually
from harness.lab import ACCESS, CARRIER, CARRIER6, CORE, PHONE, PHONE6

TCP_TRUNK = {"trunk": {"carrier": {"targets": [f"{CARRIER}:5060;transport=tcp"]}}}
IPV6_TRUNK = {"trunk": {"carrier": {"realm": "core6", "targets": [f"[{CARRIER6}]:5060"], "sources": [f"{CARRIER6}/128"]}}}

# Over TCP each sipp has a connection of its own, which is not the flow that a registration came over.
TCP_CALLER = {"transport": "tcp", "password": "wonder-land"}
ONLY_MD5 = {"realm": {"access": {"registrar": {"algorithms": ["MD5"]}}}}


def transports(lab, address):
    return {m.transport for m in lab.capture.messages(source=address)}


@test
def tcp_on_both_sides(lab):
    lab.start({**TCP_TRUNK, **ONLY_MD5}, register=False)
    lab.call("caller_authorized", "callee", TCP_CALLER, {"transport": "tcp"})
    equal(transports(lab, PHONE) | transports(lab, CARRIER), {"TCP"}, "transports")


@test
def from_tcp_to_udp(lab):
    lab.start(ONLY_MD5, register=False)
    lab.call("caller_authorized", "callee", TCP_CALLER)
    equal((transports(lab, PHONE), transports(lab, CARRIER)), ({"TCP"}, {"UDP"}), "transports")


@test
def from_udp_to_tcp(lab):
    lab.start(TCP_TRUNK)
    lab.call("caller", "callee", callee_options={"transport": "tcp"})
    equal(transports(lab, CARRIER), {"TCP"}, "transports of the carrier")


@test
def the_tcp_callee_hangs_up(lab):
    lab.start(TCP_TRUNK)
    lab.call("caller_hung_up", "callee_hangs_up", callee_options={"transport": "tcp"})


@test
def tcp_calls_share_one_connection(lab):
    lab.start({**TCP_TRUNK, "process": {"shards": 1}})
    lab.call("caller", "callee", {"calls": 5, "rate": 20}, {"calls": 5, "transport": "tcp"})
    ports = {m.target[1] for m in lab.capture.messages(source=CARRIER)}
    equal(len(ports), 1, "connections to the carrier")


@test
def ipv6_on_both_sides(lab):
    lab.start(IPV6_TRUNK, register=False)
    lab.register("alice", PHONE6)
    lab.call("caller", "callee", {"at": PHONE6, "border": ACCESS6}, {"at": CARRIER6, "border": CORE6})
    offer = lab.capture.messages(CORE6, CARRIER6, lambda m: m.is_request("INVITE"))[0]
    equal(offer.media()[0], CORE6, "address in the offer")
    check(f"[{CORE6}]" in offer.header("contact"), f"Contact: {offer.header('contact')}")


@test
def from_ipv6_to_ipv4(lab):
    lab.start(register=False)
    lab.register("alice", PHONE6)
    lab.call("caller", "callee", {"at": PHONE6, "border": ACCESS6})
    offer = lab.capture.messages(CORE, CARRIER, lambda m: m.is_request("INVITE"))[0]
    check(f"c=IN IP4 {CORE}" in offer.body, f"the offer:\n{offer.body}")
    answer = lab.capture.messages(ACCESS6, PHONE6, lambda m: m.is_response(200, "INVITE"))[0]
    check(f"c=IN IP6 {ACCESS6}" in answer.body, f"the answer:\n{answer.body}")


@test
def from_ipv4_to_ipv6(lab):
    lab.start(IPV6_TRUNK)
    lab.call("caller_holds", "callee_is_held", callee_options={"at": CARRIER6, "border": CORE6})
    offer = lab.capture.messages(CORE6, CARRIER6, lambda m: m.is_request("INVITE"))[0]
    check(f"c=IN IP6 {CORE6}" in offer.body, f"the offer:\n{offer.body}")


@test
def options_is_answered_over_udp(lab):
    lab.start(register=False)
    lab.sipp("options", "pinger", PHONE).done()
    lab.sipp("options", "trunk_pinger", CARRIER).done()
    answer = lab.capture.messages(ACCESS, PHONE, lambda m: m.is_response(200, "OPTIONS"))[0]
    check("INVITE" in answer.header("allow"), f"Allow: {answer.header('allow')!r}")


@test
def options_is_answered_over_tcp(lab):
    lab.start(register=False)
    lab.sipp("options", "pinger", PHONE, transport="tcp").done()


def large(ua):
    """An offer of many codecs."""
    kinds = range(102, 127)
    sdp = ua.sdp(extra=[f"a=rtpmap:{k} X-CODEC-OF-THE-TEST-NUMBER-{k}/8000" for k in kinds])
    return sdp.replace("RTP/AVP 0 8 101", "RTP/AVP 0 8 101 " + " ".join(map(str, kinds)))


# trap 62: a request of more than 1300 bytes goes over TCP, and what follows in its dialog goes by its own size.
@test
def a_large_invite_goes_over_tcp(lab):
    lab.start()
    alice, over_udp, over_tcp = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier"), lab.stream_ua(CARRIER, "carrier")
    call = alice.invite("sip:1000@example.org", sdp=large(alice))
    invite = over_tcp.request("INVITE")
    check(invite.header("via").startswith("SIP/2.0/TCP"), f"Via: {invite.header('via')}")
    invite.reply(200, sdp=over_tcp.sdp(), headers=[f"Contact: {over_udp.contact}"])
    call.response(200)
    call.ack()
    over_udp.request("ACK")
    bye = call.send("BYE")
    bye_in = over_udp.request("BYE")
    check(bye_in.header("via").startswith("SIP/2.0/UDP"), f"Via: {bye_in.header('via')}")
    bye_in.reply(200)
    bye.response(200)


# trap 62: the peer has no TCP.
@test
def a_large_invite_falls_back_to_udp(lab):
    lab.start()
    alice, carrier = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    for _ in range(2):
        call = alice.invite("sip:1000@example.org", sdp=large(alice))
        invite = carrier.request("INVITE")
        check(invite.header("via").startswith("SIP/2.0/UDP"), f"Via: {invite.header('via')}")
        invite.reply(486)
        carrier.request("ACK")
        call.response(486)
        call.ack(status=486)
    eventually(lambda: lab.border.sbc_metrics().total("parapet_transaction_events_total", event="tcp_fallbacks") >= 1,
               "the fallback is counted")


if __name__ == "__main__":
    main()
