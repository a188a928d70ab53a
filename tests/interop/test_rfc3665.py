#!/usr/bin/env python3
"""The call flows of RFC 3665 with the border in the place of its proxies, one test each."""

from harness import check, equal, main, test
from harness.border import PASSWORDS
from harness.client import Client, answer_challenge, parse_challenge, token
from harness.lab import ACCESS, CARRIER, CARRIER2, CORE, PHONE

NUMBER = "sip:1000@example.org"


def start(lab, more=None):
    lab.start(more)
    return lab.ua(PHONE, "alice"), lab.ua(CARRIER, "bob")


def establish(alice, bob, sdp=None):
    """Up to the ACK at bob's: alice's dialog, bob's INVITE, bob's dialog."""
    call = alice.invite(NUMBER, sdp=sdp)
    invite = bob.request("INVITE")
    invite.reply(180)
    call.response(180)
    invite.reply(200, sdp=bob.sdp())
    call.response(200)
    call.ack()
    bob.request("ACK")
    return call, invite, invite.dialog()


def hang_up(from_dialog, peer):
    bye = from_dialog.send("BYE")
    peer.request("BYE").reply(200)
    bye.response(200)


@test
def flow_2_1_successful_new_registration(lab):
    lab.start(register=False)
    with Client(PHONE, ACCESS) as phone:
        answer = phone.register("alice")  # checks the 401 on its way
    equal(answer.status, 200, "answer")
    check("expires=" in answer.header("contact"), f"Contact: {answer.header('contact')}")


@test
def flow_2_2_update_of_contact_list(lab):
    lab.start()
    with Client(PHONE, ACCESS) as phone:
        answer = phone.register("alice", contact="<sip:alice@10.77.1.10:5080>")
    equal(answer.status, 200, "answer")
    contacts = ",".join(answer.headers("contact"))
    check(":5080" in contacts and ":5060" in contacts, f"contacts: {contacts}")


@test
def flow_2_3_request_for_current_contact_list(lab):
    lab.start()
    with Client(PHONE, ACCESS) as phone:
        answer = register_without_contact(phone)
    equal(answer.status, 200, "answer")
    check("sip:alice@10.77.1.10:5060" in answer.header("contact"), f"contacts: {answer.headers('contact')}")


def register_without_contact(phone):
    call_id = token()
    named = {"user": "alice", "call_id": call_id, "replace": {"Contact": None}}
    first = phone.ask("REGISTER", "sip:example.org", **named)
    challenge = next(c for c in map(parse_challenge, first.headers("www-authenticate")) if c.get("algorithm") == "MD5")
    credentials = answer_challenge(challenge, "alice", PASSWORDS["alice"], "REGISTER", "sip:example.org", "MD5")
    return phone.ask("REGISTER", "sip:example.org", cseq=2, headers=[f"Authorization: {credentials}"], **named)


@test
def flow_2_4_cancellation_of_registration(lab):
    lab.start()
    with Client(PHONE, ACCESS) as phone:
        answer = phone.register("alice", expires=0)
    equal((answer.status, answer.header("contact")), (200, ""), "answer and what is left")


@test
def flow_2_5_unsuccessful_registration(lab):
    lab.start(register=False)
    with Client(PHONE, ACCESS) as phone:
        equal(phone.register("alice", password="wrong").status, 401, "answer")


@test
def flow_3_1_successful_session_establishment(lab):
    alice, bob = start(lab)
    _, _, there = establish(alice, bob)
    hang_up(there, alice)


@test
def flow_3_2_session_establishment_through_two_proxies(lab):
    """Behind the border stands a proxy that records its route: every later request of ours follows it."""
    alice, bob = start(lab)
    call = alice.invite(NUMBER)
    invite = bob.request("INVITE")
    route = "Record-Route: <sip:10.77.2.10:5060;lr>"
    invite.reply(180, headers=[route])
    call.response(180)
    invite.reply(200, sdp=bob.sdp(), headers=[route, "Contact: <sip:bob@10.77.2.99:5070>"])
    call.response(200)
    call.ack()
    ack = bob.request("ACK")
    equal((ack.header("route"), ack.start.split()[1]), ("<sip:10.77.2.10:5060;lr>", "sip:bob@10.77.2.99:5070"),
          "Route and Request-URI of the ACK")
    check(not lab.capture.messages(ACCESS, PHONE, lambda m: m.headers("record-route")), "the caller saw a route")
    hang_up(call, bob)


