#!/usr/bin/env python3
"""TCP and UDP, IPv4 and IPv6, in every mixture."""

import time

from harness import check, equal, main, test
from harness.border import ACCESS6, CORE6
from harness.checks import eventually
from harness.lab import ACCESS, CARRIER, CARRIER6, CORE, PHONE, PHONE6

TCP_TRUNK = {"trunk": {"carrier": {"targets": [f"{CARRIER}:5060;transport=tcp"]}}}
IPV6_TRUNK = {"trunk": {"carrier": {"realm": "core6", "targets": [f"[{CARRIER6}]:5060"], "sources": [f"{CARRIER6}/128"]}}}

# Over TCP each sipp has a connection of its own, which is not the flow that a registration came over.
TCP_CALLER = {"transport": "tcp", "password": "wonder-land"}
ONE_SHARD = {"process": {"shards": 1}}
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


# trap 56: IPv4 on one leg, IPv6 on the other.
@test
def from_ipv4_to_ipv6(lab):
    lab.start(IPV6_TRUNK)
    lab.call("caller_holds", "callee_is_held", callee_options={"at": CARRIER6, "border": CORE6})
    offer = lab.capture.messages(CORE6, CARRIER6, lambda m: m.is_request("INVITE"))[0]
    check(f"c=IN IP6 {CORE6}" in offer.body, f"the offer:\n{offer.body}")


# trap 87: OPTIONS is answered here, by what is.
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


def counted_once(lab, event):
    """The counters of the transactions are told each second."""
    eventually(lambda: lab.border.sbc_metrics().total("parapet_transaction_events_total", event=event) == 1, f"one of {event}")


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


def refuse(call, invite):
    invite.reply(486)
    call.response(486)
    call.ack(status=486)


# RFC 3261 18.1.1: a phone that stands where its Contact says.
@test
def a_large_invite_to_a_phone_goes_over_tcp(lab):
    lab.start(ONE_SHARD)
    carrier, over_udp, over_tcp = lab.ua(CARRIER, "carrier"), lab.ua(PHONE, "alice"), lab.stream_ua(PHONE, "alice")
    call = carrier.invite("sip:alice@example.org", sdp=large(carrier))
    invite = over_tcp.request("INVITE")
    check(invite.header("via").startswith("SIP/2.0/TCP"), f"Via: {invite.header('via')}")
    refuse(call, invite)
    over_tcp.kill()  # nobody listens any more
    call = carrier.invite("sip:alice@example.org", sdp=large(carrier))
    refuse(call, over_udp.request("INVITE", seconds=2))
    counted_once(lab, "tcp_fallbacks")


# RFC 5626 7: behind a NAT there is only the flow, and over it no other transport.
@test
def a_large_invite_to_a_phone_behind_a_nat_stays_on_udp(lab):
    lab.start(register=False)
    lab.register("alice", PHONE, contact="<sip:alice@192.168.7.7:5060>")
    carrier, over_udp, over_tcp = lab.ua(CARRIER, "carrier"), lab.ua(PHONE, "alice"), lab.stream_ua(PHONE, "alice")
    call = carrier.invite("sip:alice@example.org", sdp=large(carrier))
    invite = over_udp.request("INVITE")
    check(len(invite.message.text) > 1300, "a small INVITE")
    refuse(call, invite)
    equal(over_tcp.connections, [], "connections to the phone")
    counted_once(lab, "large_on_flow")


# trap 66: RFC 3261 18.2.2.
@test
def a_response_goes_to_sent_by_when_the_connection_is_gone(lab):
    lab.start()
    carrier, alice = lab.stream_ua(CARRIER, "carrier"), lab.ua(PHONE, "alice")
    call = carrier.invite("sip:alice@example.org")
    invite = alice.request("INVITE")
    invite.reply(180)
    call.response(180)
    first = carrier.connections[0]
    first.closed = True
    first.socket.close()
    invite.reply(486)
    call.response(486)
    equal([c.opened for c in carrier.connections], [True, False], "connections: ours, and then the border's")
    call.ack(status=486)


# trap 66: the kernel of the caller had the response, and the caller is gone without having read it.
@test
def a_response_that_nobody_read_comes_again(lab):
    lab.start()
    carrier, alice = lab.stream_ua(CARRIER, "carrier"), lab.ua(PHONE, "alice")
    call = carrier.invite("sip:alice@example.org")
    invite = alice.request("INVITE")
    invite.reply(180)
    call.response(180)
    invite.reply(486)
    alice.request("ACK")
    time.sleep(0.2)  # it is there, unread
    first = carrier.connections[0]
    first.closed = True
    first.socket.close()
    call.response(486)
    equal([c.opened for c in carrier.connections], [True, False], "connections: ours, and then the border's")
    call.ack(status=486)
    check(lab.border.sbc_metrics().total("parapet_transport_drops_total", reason="tcp_in_doubt") >= 1, "counted")


# RFC 3261 17.1.4: the same request, so that who had it knows it again (17.2.3).
@test
def a_request_that_nobody_read_goes_out_again(lab):
    lab.start({**TCP_TRUNK, **ONE_SHARD})
    alice, carrier = lab.ua(PHONE, "alice"), lab.stream_ua(CARRIER, "carrier")
    call = alice.invite("sip:1000@example.org")
    refuse(call, carrier.request("INVITE"))
    carrier.request("ACK")
    call = alice.invite("sip:1000@example.org")
    time.sleep(0.2)  # it is there, unread
    carrier.connections[0].closed = True
    carrier.connections[0].socket.close()
    refuse(call, carrier.request("INVITE"))
    equal([c.opened for c in carrier.connections], [False, False], "connections, all of the border")
    counted_once(lab, "requests_reopened")
    vias = {m.header("via") for m in lab.capture.messages(CORE, CARRIER, lambda m: m.is_request("INVITE"))}
    equal(len(vias), 2, "transactions of two calls")


# RFC 3581 4, RFC 3261 18.2.2.
@test
def received_and_rport_say_where_a_request_came_from(lab):
    lab.start()
    here, there = lab.ua(CARRIER, "here", port=5066), lab.ua(CARRIER, "there", port=5070)

    def ask(via):
        here.send_text(f"OPTIONS sip:{CORE} SIP/2.0\r\nVia: SIP/2.0/UDP {via}\r\nMax-Forwards: 70\r\nFrom: <sip:x@y>;tag=1\r\n"
                       f"To: <sip:{CORE}>\r\nCall-ID: {via.partition('branch=')[2]}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")

    ask("192.0.2.99:5070;rport;branch=z9hG4bKwithrport")
    answer = here._take(lambda m: m.is_response(200, "OPTIONS"), "the answer where the request came from", 5)
    check(f"received={CARRIER}" in answer.header("via") and "rport=5066" in answer.header("via"),
          f"Via: {answer.header('via')}")
    ask(f"{CARRIER}:5070;branch=z9hG4bKwithoutrport")
    answer = there._take(lambda m: m.is_response(200, "OPTIONS"), "the answer at the port of sent-by", 5)
    check("rport" not in answer.header("via").partition(";branch")[0], f"Via: {answer.header('via')}")


# trap 61, RFC 5626 4.4.1.
@test
def pings_between_messages_are_answered(lab):
    lab.start()
    carrier = lab.stream_ua(CARRIER, "carrier")
    call = carrier.invite("sip:nobody@example.org")
    call.response(404)
    call.ack(status=404)
    for pongs in (1, 2):
        carrier.current.send(b"\r\n\r\n")
        carrier.until(lambda: carrier.current.crlfs == pongs, "a pong")


if __name__ == "__main__":
    main()
