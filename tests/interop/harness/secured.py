"""Two real phones whose media is protected in any way, registered at one border, and judged by tone."""

import time

from . import namespace
from .border import ACCESS, ACCESS6, OWN_POLICIES
from .lab import PHONE, PHONE6
from .phone import Phone, end_and_judge

ALICE_TONE, BOB_TONE = 440, 1000  # Hz
ENOUGH = 2.0  # seconds in which the other's tone dominates
MUX = ["rtcp_mux yes"]
SDES = ";mediaenc=srtp-mand"
DTLS = ";mediaenc=dtls_srtp"
WEB = DTLS + ";medianat=ice"


def start(lab, caller, **callees):
    """`caller`: how the realms' media is protected; `callees`: the same of each user that is called."""
    realm = {"media_security": caller, "sdes_in_clear": True, "registrar": {"algorithms": ["MD5"]}}
    lab.start({"realm": {"access": realm, "access6": realm},
               "policy": {"file": str(OWN_POLICIES / "web.lua"), "settings": callees}}, register=False)
    namespace.speak_as(PHONE, ACCESS)
    namespace.speak_as(PHONE6, ACCESS6)


def phone(lab, name, port, account="", extra=(), at=PHONE):
    tone = {"alice": ALICE_TONE, "bob": BOB_TONE}[name]
    registrar = f"[{ACCESS6}]" if at == PHONE6 else ACCESS
    made = lab.keep(Phone(lab.directory, name, tone, at, port, account=account, extra=extra, registrar=registrar))
    made.wait_registered()
    return made


def talk(caller, callee, seconds=4, at=ACCESS):
    caller.command("dial", f"sip:{callee.name}@{at}")
    for each in (caller, callee):
        each.wait("CALL_ESTABLISHED")
    time.sleep(seconds)
    end_and_judge(caller, callee, ENOUGH)


def changes(lab, kind):
    return lab.border.relay_metrics().total("relay_peer_changes_total", change=kind)
