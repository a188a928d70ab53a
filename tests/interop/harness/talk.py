"""Two RTP peers and the call between them."""

from .checks import eventually
from .lab import CARRIER, PHONE

HERE, THERE = 0x11111111, 0x22222222  # SSRCs of the phone and of the carrier


def peers(lab, phone_at=PHONE):
    return lab.rtp(phone_at, HERE), lab.rtp(CARRIER, THERE)


def offer_to(lab, target):
    return lab.capture.wait(lambda m: m.media() and m.is_request("INVITE"), f"INVITE to {target}", target=target)


def answer_to(lab, target, status=200):
    return lab.capture.wait(lambda m: m.media() and m.is_response(status, "INVITE"), f"{status} to {target}",
                            target=target)


def connect(phone, carrier, lab, status=200):
    """Both send where the border told them to."""
    carrier.send_to(offer_to(lab, carrier.at).media()[:2])
    phone.send_to(answer_to(lab, phone.at, status).media()[:2])


def both_hear(phone, carrier, packets=40, seconds=6):
    eventually(lambda: phone.heard(THERE) >= packets and carrier.heard(HERE) >= packets,
               f"{packets} packets each way: {phone.received}, {carrier.received}", seconds)
