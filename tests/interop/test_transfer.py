#!/usr/bin/env python3
"""Call transfer across the border: three user agents, the border carries the REFER out."""

from harness import check, equal, eventually, main, test
from harness.agent import Agent, tag_of
from harness.lab import ACCESS, CARRIER, CARRIER2, CORE, PHONE, PHONE2
from harness.ua import Dialog

TRUNKS = {"trunk": {"carrier": {"targets": [f"{CARRIER}:5060"]}}}
SECOND_OUTSIDE = "10.77.1.12"


def report(agent):
    notify = agent.wait_request("NOTIFY")
    agent.answer(notify, 200)
    return notify.body.split("\r\n")[0]


def talking(lab):
    """alice's phone and the carrier's first user talk."""
    lab.start(TRUNKS)
    phone, first = lab.keep(Agent(PHONE, ACCESS, "alice")), lab.keep(Agent(CARRIER, CORE, "first"))
    call = phone.call("sip:00431555@" + ACCESS)
    other = first.accept()
    phone.answered(call)
    return phone, call, first, other


@test
def a_blind_transfer_ends_with_two_who_talk(lab):
    phone, call, first, other = talking(lab)
    # The phone sends its carrier's user on to another number of that carrier.
    phone.send_request(call, "REFER", headers=["Refer-To: <sip:00431777@example.org>"])
    equal(phone.wait_final("REFER").status, 202, "the answer to REFER")
    equal(report(phone), "SIP/2.0 100 Trying", "the first NOTIFY")
    invite = first.wait(lambda m: m.is_request("INVITE") and not tag_of(m.header("to")), "INVITE to the target")
    equal(invite.body, "", "the body of the target's INVITE")
    check("00431777" in invite.start, f"the target was called as {invite.start}")
    local = first.answer(invite, 200, body=first.sdp(7100))
    equal(report(phone), "SIP/2.0 200 OK", "the last NOTIFY")
    phone.accept_bye(call)
    again = first.accept_reinvite(other)
    check(PHONE not in again.text, f"the phone's address reached the carrier:\n{again.text}")
    ack = first.wait(lambda m: m.is_request("ACK") and m.header("call-id") == invite.header("call-id"), "ACK")
    check("m=audio" in ack.body, "the target's ACK brings no answer")
    equal(tag_of(ack.header("to")), tag_of(local), "the tag of the ACK")
    first.hang_up(other)
    first.wait(lambda m: m.is_request("BYE") and m.header("call-id") == invite.header("call-id"), "BYE to the target")


def refer_outside(ua, call):
    """A REFER outside of the call that it names, as its reader has the tags: its dialog, and what was sent."""
    own, borders = call.tags
    about = f"Target-Dialog: {call.call_id};local-tag={borders};remote-tag={own}"
    dialog = Dialog(ua, "sip:" + ACCESS)
    return dialog, dialog.send("REFER", headers=["Refer-To: <sip:00431777@example.org>", about])


def reported(ua, dialog):
    notify = ua.request("NOTIFY")
    equal(notify.header("call-id"), dialog.call_id, "Call-ID of the report")
    notify.reply(200)
    return notify.body.split("\r\n")[0]


def connected(phone, far):
    call = phone.invite("sip:00431555@" + ACCESS)
    invite = far.request("INVITE")
    invite.reply(200, sdp=far.sdp())
    call.response(200)
    call.ack()
    far.request("ACK")
    return call, invite


@test
def a_transfer_is_asked_for_outside_of_the_call_on_any_thread(lab):  # RFC 4538, RFC 7647 4
    lab.start({**TRUNKS, "process": {"shards": 4}})
    phone, far = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "far")
    for _ in range(4):
        call, invite = connected(phone, far)
        dialog, sent = refer_outside(phone, call)
        dialog.adopt(sent.response(200))
        equal(reported(phone, dialog), "SIP/2.0 100 Trying", "the first report")
        target = far.request("INVITE")
        check("00431777" in target.message.start, f"the target was called as {target.message.start}")
        more = dialog.send("SUBSCRIBE", headers=["Event: refer", "Expires: 60"])
        more.response(200)
        equal(reported(phone, dialog), "SIP/2.0 100 Trying", "the report of how it stands")
        target.reply(200, sdp=far.sdp(7100))
        equal(reported(phone, dialog), "SIP/2.0 200 OK", "the last report")
        phone.request("BYE").reply(200)
        again = far.request("INVITE")
        equal(again.header("call-id"), invite.header("call-id"), "the call that goes on")
        again.reply(200, sdp=far.sdp())
        far.request("ACK", where=lambda m: m.header("call-id") == target.header("call-id"))
        far.request("ACK")
        bye = target.dialog().send("BYE")
        far.request("BYE").reply(200)
        bye.response(200)
    equal(lab.border.sbc_metrics().total("parapet_leaks_total"), 0, "leaks")


