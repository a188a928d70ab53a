#!/usr/bin/env python3
"""Before the answer: reliable responses, forks, offers in every place, redirections; and refreshes after it. By hand, and
with sipp as caller and as callee."""

from harness import check, equal, main, test
from harness.checks import eventually
from harness.lab import ACCESS, CARRIER, CARRIER2, CORE, PHONE

NUMBER = "sip:1000@example.org"
ALLOW = "Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE"
ABLE = ["Supported: 100rel, 199", ALLOW]


def start(lab, more=None):
    lab.start(more)
    return lab.ua(PHONE, "alice"), lab.ua(CARRIER, "bob")


def reliable(number):
    return ["Require: 100rel", f"RSeq: {number}", ALLOW]


def hang_up(call, bob):
    bye = call.send("BYE")
    bob.request("BYE").reply(200)
    bye.response(200)


def talk(call, invite):
    """From the callee's answer on."""
    invite.reply(200, sdp=invite.ua.sdp())
    call.response(200)
    call.ack()
    invite.ua.request("ACK")
    hang_up(call, invite.ua)


# --- by hand ----------------------------------------------------------------------------------------------------


@test
def each_leg_has_reliable_responses_of_its_own(lab):
    alice, bob = start(lab)
    call = alice.invite(NUMBER, headers=ABLE)
    invite = bob.request("INVITE").reply(183, sdp=bob.sdp(), headers=reliable(700))
    there = bob.request("PRACK")
    equal(there.header("rack"), f"700 {invite.header('cseq')}", "RAck to the callee")
    there.reply(200)
    progress = call.response(183)
    check(progress.header("rseq") not in ("", "700"), f"RSeq to the caller: {progress.header('rseq')}")
    invite.reply(200)
    call.ua.nothing(lambda m: m.is_response(200), 0.3)  # RFC 3262 5: it waits for the PRACK
    call.prack(progress).response(200)
    call.response(200)
    call.ack()
    bob.request("ACK")
    hang_up(call, bob)


@test
def a_caller_who_insists_is_served_when_the_callee_cannot(lab):
    alice, bob = start(lab)
    call = alice.invite(NUMBER, headers=["Require: 100rel", ALLOW])
    invite = bob.request("INVITE").reply(180)
    progress = call.response(180)
    check(progress.header("rseq"), "180 without RSeq")
    bob.nothing(lambda m: m.is_request("PRACK"), 0.2)
    call.prack(progress).response(200)
    talk(call, invite)


@test
def forks_are_early_dialogs_of_their_own(lab):
    alice, bob = start(lab)
    call = alice.invite(NUMBER, headers=ABLE)
    invite = bob.request("INVITE")
    tags = []
    for tag in ("one", "two"):
        invite.reply(183, sdp=bob.sdp(), tag=tag)
        progress = call.sent.response(183)
        fork = call.fork(progress)
        tags.append(fork.tags[1])
        fork.prack(progress).response(200)
        call.cseq = fork.cseq
    check(tags[0] != tags[1], f"both forks have the tag {tags[0]}")
    invite.reply(199, tag="two")
    equal(call.fork(call.sent.response(199)).tags[1], tags[1], "tag of the 199")
    invite.reply(200, sdp=bob.sdp(), tag="one")
    ok = call.response(200)
    equal(call.tags[1], tags[0], f"tag of {ok.start}")
    call.ack()
    bob.request("ACK")
    hang_up(call, bob)


@test
def an_update_before_the_answer_crosses_both_ways(lab):
    alice, bob = start(lab)
    call = alice.invite(NUMBER, headers=ABLE)
    invite = bob.request("INVITE").reply(183, sdp=bob.sdp(), headers=reliable(1))
    bob.request("PRACK").reply(200)
    call.prack(call.response(183)).response(200)
    update = call.send("UPDATE", body=alice.sdp(direction="sendonly"))
    asked = bob.request("UPDATE")
    check("a=sendonly" in asked.body, f"the callee was offered:\n{asked.body}")
    asked.reply(200, sdp=bob.sdp(direction="recvonly"))
    check("a=recvonly" in update.response(200).body, "answer to the caller")
    update = invite.dialog().send("UPDATE", body=bob.sdp())
    alice.request("UPDATE").reply(200, sdp=alice.sdp())
    update.response(200)
    invite.reply(200)
    call.response(200)
    call.ack()
    bob.request("ACK")
    hang_up(call, bob)


@test
def a_caller_without_an_offer_reaches_a_trunk_that_wants_one(lab):  # trap 20
    alice, bob = start(lab, {"trunk": {"carrier": {"late_offer": "offer"}}, "media": {"offer_codecs": ["PCMU", "PCMA"]}})
    call = alice.invite(NUMBER, sdp="")
    invite = bob.request("INVITE")
    check("RTP/AVP 0 8\r\n" in invite.body and CORE in invite.body, f"the callee was offered:\n{invite.body}")
    invite.reply(200, sdp=bob.sdp())
    bob.request("ACK")
    ok = call.response(200)
    check("RTP/AVP 0" in ok.body and ACCESS in ok.body, f"the caller was offered:\n{ok.body}")
    call.ack(sdp=alice.sdp())
    hang_up(call, bob)


@test
def a_caller_without_an_offer_is_refused_where_the_trunk_has_it_so(lab):  # trap 20
    alice, bob = start(lab, {"trunk": {"carrier": {"late_offer": "refuse"}}})
    call = alice.invite(NUMBER, sdp="")
    call.response(488)
    call.ack(status=488)
    bob.nothing(seconds=0.2)


