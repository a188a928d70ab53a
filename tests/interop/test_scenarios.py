#!/usr/bin/env python3
"""sipp plays both sides of what calls and requests outside of calls can carry: each in both directions."""

from harness import check, equal, eventually, main, test
from harness.border import OWN_POLICIES
from harness.lab import ACCESS, CARRIER, CARRIER2, CORE, FROM_CARRIER, PHONE

SECOND = {"realm": "core", "targets": [f"{CARRIER2}:5060"], "sources": [CARRIER2]}
CONFIG = {"policy": {"file": str(OWN_POLICIES / "scenarios.lua")}, "media": {"timeout": "20s"},
          "trunk": {"carrier": {"sources": [CARRIER]}, "second": SECOND}}


def start(lab, **more):
    lab.start({**CONFIG, **more})


def play(lab, calling, called, phone_calls, calling_options=None, called_options=None):
    """One scenario at the phone, one at the carrier; `phone_calls` says who begins."""
    calling_options, called_options = calling_options or {}, called_options or {}
    if phone_calls:
        waiting = lab.sipp(called, "callee", CARRIER, **called_options)
        asking = lab.sipp(calling, "caller", PHONE, **calling_options)
    else:
        waiting = lab.sipp(called, "callee", PHONE, **called_options)
        asking = lab.sipp(calling, "caller", CARRIER, **{**FROM_CARRIER, **calling_options})
    asking.done()
    waiting.done()


def sent(lab, phone_calls, method):
    """What went out to whom was called."""
    way = (CORE, CARRIER) if phone_calls else (ACCESS, PHONE)
    return lab.capture.messages(*way, lambda m: m.is_request(method))


IN_DIALOG = {
    "INFO": {"headers": "Content-Type: application/dtmf-relay", "body": "Signal=5"},
    "MESSAGE": {"headers": "Content-Type: text/plain", "body": "hello"},
    "SUBSCRIBE": {"headers": "Event: conference", "body": ""},
    "UPDATE": {"headers": "X-Nothing: more", "body": ""},
    "OPTIONS": {"headers": "X-Nothing: more", "body": ""},
}


def in_a_call(lab, phone_calls):
    start(lab)
    for method, words in IN_DIALOG.items():
        own = method in ("UPDATE", "OPTIONS")  # answered by the border
        options = {"method": method, **words}
        play(lab, "caller_says", "callee" if own else "callee_hears", phone_calls, options, options)
        play(lab, "caller" if own else "caller_hears", "callee_says", phone_calls, options, options)
        if words["body"]:
            equal(sent(lab, phone_calls, method)[0].body.strip(), words["body"], f"the body of {method}")


@test
def what_a_phone_says_in_its_call(lab):
    in_a_call(lab, True)


@test
def what_a_carrier_says_in_its_call(lab):
    in_a_call(lab, False)


OUTSIDE = {
    "MESSAGE": {"headers": "Content-Type: text/plain", "body": "hello"},
    "PUBLISH": {"headers": "Event: presence[\\r\\n]Expires: 60".replace("[\\r\\n]", "\n      "), "body": "",
                "answer_headers": "SIP-ETag: one"},
    "OPTIONS": {"headers": "Accept: application/sdp", "body": ""},
    "FROBNICATE": {"headers": "X-Nothing: more", "body": ""},
}


@test
def requests_outside_of_calls_cross_both_ways(lab):
    start(lab)
    for phone_calls in (True, False):
        for method, words in OUTSIDE.items():
            options = {"method": method, **words}
            play(lab, "asks", "answers", phone_calls, options, options)
            equal(len(sent(lab, phone_calls, method)), 1, f"{method} on the far side")


def transfer(lab, phone_calls, calling, called):
    start(lab)
    options = {"headers": f"Refer-To: <sip:2000@{ACCESS}>\n      Referred-By: <sip:desk@hidden.example>;cid=\"1@hidden.example\""}
    target = lab.sipp("target", "target", CARRIER2)
    play(lab, calling, called, phone_calls, options, options)
    target.done()
    invite = lab.capture.messages(CORE, CARRIER2, lambda m: m.is_request("INVITE"))[0]
    equal(invite.body, "", "the offer to the target")
    check(PHONE not in invite.text and ACCESS not in invite.text, f"the target saw the phones' side:\n{invite.text}")
    equal(invite.header("referred-by"), f"<sip:desk@{CORE}>", "RFC 3892: by whom, in our words and without a token")


@test
def a_phone_that_called_transfers(lab):
    transfer(lab, True, "caller_transfers", "callee_stays")


@test
def a_carrier_that_was_called_transfers(lab):
    transfer(lab, True, "caller_stays", "callee_transfers")