@test
def who_only_knows_the_tags_transfers_nothing(lab):  # RFC 4538 4
    lab.start(TRUNKS)
    lab.register("bob", PHONE2)
    phone, far = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "far")
    bob, stranger = lab.ua(PHONE2, "bob"), lab.ua(PHONE, "alice", port=5070)
    call, invite = connected(phone, far)
    refer_outside(stranger, call)[1].response(407)
    refer_outside(bob, call)[1].response(403)
    gone = Dialog(phone, call.target, call.call_id, call.local, call.remote.replace("tag=", "tag=x"))
    refer_outside(phone, gone)[1].response(403)
    far.nothing(lambda m: m.is_request("INVITE"))
    bye = call.send("BYE")
    far.request("BYE").reply(200)
    bye.response(200)
    refer_outside(phone, call)[1].response(403)


@test
def a_blind_transfer_that_fails_leaves_the_call(lab):
    phone, call, first, other = talking(lab)
    phone.send_request(call, "REFER", headers=["Refer-To: <sip:00431777@example.org>"])
    equal(phone.wait_final("REFER").status, 202, "the answer to REFER")
    equal(report(phone), "SIP/2.0 100 Trying", "the first NOTIFY")
    invite = first.wait(lambda m: m.is_request("INVITE") and not tag_of(m.header("to")), "INVITE to the target")
    first.answer(invite, 486)
    equal(report(phone), "SIP/2.0 486 Busy Here", "the last NOTIFY")
    phone.send_request(call, "BYE")
    first.accept_bye(other)
    equal(phone.wait_final("BYE").status, 200, "the answer to BYE")


@test
def an_attended_transfer_joins_the_far_parties(lab):
    lab.start({**TRUNKS, "process": {"shards": 1}})
    join_two_calls(lab.keep(Agent(PHONE, ACCESS, "alice")), lab.keep(Agent(CARRIER, CORE, "far")))


@test
def an_attended_transfer_finds_the_second_call_on_any_thread(lab):
    lab.start({**TRUNKS, "process": {"shards": 4}})
    phone = lab.keep(Agent(PHONE, ACCESS, "alice"))
    far = lab.keep(Agent(CARRIER, CORE, "far"))
    for _ in range(6):  # both on one thread by chance: one in four
        join_two_calls(phone, far)


def two_calls(phone, far):
    """The phone has called two numbers of the far side's: (its end, the far end) of each."""
    one = phone.call("sip:00431555@" + ACCESS)
    far_one = far.accept()
    phone.answered(one)
    two = phone.call("sip:00431777@" + ACCESS, port=7002)
    far_two = far.accept(port=7100)
    phone.answered(two)
    return one, far_one, two, far_two


def connect(transferor, first, second):
    """The transferor connects the other parties of two calls of its own, and is out of both."""
    replaces = f"{second.call_id}%3Bto-tag%3D{tag_of(second.remote)}%3Bfrom-tag%3D{tag_of(second.local)}"
    transferor.send_request(first, "REFER", headers=[f"Refer-To: <sip:somebody@example.org?Replaces={replaces}>"])
    equal(transferor.wait_final("REFER").status, 202, "the answer to REFER")
    equal([report(transferor), report(transferor)], ["SIP/2.0 100 Trying", "SIP/2.0 200 OK"], "the NOTIFYs")
    transferor.accept_bye(first)
    transferor.accept_bye(second)


def agree(second, of_second, first, of_first, port, version=2, first_port=7000, next_to=True):
    """The party of the second call is asked for an offer, and gets the answer of the first one's. Whose border is not the
    one that transfers (`next_to`) hears nothing: its border is told of nothing new, since who stays keeps port and stream."""
    asked = second.wait(lambda m: m.is_request("INVITE") and m.header("call-id") == of_second.call_id, "re-INVITE")
    equal(asked.body, "", "the body of the second call's re-INVITE")
    second.answer(asked, 200, body=second.sdp(port, version=version))
    if next_to:
        first.accept_reinvite(of_first, port=first_port)
    ack = second.wait(lambda m: m.is_request("ACK") and m.header("call-id") == of_second.call_id, "ACK with the answer")
    check("m=audio" in ack.body, "the ACK brings no answer")