@test
def preconditions_are_answered_at_the_border(lab):  # trap 29
    alice, bob = start(lab)

    def wishes(have):
        return [f"a=curr:qos local {have}", "a=curr:qos remote none", "a=des:qos mandatory local sendrecv",
                "a=des:qos mandatory remote sendrecv"]

    sdp = alice.sdp(extra=wishes("none"))
    call = alice.invite(NUMBER, sdp=sdp, headers=[*ABLE, "Require: precondition"])
    invite = bob.request("INVITE").reply(183, sdp=bob.sdp())
    check("qos" not in invite.body and "precondition" not in invite.text(100), "preconditions crossed")
    progress = call.response(183)
    check("a=curr:qos local sendrecv" in progress.body and "a=conf:qos remote sendrecv" in progress.body,
          f"the caller was answered:\n{progress.body}")
    call.prack(progress).response(200)
    answer = call.send("UPDATE", body=alice.sdp(extra=wishes("sendrecv"))).response(200)
    check("a=curr:qos remote sendrecv" in answer.body, f"the caller was answered:\n{answer.body}")
    bob.nothing(lambda m: m.is_request("UPDATE"), 0.2)
    invite.reply(200)
    call.response(200)
    call.ack()
    bob.request("ACK")
    hang_up(call, bob)


FOLLOW = {"trunk": {"carrier": {"redirects": "follow", "redirect_to": ["second"], "sources": [f"{CARRIER}/32"]},
                    "second": {"realm": "core", "targets": [f"{CARRIER2}:5060"]}}}


@test
def a_redirection_is_followed_only_to_where_it_may(lab):  # trap 19
    alice, bob = start(lab, FOLLOW)
    carol = lab.ua(CARRIER2, "carol")
    call = alice.invite(NUMBER)
    bob.request("INVITE").reply(
        302, headers=[f"Contact: <sip:6@10.77.2.99>;q=0.9, <sip:7@{CARRIER2}>;q=0.5, <sip:8@elsewhere.example>"])
    invite = carol.request("INVITE")
    check(invite.message.start.startswith("INVITE sip:7@"), invite.message.start)
    invite.reply(180)
    call.response(180)
    talk(call, invite)
    equal(lab.capture.messages(CORE, "10.77.2.99"), [], "messages to a stranger")
    eventually(lambda: lab.border.sbc_metrics().total("parapet_dialog_events_total", event="followed_redirects") == 1,
               "the redirection is counted", 5)


@test
def a_redirection_is_passed_without_what_lies_behind(lab):  # trap 19
    alice, bob = start(lab, {"trunk": {"carrier": {"redirects": "pass"}}})
    call = alice.invite(NUMBER)
    bob.request("INVITE").reply(
        301, headers=["Contact: <sip:7@pbx.inside.example:5070>;q=0.500, <sip:8@10.9.8.7>;q=0.7"])
    moved = call.response(301)
    call.ack(status=301)
    contacts = ", ".join(moved.headers("contact"))
    check(contacts.startswith(f"<sip:8@{ACCESS}") and "7@" in contacts and "q=0.500" in contacts, contacts)
    check("inside" not in contacts and "10.9.8.7" not in contacts, contacts)


@test
def a_redirection_is_refused_unless_somebody_wants_it(lab):  # trap 19
    alice, bob = start(lab)
    call = alice.invite(NUMBER)
    bob.request("INVITE").reply(302, headers=[f"Contact: <sip:7@{CARRIER2}>"])
    check(not call.response(480).header("contact"), "480 with Contact")
    call.ack(status=480)


# --- with sipp, as caller and as callee -------------------------------------------------------------------------


@test
def sipp_rings_reliably_for_a_caller_who_cannot(lab):
    lab.start()
    lab.call("caller_early_media", "callee_rings_reliably")


@test
def sipp_wants_reliable_responses_from_a_callee_who_cannot(lab):
    lab.start()
    lab.call("caller_pracks", "callee_early_media")


@test
def sipp_has_reliable_responses_on_both_sides(lab):
    lab.start()
    lab.call("caller_pracks", "callee_rings_reliably")


@test
def sipp_forks_and_ends_one_early_dialog(lab):
    lab.start()
    lab.call("caller_of_forks", "callee_forks", {"supported": "199"})


@test
def sipp_updates_before_the_answer(lab):
    lab.start()
    lab.call("caller_updates_early", "callee_updated_early")


@test
def sipp_calls_without_an_offer(lab):
    lab.start({"trunk": {"carrier": {"late_offer": "offer"}}})
    lab.call("caller_late_offer", "callee")


@test
def sipp_is_redirected_by_the_border(lab):
    lab.start(FOLLOW)
    lab.callee("callee", at=CARRIER2, role="second")
    lab.call("caller", "callee_redirects", callee_options={"place": f"sip:7@{CARRIER2}"})


@test
def sipp_gets_the_redirection_itself(lab):
    lab.start({"trunk": {"carrier": {"redirects": "pass"}}})
    lab.call("caller_redirected", "callee_redirects", callee_options={"place": "sip:7@10.9.8.7"})
    check("10.9.8.7" not in lab.capture.messages(ACCESS, PHONE, lambda m: m.is_response(302))[0].text, "it leaked")


@test
def sipp_refreshes_the_session(lab):
    lab.start()
    lab.call("caller_refreshes", "callee", {"talk": 300})
    lab.call("caller_hung_up", "callee_refreshes")


@test
def sipp_updates_a_call_that_talks(lab):
    lab.start()
    lab.call("caller_updates", "callee_updated")
    lab.call("caller_updated", "callee_updates")


if __name__ == "__main__":
    main()