def credentials(challenge, user, password, uri):
    """Proxy-Authorization, as a header line, that answers a challenge for MD5."""
    return "Proxy-Authorization: " + answer_challenge(challenge, user, password, "INVITE", uri, "MD5")


@test
def flow_3_3_session_with_multiple_proxy_authentication(lab):
    """The phone is challenged by the border; the border, instead of the phone, by the proxy of the carrier."""
    lab.start({"trunk": {"carrier": {"username": "border", "password": "s3cret"}}}, register=False)
    alice, bob = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "bob")
    call = alice.invite(NUMBER)
    asked = call.response(407)
    call.ack(status=407)
    bob.nothing(seconds=0.2)
    challenge = next(c for c in map(parse_challenge, asked.headers("proxy-authenticate")) if c["algorithm"] == "MD5")
    call.send("INVITE", body=alice.sdp(), headers=[credentials(challenge, "alice", PASSWORDS["alice"], NUMBER)])

    first = bob.request("INVITE")
    equal(first.header("proxy-authorization"), "", "credentials before the carrier's challenge")
    first.reply(407, headers=['Proxy-Authenticate: Digest realm="biloxi", nonce="first", qop="auth", algorithm=MD5'])
    ack = bob.request("ACK")
    equal(ack.header("via"), first.header("via"), "Via of the ACK to the 407")
    second = bob.request("INVITE")
    given = parse_challenge(second.header("proxy-authorization"))
    equal((given["realm"], given["nonce"], given["username"]), ("biloxi", "first", "border"), "the credentials")
    expected = answer_challenge(given, "border", "s3cret", "INVITE", given["uri"], "MD5", given["cnonce"], given["nc"])
    equal(given["response"], parse_challenge(expected)["response"], "the digest")
    equal(given["uri"], second.start.split()[1], "its uri is the Request-URI that the carrier sees")
    check(int(second.header("cseq").split()[0]) > int(first.header("cseq").split()[0]), "the CSeq did not grow")
    equal(second.header("call-id"), first.header("call-id"), "Call-ID of the second try")

    second.reply(200, sdp=bob.sdp())
    call.response(200)
    call.ack()
    bob.request("ACK")
    equal(lab.capture.messages(ACCESS, PHONE, lambda m: "biloxi" in m.text), [], "the carrier's challenge at the phone")
    hang_up(second.dialog(), alice)


@test
def flow_3_4_successful_session_with_proxy_failure(lab):
    """The first of two ways is silent, the second takes the call."""
    lab.start({"trunk": {"carrier": {"targets": [f"{CARRIER}:5060", f"{CARRIER2}:5060"]}}})
    lab.silent(CARRIER)
    alice, bob = lab.ua(PHONE, "alice"), lab.ua(CARRIER2, "bob")
    call = alice.invite(NUMBER)
    invite = bob.request("INVITE", seconds=15)
    invite.reply(180)
    call.response(180)
    invite.reply(200, sdp=bob.sdp())
    call.response(200)
    call.ack()
    bob.request("ACK")
    hang_up(call, bob)


@test
def flow_3_5_session_through_a_sip_alg(lab):
    """A device on the way put its own address into Via and SDP: the border answers where the request came from."""
    alice, bob = start(lab)
    call = alice.invite(NUMBER, sdp=alice.sdp().replace("10.77.1.10", "192.168.9.9"))
    invite = bob.request("INVITE")
    check("192.168.9.9" not in invite.text(200) + invite.message.text, "the inner address crossed")
    invite.reply(200, sdp=bob.sdp())
    call.response(200)
    call.ack()
    bob.request("ACK")
    hang_up(call, bob)


