#!/usr/bin/env python3
"""The far side forks, and offers come where nobody expects them: each from the phone to the carrier and the other way round."""

import time

from harness import check, equal, eventually, main
from harness.way import each_way

ALLOW = "Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE"
ABLE = ["Supported: 100rel, 199", ALLOW]
ONE, TWO = b"\x11" * 160, b"\x22" * 160  # what each fork says


class Call:
    """From the one who begins to the one who is called, and both by hand."""

    def __init__(self, way, sdp=None, headers=ABLE):
        self.near = way.lab.ua(way.near, "near")
        self.far = way.lab.ua(way.far, "alice" if way.far.startswith("10.77.1.") else "far")
        uri = "sip:alice@example.org" if way.far.startswith("10.77.1.") else "sip:1000@example.org"
        self.begun = self.near.invite(uri, sdp=sdp, headers=headers)
        self.invite = self.far.request("INVITE")

    def end(self):
        bye = self.begun.send("BYE")
        self.far.request("BYE").reply(200)
        bye.response(200)
        self.near.kill()
        self.far.kill()


@each_way
def a_second_fork_that_answers_is_hung_up(way):  # trap 3; RFC 3261 13.2.2.4
    call = Call(way)
    for tag in ("one", "two"):
        call.invite.reply(180, tag=tag)
    call.invite.reply(200, sdp=call.far.sdp(), tag="one")
    call.begun.response(200)
    call.begun.ack()
    call.far.request("ACK", where=lambda m: "tag=one" in m.header("to"))
    call.invite.reply(200, sdp=call.far.sdp(7100), tag="two")
    call.far.request("ACK", where=lambda m: "tag=two" in m.header("to"))
    call.far.request("BYE", where=lambda m: "tag=two" in m.header("to")).reply(200)
    call.near.nothing(lambda m: m.is_request(), 0.3)
    call.begun.send("OPTIONS").response(200)  # the call goes on
    call.end()


def place(media):
    """Address and port of the first line."""
    return media[:2]


@each_way
def early_media_is_that_of_the_fork_that_lives(way):  # trap 2
    call = Call(way)
    listener = way.lab.rtp(way.near, 1)
    voices = [way.lab.rtp(way.far, ssrc, port) for ssrc, port in ((11, 7002), (12, 7004))]
    for voice, words in zip(voices, (ONE, TWO)):
        voice.payload = words
        voice.send_to(place(call.invite.media()))

    def alone(words, other):
        before = listener.heard_words(words), listener.heard_words(other)
        time.sleep(0.4)
        return listener.heard_words(words) >= before[0] + 10 and listener.heard_words(other) == before[1]

    def is_heard(words):
        eventually(lambda: alone(words, TWO if words == ONE else ONE), f"{words[:1]} is heard, and nobody else", 10)

    for tag, port, words in (("one", 7002, ONE), ("two", 7004, TWO)):
        call.invite.reply(183, sdp=call.far.sdp(port), tag=tag)
        progress = call.begun.sent.response(183)
        fork = call.begun.fork(progress)
        fork.prack(progress).response(200)
        call.begun.cseq = fork.cseq
        if tag == "one":
            listener.send_to(place(progress.media()))
        is_heard(words)
    call.invite.reply(199, tag="two")
    call.begun.sent.response(199)
    is_heard(ONE)
    call.invite.reply(200, sdp=call.far.sdp(7002), tag="one")
    call.begun.response(200)
    call.begun.ack()
    call.far.request("ACK")
    is_heard(ONE)
    call.end()
    for peer in (listener, *voices):
        peer.kill()


@each_way
def a_reliable_response_offers_and_prack_answers(way):  # RFC 3262 5; RFC 6337 2.2, pattern 4
    call = Call(way, sdp="")
    call.invite.reply(183, sdp=call.far.sdp(), headers=["Require: 100rel", "RSeq: 700", ALLOW])
    progress = call.begun.response(183)
    check(place(progress.media())[0] == way.border, f"the offer:\n{progress.body}")
    call.far.nothing(lambda m: m.is_request("PRACK"), 0.2)  # it brings the answer
    answered = call.begun.prack(progress, sdp=call.near.sdp())
    prack = call.far.request("PRACK")
    equal(prack.header("rack"), f"700 {call.invite.header('cseq')}", "RAck")
    equal(place(prack.media())[0], way.beyond, "the answer in the PRACK")
    prack.reply(200)
    answered.response(200)
    call.invite.reply(200)
    equal(call.begun.response(200).body, "", "body of the 200")
    call.begun.ack()
    equal(call.far.request("ACK").body, "", "body of the ACK")
    call.end()


@each_way
def an_offer_in_prack_is_answered(way):  # RFC 3262 5; RFC 6337 2.2, pattern 5
    call = Call(way)
    call.invite.reply(183, sdp=call.far.sdp(), headers=["Require: 100rel", "RSeq: 1", ALLOW])
    call.far.request("PRACK").reply(200)
    progress = call.begun.response(183)
    asked = call.begun.prack(progress, sdp=call.near.sdp(direction="sendonly"))
    update = call.far.request("UPDATE")
    check("a=sendonly" in update.body, f"the offer:\n{update.body}")
    update.reply(200, sdp=call.far.sdp(direction="recvonly"))
    check("a=recvonly" in asked.response(200).body, "the answer in the 200 to PRACK")
    call.invite.reply(200)
    call.begun.response(200)
    call.begun.ack()
    call.far.request("ACK")
    call.end()


if __name__ == "__main__":
    main()
