#!/usr/bin/env python3
"""sipp plays both sides of what makes dialogs besides calls, and of what names other dialogs: each in both directions."""

from harness import check, equal, main, test
from harness.lab import ACCESS, CARRIER, CARRIER2, CORE, PHONE
from harness.ua import Dialog
from harness.way import CONFIG, SECOND, Way, both_ways, each_way, start


@both_ways
def a_subscription(way):  # RFC 6665
    for event in ("presence", "message-summary"):
        notifier = way.wait_at("notifies", f"notifier_{event}", event=event)
        way.begin("subscribes", f"subscriber_{event}", event=event).done()
        notifier.done()
    equal(len(way.requests("SUBSCRIBE")), 6, "SUBSCRIBEs on the far side")
    way.sees_nothing_of(way.near, "subscriber_presence-tag", "subscriber_presence-contact")


@both_ways
def a_refer_outside_of_calls(way):  # RFC 3515, RFC 7647
    report = {"event": "refer", "notify_type": "Content-Type: message/sipfrag", "report": "SIP/2.0 200 OK"}
    asked = way.wait_at("referred", "referred", **report)
    way.begin("refers", "referrer", headers=f"Refer-To: <sip:1000@{way.near}>").done()
    asked.done()
    way.sees_nothing_of(way.near, "referrer-tag", "referrer-contact")


@both_ways
def an_invite_with_replaces(way):  # RFC 3891
    other_party = way.wait_at("callee_stays", "other_party")
    replaced = way.begin("caller_hung_up", "replaced")
    call_id, own, borders = way.names("replaced")
    headers = f"Replaces: {call_id};to-tag={borders};from-tag={own}\n      Require: replaces"
    way.begin("invites_with", "newcomer", port=5062, headers=headers).done()
    replaced.done()
    other_party.done()
    way.sees_nothing_of(call_id, own)


@both_ways
def an_attended_transfer(way):  # trap 77; RFC 3515, RFC 3891, RFC 5589
    # The call that the transferor asks for advice in, and then the one that it gives away.
    consulted = way.wait_at("callee_stays", "consulted", at=way.other)
    advice = way.begin("caller_hung_up", "advice", **way.number_of_other)
    call_id, own, borders = way.names("advice")
    given = way.wait_at("callee_is_joined", "given")
    replaces = f"{call_id}%3Bto-tag%3D{borders}%3Bfrom-tag%3D{own}"
    way.begin("caller_transfers", "transferor", port=5062, headers=f"Refer-To: <sip:2000@{way.border}?Replaces={replaces}>").done()
    for peer in (advice, given, consulted):
        peer.done()
    equal(way.requests("INVITE", way.other)[1].body, "", "the offer to the consulted one")
    way.sees_nothing_of(call_id, own)


@both_ways
def an_invite_with_join(way):  # trap 77; RFC 3911: the far side, which has the call, lets the newcomer in
    far = way.wait_at("callee", "far", calls=2)
    first = way.begin("caller", "first", talk=1500)
    call_id, own, borders = way.names("first")
    headers = f"Join: {call_id};to-tag={borders};from-tag={own}\n      Require: join"
    way.begin("joins", "newcomer", port=5062, headers=headers).done()
    first.done()
    far.done()
    theirs, joining = way.requests("INVITE")
    tag = theirs.header("from").split("tag=")[1]
    named = joining.header("join")
    check(named.startswith(theirs.header("call-id") + ";to-tag=far-tag-") and named.endswith(f";from-tag={tag}"),
          f"Join: {named}")
    equal(joining.header("require"), "join", "Require, of whoever has the call")
    way.sees_nothing_of(call_id, own)
    headers = "Join: nobody;to-tag=a;from-tag=b"
    way.begin("invites_with_refused", "late", port=5062, headers=headers, status=481).done()
    equal(len(way.requests("INVITE")), 2, "INVITEs to the far side")