@test
def a_carrier_that_called_transfers(lab):
    transfer(lab, False, "caller_transfers", "callee_stays")


@test
def a_phone_that_was_called_transfers(lab):
    transfer(lab, False, "caller_stays", "callee_transfers")


SAYS = ["P-Asserted-Identity: <sip:+4366012345@carrier.invalid>", "P-Preferred-Identity: <sip:somebody@example.org>",
        "Diversion: <sip:first@carrier.invalid>;reason=unconditional",
        "Session-ID: ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000",
        "Reason: Q.850;cause=16;text=\"secret clearing\"", "Privacy: none"]


@test
def identities_cross_by_trust(lab):
    trusted = {"realm": {"access": {"diversion": "history-info"}, "core": {"diversion": "history-info"}}}
    start(lab, **trusted)
    said = {"headers": "\n      ".join(SAYS)}
    for phone_calls in (True, False):
        play(lab, "invites_with", "callee", phone_calls, said)
        invite, bye = sent(lab, phone_calls, "INVITE")[0], sent(lab, phone_calls, "BYE")[0]
        check("carrier.invalid" not in invite.text, f"a host of the other side:\n{invite.text}")
        check(invite.header("session-id").startswith("ab30317f1a784dc48ff824d0d3715d86"), "the Session-ID crosses")
        check("secret" not in bye.text and "cause=16" in bye.header("reason"), f"the reason of BYE:\n{bye.text}")
        asserted = invite.headers("p-asserted-identity")
        if phone_calls:  # nobody vouches for the phone but the border
            check(all("4366012345" not in value for value in asserted), f"the phone asserted {asserted}")
        else:
            equal(asserted, ["<sip:+4366012345@example.org>"], "whom the carrier vouches for")
    hidden = {"headers": "\n      ".join([*SAYS[:-1], "Privacy: id"])}
    play(lab, "invites_with", "callee", False, hidden)
    invite = sent(lab, False, "INVITE")[1]
    equal(invite.headers("p-asserted-identity"), [], "what a phone is told of a caller who wants to be private")



ONLY_MD5 = {"registrar": {"algorithms": ["MD5"]}}  # sipp knows no other


@test
def a_phone_registers_here_and_goes(lab):
    lab.start({"realm": {"access": ONLY_MD5}}, register=False)
    lab.sipp("registers", "phone", PHONE, password="wonder-land", auth_uri="example.org").done()
    bindings = "parapet_sbc_bindings"
    eventually(lambda: lab.border.sbc_metrics().total(bindings) == 0, "the registration is gone", 5)
    events = lab.border.sbc_metrics()
    equal(events.total("parapet_registrations_total", result="registered"), 1, "registrations")


@test
def a_phone_registers_with_a_registrar_behind_the_border(lab):
    upstream = {"mode": "relay", "upstream": "registrar", "upstream_answer": "1s"}
    lab.start({"realm": {"access": {"registrar": upstream}}, "user": [],
               "trunk": {"carrier": {"sources": [CARRIER]},
                         "registrar": {"realm": "core", "targets": [f"{CARRIER2}:5060"], "sources": [CARRIER2]}}},
              register=False)
    registrar = lab.sipp("registrar", "registrar", CARRIER2)
    lab.sipp("registers_simply", "phone", PHONE).done()
    registrar.done()
    heard = lab.capture.messages(CORE, CARRIER2, lambda m: m.is_request("REGISTER"))
    check(heard and not any(PHONE in m.text for m in heard), "the phone's address reached the registrar")


@test
def a_phone_redirects_the_carrier(lab):
    start(lab, realm={"access": {"redirects": "pass"}})
    play(lab, "caller_redirected", "callee_redirects", False, None, {"place": "sip:7@10.9.8.7"})
    moved = lab.capture.messages(CORE, CARRIER, lambda m: m.is_response(302))[0]
    check("10.9.8.7" not in moved.text and PHONE not in moved.text, f"what the carrier saw:\n{moved.text}")


@test
def the_carrier_calls_with_reliable_responses_updates_and_refreshes(lab):
    start(lab)
    play(lab, "caller_pracks", "callee_early_media", False)
    play(lab, "caller_early_media", "callee_rings_reliably", False)
    play(lab, "caller_updates_early", "callee_updated_early", False)
    play(lab, "caller_updates", "callee_updated", False)
    play(lab, "caller_updated", "callee_updates", False)
    play(lab, "caller_refreshes", "callee", False, {"talk": 300})
    play(lab, "caller_hung_up", "callee_refreshes", False)
    play(lab, "caller_of_forks", "callee_forks", False, {"supported": "199"})


if __name__ == "__main__":
    main()
