"""Two real phones whose media is protected in any way, registered at one border, and judged by tone."""

import time

from . import namespace
from .border import ACCESS, OWN_POLICIES
from .lab import PHONE
from .phone import Phone, end_and_judge

ALICE_TONE, BOB_TONE = 440, 1000  # Hz
ENOUGH = 2.0  # seconds in which the other's tone dominates
MUX = ["rtcp_mux yes"]
SDES = ";mediaenc=srtp-mand"
DTLS = ";mediaenc=dtls_srtp"
WEB = DTLS + ";medianat=ice"


def start(lab, caller, **callees):
    """`caller`: how the realm's media is protected; `callees`: the same of each user that is called."""
    lab.start({"realm": {"access": {"media_security": caller, "sdes_in_clear": True, "registrar": {"algorithms": ["MD5"]}}},
               "policy": {"file": str(OWN_POLICIES / "web.lua"), "settings": callees}}, register=False)
    namespace.speak_as(PHONE, ACCESS)


def phone(lab, name, port, account="", extra=()):
    tone = {"alice": ALICE_TONE, "bob": BOB_TONE}[name]
    made = lab.keep(Phone(lab.directory, name, tone, PHONE, port, account=account, extra=extra))
    made.wait_registered()
    return made


def talk(caller, callee, seconds=4):
    caller.command("dial", f"sip:{callee.name}@{ACCESS}")
    for each in (caller, callee):
        each.wait("CALL_ESTABLISHED")
    time.sleep(seconds)
    end_and_judge(caller, callee, ENOUGH)


def changes(lab, kind):
    return lab.border.relay_metrics().total("relay_peer_changes_total", change=kind)