@both_ways
def a_transfer_that_names_its_call_by_target_dialog(way):  # RFC 4538
    target = way.lab.sipp("target", "target", CARRIER2)
    other_party = way.wait_at("callee_stays", "other_party")
    given = way.begin("caller_hung_up", "given")
    call_id, own, borders = way.names("given")
    headers = (f"Refer-To: <sip:2000@{ACCESS}>\n      Target-Dialog: {call_id};local-tag={borders};remote-tag={own}"
               "\n      Require: tdialog")
    way.begin("refers", "referrer", port=5062, headers=headers).done()
    for peer in (given, other_party, target):
        peer.done()
    way.sees_nothing_of(call_id, own, "referrer-tag")


@both_ways
def a_call_for_help(way):  # RFC 5031
    helper = way.wait_at("callee", "helper")
    said = ["Geolocation: <https://lis.example.net/x>", "Geolocation-Routing: yes", "Privacy: id"]
    way.begin("invites_with", "caller", uri="urn:service:sos.fire", headers="\n      ".join(said)).done()
    helper.done()
    invite = way.requests("INVITE")[0]
    check(invite.header("geolocation") == "<https://lis.example.net/x>", f"Geolocation:\n{invite.text}")
    check("sip:anonymous" not in invite.header("from"), f"From: {invite.header('from')}")
    way.sees_nothing_of(way.near)


PLACE = """<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:in-need@{at}"><tuple id="x"><status>
<geopriv xmlns="urn:ietf:params:xml:ns:pidf:geopriv10"><location-info><pos>48.2 16.3</pos></location-info></geopriv></status>
</tuple></presence>"""


@each_way(leak_guard={"mode": "scrub"}, emergency={"numbers": ["112"]})
def where_help_is_needed_crosses(way):  # traps 83, 85; RFC 6442 4.1: by value, in a part that Geolocation names
    near, far = way.lab.ua(way.near, "in-need"), way.lab.ua(way.far, "helper")
    place = PLACE.format(at=way.near)
    for uri in ("urn:service:sos", "sip:112@example.org"):
        body = "\r\n".join(["--b", "Content-Type: application/sdp", "", near.sdp(), "--b", "Content-Type: application/pidf+xml",
                            f"Content-ID: <1@{way.near}>", "", place, "--b--", ""])
        call = Dialog(near, uri)
        call.send("INVITE", body=body, content_type="multipart/mixed;boundary=b",
                  headers=[f"Geolocation: <cid:1@{way.near}>", "Geolocation-Routing: yes"])
        invite = far.request("INVITE")
        equal(invite.header("geolocation"), f"<cid:1@{way.near}>", f"Geolocation of a call to {uri}")
        check(place in invite.body and f"Content-ID: <1@{way.near}>" in invite.body, f"the place:\n{invite.body}")
        check(f"c=IN IP4 {way.beyond}" in invite.body, f"the description:\n{invite.body}")
        invite.reply(486)
        call.response(486)
        call.ack(status=486)
    near.kill()
    far.kill()


@test
def who_calls_for_help_is_not_told_to_wait(lab):  # trap 85: the only carrier has asked for peace
    lab.start({"process": {"shards": 1}})  # another thread would hear of that a moment later
    alice, bob = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "bob")
    for uri, tried, status in (("sip:1000@example.org", True, 503), ("sip:1000@example.org", False, 503),
                               ("urn:service:sos", True, 486)):
        call = alice.invite(uri)
        if tried:
            bob.request("INVITE").reply(status, headers=["Retry-After: 60"])
        call.response(status)
        call.ack(status=status)


def with_room_for_one(lab, phone_begins):
    start(lab, limits={"calls": 1}, process={"shards": 1})
    way = Way(lab, phone_begins)
    far = way.wait_at("callee", "far", calls=2)
    first = way.begin("caller", "first", talk=1500)
    way.names("first")
    way.begin("caller_refused", "refused", port=5070, status=503).done()
    way.begin("invites_with", "in_need", port=5062, uri="urn:service:sos", headers="X-Nothing: more").done()
    first.done()
    far.done()


