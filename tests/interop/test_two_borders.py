#!/usr/bin/env python3
"""Two Parapets in a row: SRTP on the link between them, plain RTP outside. The phones at both ends are judged by tone."""

import time

from harness import check, equal, main, namespace, test
from harness.border import ACCESS, CORE
from harness.lab import CARRIER2, PHONE, PHONE2
from harness.phone import Phone, end_and_judge

SECOND_OUTSIDE = "10.77.1.12"
FAR_NUMBER = "4912345"
ENOUGH = 2.0  # seconds in which the other's tone dominates
# In a lab; on a link between networks, keys want signalling over TLS.
SDES = {"media_security": "sdes", "sdes_in_clear": True}


def media_to(lab, target, source):
    message = lab.capture.wait(lambda m: m.media() and m.is_request("INVITE"), f"INVITE to {target}", 1, source, target)
    return message.body


def talk(lab, link):
    """`link`: the realms between the two borders. Returns what the relays counted, first the caller's."""
    lab.start({"realm": {"access": {"registrar": {"algorithms": ["MD5"]}}, "core": link},
               "trunk": {"carrier": {"targets": [f"{CARRIER2}:5060"]}}}, register=False)
    lab.start_second(CARRIER2, SECOND_OUTSIDE, PHONE2, {"realm": {"inside": link}})
    namespace.speak_as(PHONE, ACCESS)
    namespace.speak_as(PHONE2, SECOND_OUTSIDE)
    alice = lab.keep(Phone(lab.directory, "alice", 440, PHONE, 5062))
    alice.wait_registered()
    far = lab.keep(Phone(lab.directory, FAR_NUMBER, 1000, PHONE2, 5060, password="none", registrar=SECOND_OUTSIDE))
    alice.command("dial", f"sip:{FAR_NUMBER}@{ACCESS}")
    for each in (alice, far):
        each.wait("CALL_ESTABLISHED", 20)
    time.sleep(3.5)
    metrics = [border.relay_metrics() for border in (lab.border, lab.second)]
    end_and_judge(alice, far, ENOUGH)
    for target, source in ((ACCESS, PHONE), (PHONE2, SECOND_OUTSIDE)):
        outside = media_to(lab, target, source)
        check("RTP/AVP " in outside and "a=crypto:" not in outside and "a=fingerprint:" not in outside,
              f"outside there is more than plain RTP: {outside}")
    for each in metrics:
        equal(each.total("relay_packets_dropped_total", reason="unauthentic"), 0, "packets of the link that were refused")
    return metrics


@test
def the_link_is_secret_and_both_ends_hear_each_other(lab):
    talk(lab, SDES)
    link = media_to(lab, CARRIER2, CORE)
    check("RTP/SAVP " in link and "a=crypto:" in link, f"the link is offered no keys: {link}")


# trap 39: RFC 8643: neither border demands anything, and both can. Of what is offered the second one takes DTLS.
@test
def the_link_is_secret_by_best_effort(lab):
    metrics = talk(lab, {"media_security": "best-effort", "sdes_in_clear": True})
    link = media_to(lab, CARRIER2, CORE)
    check(" RTP/AVP " in link and "a=crypto:" in link and "a=fingerprint:" in link, f"not by best effort: {link}")
    for each in metrics:
        equal(each.total("relay_peer_changes_total", change="secured"), 1, "handshakes")


if __name__ == "__main__":
    main()