REDIRECTS = {"trunk": {"carrier": {"redirects": "follow", "redirect_to": ["second"], "sources": [f"{CARRIER}/32"]},
                       "second": {"realm": "core", "targets": [f"{CARRIER2}:5060"]}}}


@test
def flow_3_6_session_via_redirect_and_proxy_servers_with_sdp_in_ack(lab):
    """The carrier redirects, the border follows, in the place of the caller; nobody but bob offers."""
    alice, redirect_server = start(lab, REDIRECTS)
    bob = lab.ua(CARRIER2, "bob")
    call = alice.invite(NUMBER, sdp="")
    first = redirect_server.request("INVITE")
    equal(first.body, "", "body of an INVITE without an offer")
    first.reply(302, headers=[f"Contact: <sip:bob@{CARRIER2}>"])
    redirect_server.request("ACK")

    invite = bob.request("INVITE")
    equal((invite.start.split()[1].split(":")[1].split("@")[0], invite.body), ("bob", ""), "user and body of the second")
    invite.reply(180)
    call.response(180)
    invite.reply(200, sdp=bob.sdp())
    check(call.response(200).media(), "the 200 has no offer")
    call.ack(sdp=alice.sdp())
    check(bob.request("ACK").media(), "the ACK has no answer")
    equal(lab.capture.messages(ACCESS, PHONE, lambda m: m.is_response(302)), [], "redirections at the phone")
    hang_up(invite.dialog(), alice)


@test
def flow_3_7_session_with_reinvite_after_a_change_of_address(lab):
    alice, bob = start(lab)
    call, _, there = establish(alice, bob)
    call.send("OPTIONS").response(200)  # behind the ACK on the same way: the border has that by now
    again = there.send("INVITE", body=bob.sdp().replace(f"c=IN IP4 {CARRIER}", f"c=IN IP4 {CARRIER2}"))
    theirs = alice.request("INVITE")
    equal(theirs.media()[0], ACCESS, "the caller still talks to the border")
    theirs.reply(200, sdp=alice.sdp())
    again.response(200)
    there.ack()
    alice.request("ACK")
    hang_up(call, bob)


@test
def flow_3_8_unsuccessful_no_answer(lab):
    """Alice gives up while bob rings; each hop answers the CANCEL for itself."""
    alice, bob = start(lab)
    call = alice.invite(NUMBER)
    invite = bob.request("INVITE")
    invite.reply(180)
    call.response(180)
    call.cancel().response(200)  # F10: before bob has answered his
    cancel = bob.request("CANCEL")
    equal((cancel.header("via"), cancel.start.split()[1]), (invite.header("via"), invite.start.split()[1]),
          "Via and Request-URI of the CANCEL")
    cancel.reply(200)
    invite.reply(487)
    call.response(487)
    call.ack(status=487)
    equal(bob.request("ACK").header("via"), invite.header("via"), "Via of the ACK to the 487")
    equal(lab.border.calls("cancelled"), 1, "cancelled calls")


@test
def flow_3_9_unsuccessful_busy(lab):
    alice, bob = start(lab)
    call = alice.invite(NUMBER)
    bob.request("INVITE").reply(486)
    call.response(486)
    call.ack(status=486)


@test
def flow_3_10_unsuccessful_no_response_from_user_agent(lab):
    lab.start({"timers": {"first_response": "1s"}})
    lab.silent(CARRIER)
    alice = lab.ua(PHONE, "alice")
    call = alice.invite(NUMBER)
    call.response(408, seconds=10)
    call.ack(status=408)


@test
def flow_3_11_unsuccessful_temporarily_unavailable(lab):
    alice, bob = start(lab)
    call = alice.invite(NUMBER)
    bob.request("INVITE").reply(480, headers=["Retry-After: 3600"])
    call.response(480)
    call.ack(status=480)


if __name__ == "__main__":
    main()