@test
def a_call_for_help_of_a_phone_passes_the_limit(lab):  # trap 85: neither limit nor drain keeps it out
    with_room_for_one(lab, True)


@test
def a_call_for_help_of_a_carrier_passes_the_limit(lab):  # trap 85
    with_room_for_one(lab, False)


@test
def signatures_cross_between_carriers_and_reach_no_phone(lab):  # trap 84; RFC 8224
    start(lab)
    way = Way(lab, False)
    said = ["Date: Sat, 21 Nov 2026 03:00:00 GMT", 'Identity: aa.bb.cc;info=<https://certs.example.net/1>;ppt="shaken"',
            'Identity: ..dd;info=<https://certs.example.net/2>;ppt="div"']
    for service, at in (("2000", CARRIER2), ("alice", PHONE)):
        called = way.wait_at("callee", f"called_{service}", at=at)
        way.begin("invites_with", f"caller_{service}", service=service, headers="\n      ".join(said)).done()
        called.done()
    trusted, phone = (lab.capture.messages(source, at, lambda m: m.is_request("INVITE"))[0]
                      for source, at in ((CORE, CARRIER2), (ACCESS, PHONE)))
    equal(trusted.headers("identity"), [line.partition(": ")[2] for line in said[1:]], "Identity at the other carrier")
    equal(trusted.header("date"), said[0].partition(": ")[2], "Date at the other carrier")
    equal((phone.headers("identity"), phone.header("date")), ([], ""), "Identity and Date at the phone")


# --- registrations ---

ACCOUNT = {"account": "alice", "secret": "wonder-land", "digest_realm": "upstream.example"}


@test
def a_registrar_behind_the_border_asks_a_phone_for_its_password(lab):  # trap 73: the digest is of what the registrar sees
    upstream = {"mode": "relay", "upstream": "second", "upstream_answer": "1s"}
    lab.start({**CONFIG, "realm": {"access": {"registrar": upstream}}, "user": []}, register=False)
    registrar = lab.sipp("registrar_asks", "registrar", CARRIER2, calls=2, **ACCOUNT)
    lab.sipp("registers", "phone", PHONE, password="wonder-land", auth_uri="example.org").done()
    registrar.done()
    heard = lab.capture.messages(CORE, CARRIER2, lambda m: m.is_request("REGISTER"))
    equal(len(heard), 4, "REGISTERs upstream")
    check(not any(PHONE in m.text or "phone-tag" in m.text for m in heard), "the phone's side reached the registrar")


@test
def the_border_registers_at_a_trunk_and_leaves_it(lab):
    registrar = lab.sipp("trunk_registrar", "registrar", CARRIER, account="border", secret="s3cret", digest_realm="trunk")
    lab.start({**CONFIG, "trunk": {"carrier": {"sources": [CARRIER], "username": "border", "password": "s3cret"}, "second": SECOND},
               "registration": [{"trunk": "carrier", "aor": "sip:4313000@trunk.example", "user": "alice"}]})
    lab.capture.wait(lambda m: m.is_response(200, "REGISTER"), "the registration", target=CORE)
    # Calls to the contact are alice's.
    contact = lab.capture.messages(CORE, CARRIER, lambda m: m.is_request("REGISTER"))[0].header("contact")
    uri = contact.split("<")[1].split(">")[0]
    phone = lab.callee("callee", at=PHONE)
    lab.caller("invites_with", at=CARRIER2, uri=uri, headers="X-Nothing: more").done()
    phone.done()
    lab.border.until_idle()
    lab.border.sbc.stop(8)
    registrar.done()
    last = lab.capture.messages(CORE, CARRIER, lambda m: m.is_request("REGISTER"))[-1]
    check("expires=0" in last.header("contact") or last.header("expires") == "0", f"its end:\n{last.text}")


if __name__ == "__main__":
    main()
