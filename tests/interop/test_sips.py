#!/usr/bin/env python3
"""sips: means TLS on both sides of the border, or no call (RFC 3261 26.2.2, RFC 5630)."""

import re

from harness import check, equal, main, test
from harness.border import ACCESS, CORE, OWN_POLICIES
from harness.flow_ua import FlowUa
from harness.lab import CARRIER, PHONE
from harness.tls import Authority, TlsClient, TlsServer
from harness.ua import Dialog

NAME = "sbc.example.org"


def start(lab, over, **more):
    """TLS on both sides, a registered phone on it, and a carrier that is reached over `over`."""
    authority = Authority(lab.directory)
    pair = authority.issue("border", f"DNS:{NAME},IP:{ACCESS},IP:{CORE}")

    def listeners(at):
        plain = [{"transport": t, "bind": f"{at}:5060"} for t in ("udp", "tcp")]
        return {"listener": [*plain, {"transport": "tls", "bind": f"{at}:5061", "advertise": f"{at}:5061", **pair,
                                      "server_ca": str(authority.pem)}]}

    trunk = {"carrier": {"targets": [f"{CARRIER}:5061;transport=tls"], "tls_name": "carrier.example"}} if over == "tls" else {}
    lab.start({"process": {"shards": 1}, "realm": {"access": listeners(ACCESS), "core": listeners(CORE)}, "trunk": trunk, **more},
              register=False)
    phone = FlowUa(lab, TlsClient(PHONE, ACCESS, authority, NAME), "alice", "tls")
    equal(phone.register().status, 200, "REGISTER")
    return authority, phone


def contact_of(message):
    return re.search("<([^>]+)>", message.header("contact"))[1]


@test
def a_sips_call_is_over_tls_on_both_sides(lab):  # trap 67; RFC 3261 8.1.1.8, 12.1.1
    authority, phone = start(lab, "tls")
    with TlsServer(CARRIER, authority, authority.issue("carrier", "URI:sip:carrier.example")) as server:
        call = phone.invite("sips:4912345@example.org", headers=[f"Contact: <sips:alice@{PHONE}:{phone.port}>"])
        carrier = FlowUa(lab, server.accept((CORE, 5061)), "carrier", "tls")
        invite = carrier.request("INVITE")
        # What it does beyond is the carrier's affair: a trunk that is named by its address is asked by sip: over TLS.
        check("SIP/2.0/TLS" in invite.header("via") and contact_of(invite).endswith(";transport=tls"), invite.message.text)
        invite.reply(200, sdp=carrier.sdp(), headers=[f"Contact: <sips:carrier@{CARRIER}:5061>"])
        check(contact_of(call.response(200)).startswith("sips:"), "Contact toward the phone")
        call.ack()
        check(carrier.request("ACK").message.start.startswith(f"ACK sips:carrier@{CARRIER}"), "where the ACK goes")
        there = invite.dialog()
        bye = there.send("BYE")
        phone.request("BYE").reply(200)
        bye.response(200)


@test
def a_sips_call_does_not_leave_in_clear(lab):  # trap 67; RFC 5630 3.1.4
    _, phone = start(lab, "udp")
    carrier = lab.ua(CARRIER, "carrier")
    call = phone.invite("sips:4912345@example.org")
    call.response(480)
    call.ack(status=480)
    carrier.nothing(lambda m: m.is_request(), 0.3)


@test
def a_sips_call_that_came_in_clear_is_refused(lab):  # trap 67; RFC 5630 5.1.2
    start(lab, "udp")
    carrier = lab.ua(CARRIER, "carrier")
    call = carrier.invite("sips:alice@example.org")
    check(call.response(480).header("warning").startswith("380 "), "Warning")
    call.ack(status=480)


@test
def nothing_else_to_sips_leaves_in_clear(lab):  # trap 67; RFC 3261 26.2.2, RFC 5630 5.3
    _, phone = start(lab, "udp", policy={"file": str(OWN_POLICIES / "outside.lua")})
    carrier = lab.ua(CARRIER, "carrier")
    for method, headers in (("MESSAGE", []), ("SUBSCRIBE", ["Event: presence"]), ("OPTIONS", [])):
        dialog = Dialog(phone, "sips:4912345@example.org")
        dialog.send(method, headers=headers).response(480)
    carrier.nothing(lambda m: m.is_request(), 0.3)
    for method in ("MESSAGE", "OPTIONS"):  # and what came in clear
        sent = Dialog(carrier, "sips:alice@example.org").send(method)
        check(sent.response(480).header("warning").startswith("380 "), "Warning")
    # A transfer to sips: fails, and the call goes on.
    call = phone.invite("sip:4912345@example.org")
    carrier.request("INVITE").reply(200, sdp=carrier.sdp())
    call.response(200)
    call.ack()
    carrier.request("ACK")
    call.send("OPTIONS").response(200)
    call.send("REFER", headers=["Refer-To: <sips:4912346@example.org>"]).response(202)
    for words in ("SIP/2.0 100 Trying", "SIP/2.0 480 Temporarily Unavailable"):
        notify = phone.request("NOTIFY").reply(200)
        equal(notify.body.split("\r\n")[0], words, "the report")
    carrier.nothing(lambda m: m.is_request("INVITE"), 0.3)
    bye = call.send("BYE")
    carrier.request("BYE").reply(200)
    bye.response(200)


if __name__ == "__main__":
    main()