def end(who, dialog, other, of_other):
    who.send_request(dialog, "BYE")
    other.accept_bye(of_other)
    equal(who.wait_final("BYE").status, 200, "the answer to BYE")


def join_two_calls(phone, far, leave_talking=False, next_to=True):
    one, far_one, two, far_two = two_calls(phone, far)
    connect(phone, one, two)
    agree(far, far_two, far, far_one, 7100, next_to=next_to)
    far.send_request(far_two, "INFO", headers=["Info-Package: nothing"])
    check(far.wait_final("INFO").status != 481, "the second call's far party is in no call")
    if leave_talking:
        return far_one, far_two
    end(far, far_two, far, far_one)
    return None


@test
def who_was_transferred_may_transfer_in_turn(lab):
    lab.start({**TRUNKS, "process": {"shards": 4}})
    phone = lab.keep(Agent(PHONE, ACCESS, "alice"))
    far = lab.keep(Agent(CARRIER, CORE, "far"))
    for _ in range(4):  # its leg may have moved from thread to thread, and moves again
        far_one, far_two = join_two_calls(phone, far, leave_talking=True)
        third = far.call(f"sip:alice@{CORE}", port=7200)
        with_phone = phone.accept(port=7300)
        far.answered(third)
        connect(far, third, far_two)
        agree(far, far_one, phone, with_phone, 7000, version=9, first_port=7300)
        end(far, far_one, phone, with_phone)


@test
def a_newcomer_takes_the_place_that_its_replaces_names(lab):
    lab.start({**TRUNKS, "process": {"shards": 4}})
    phone, far = lab.keep(Agent(PHONE, ACCESS, "alice")), lab.keep(Agent(CARRIER, CORE, "far"))
    for turn in range(4):  # on whatever thread the call is
        call = phone.call("sip:00431555@" + ACCESS)
        other = far.accept()
        phone.answered(call)
        replaces = f"Replaces: {call.call_id};to-tag={tag_of(call.remote)};from-tag={tag_of(call.local)}"
        new = phone.call("sip:00431555@" + ACCESS, port=7002, headers=[replaces, "Require: replaces"])
        far.accept_reinvite(other)
        phone.answered(new)
        phone.accept_bye(call)
        far.send_request(other, "BYE")
        phone.accept_bye(new)
        equal(far.wait_final("BYE").status, 200, f"the answer to BYE, turn {turn}")
    late = phone.call("sip:00431555@" + ACCESS, port=7004, headers=[replaces])
    equal(phone.wait_final("INVITE").status, 481, "the answer to Replaces of a call that is over")
    check(late.call_id, "it had a Call-ID")



def behind_two_borders(lab):
    """phone -- first border -- second border -- a carrier's far end."""
    lab.start({"process": {"shards": 2}, "trunk": {"carrier": {"targets": [f"{CARRIER2}:5060"]}}})
    lab.start_second(CARRIER2, SECOND_OUTSIDE, PHONE2)
    return lab.keep(Agent(PHONE, ACCESS, "alice")), lab.keep(Agent(PHONE2, SECOND_OUTSIDE, "far"))


# trap 77: dialogs are named as the other side knows them.
@test
def an_attended_transfer_works_across_two_borders(lab):
    phone, far = behind_two_borders(lab)
    join_two_calls(phone, far, next_to=False)


@test
def an_attended_transfer_from_behind_the_second_border_works(lab):
    """Two phones of the first border talk to a user behind the second one, who connects them."""
    phone, far = behind_two_borders(lab)
    one, far_one, two, far_two = two_calls(phone, far)
    connect(far, far_one, far_two)
    agree(phone, two, phone, one, 7002, next_to=False)
    end(phone, two, phone, one)


@test
def a_transfer_passed_on_is_the_second_borders(lab):
    # On one thread: the identifiers of a call that another thread has are not known, and the border joins by itself.
    lab.start({"process": {"shards": 1}, "realm": {"access": {"transfer": "pass"}}, "trunk": {"carrier": {"targets": [f"{CARRIER2}:5060"]}}})
    lab.start_second(CARRIER2, SECOND_OUTSIDE, PHONE2)
    join_two_calls(lab.keep(Agent(PHONE, ACCESS, "alice")), lab.keep(Agent(PHONE2, SECOND_OUTSIDE, "far")))
    events = "parapet_dialog_events_total"
    eventually(lambda: lab.second.sbc_metrics().total(events, event="transfers") == 1, "the second border counts it", 5)
    equal(lab.border.sbc_metrics().total(events, event="transfers"), 0, "transfers at the first border")


if __name__ == "__main__":
    main()
