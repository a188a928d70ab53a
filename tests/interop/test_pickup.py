#!/usr/bin/env python3
"""Directed call pick-up (RFC 3891 7.1) by what a busy lamp has shown (RFC 4235), across the border and its threads."""

import re

from harness import check, equal, main, test
from harness.border import OWN_POLICIES
from harness.lab import CARRIER, CARRIER2, CORE, PHONE
from harness.ua import Dialog

NUMBER = "sip:1000@example.org"
INFO = """<?xml version="1.0"?>
<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="{version}" state="full" entity="sip:1000@{host}">
<dialog id="{call_id}" call-id="{call_id}" local-tag="{local}" remote-tag="{remote}" direction="recipient">
<state>early</state></dialog></dialog-info>
"""


def attribute(name, text):
    found = re.search(name + r'="([^"]+)"', text)
    check(found, f"no {name} in {text}")
    return found.group(1)


@test
def a_lamp_blinks_and_its_call_is_picked_up(lab):  # traps 77, 78
    # Two telephones of the same network beyond the border: the call rings at one, the other one takes it. A phone on
    # this side watches, so that the names cross twice.
    lab.start({"policy": {"file": str(OWN_POLICIES / "outside.lua")}, "process": {"shards": 2}})
    alice, bob, carol = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "bob"), lab.ua(CARRIER2, "carol")
    for turn in range(4):  # the call and the subscription meet on one thread or on two
        call = alice.invite(NUMBER)
        ringing = bob.request("INVITE")
        ringing.reply(180)
        early = call.response(180)
        ours = ringing.header("from").split("tag=")[1]

        watch = Dialog(alice, NUMBER)
        sent = watch.send("SUBSCRIBE", headers=["Event: dialog", "Expires: 60", "Accept: application/dialog-info+xml"])
        subscribe = bob.request("SUBSCRIBE")
        subscribe.reply(200, headers=["Expires: 60"])
        watch.adopt(sent.response(200))
        watched = subscribe.dialog()
        body = INFO.format(version=turn, host=CARRIER, call_id=ringing.header("call-id"), local=ringing.tag, remote=ours)
        told = watched.send("NOTIFY", body=body, content_type="application/dialog-info+xml",
                            headers=["Event: dialog", "Subscription-State: active;expires=60"])
        lamp = alice.request("NOTIFY")
        text = lamp.message.body
        equal(attribute("call-id", text), call.call_id, "the caller's Call-ID")
        equal(attribute("local-tag", text), early.header("to").split("tag=")[1], "the tag that the caller was given")
        check(ours not in text and CARRIER not in text, text)
        lamp.reply(200)
        told.response(200)

        replaces = f"Replaces: {ringing.header('call-id')};to-tag={ours};from-tag={ringing.tag};early-only"
        taken = carol.invite(f"sip:alice@{CORE}", headers=[replaces, "Require: replaces"])
        cancel = bob.request("CANCEL")
        check("cause=200" in cancel.header("reason"), cancel.message.text)
        cancel.reply(200)
        ringing.reply(487)
        call.response(200)
        call.ack()
        taken.response(200)
        taken.ack()
        bye = call.send("BYE")
        carol.request("BYE").reply(200)
        bye.response(200)
        done = watch.send("SUBSCRIBE", headers=["Event: dialog", "Expires: 0"])
        bob.request("SUBSCRIBE").reply(200, headers=["Expires: 0"])
        done.response(200)


if __name__ == "__main__":
    main()
