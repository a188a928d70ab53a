#!/usr/bin/env python3
"""sipp plays both sides of what is said about a call: who forwarded it, why it ended, and whom somebody is to call instead.
Each in both directions."""

import re

from harness import check, equal, main, test
from harness.lab import ACCESS, CARRIER, CARRIER2, FROM_CARRIER, PHONE
from harness.way import SECOND, each_way, start


def one_line(values):
    return ", ".join(values)


# --- who forwarded it (RFC 5806, RFC 7044, and from one to the other RFC 7544) ---

FORWARDED = ("Diversion: <sip:second@kanari.invalid>;reason=no-answer;counter=1;privacy=off\n"
             "      Diversion: <sip:first@kanari.invalid>;reason=user-busy;counter=1")
# RFC 7544 5: from the bottom up; the cause stands in the entry after the one who forwarded, and one more is where it goes now.
AS_HISTORY = [r"<sip:first@[^;?]+>;index=1", r"<sip:second@[^;?]+;cause=486>;index=1\.1;mp=1",
              r"<sip:[^;?]+;cause=408>;index=1\.1\.1;mp=1\.1"]
HISTORY = ("History-Info: <sip:first@kanari.invalid>;index=1, <sip:second@kanari.invalid;cause=486>;index=1.1;mp=1\n"
           "      History-Info: <sip:third@kanari.invalid;cause=408>;index=1.1.1;mp=1.1")
# RFC 7544 6: the youngest first.
AS_DIVERSION = [r"<sip:second@[^;?]+>;reason=no-answer;counter=1;privacy=off",
                r"<sip:first@[^;?]+>;reason=user-busy;counter=1;privacy=off"]
TRUSTED = {"access": {"trust": "trusted", "diversion": "history-info"}, "core": {"diversion": "diversion"}}


def forwarded(lab, near, far, said, header, expected, **whom):
    """A call that was forwarded twice; its callee is told so in these entries."""
    role = f"called_{far.replace('.', '_')}"
    called = lab.sipp("callee_told", role, far, said="^ *.sip:(first|second)@", said_header=header)
    lab.sipp("invites_with", f"caller_{role}", near, headers=said, **whom).done()
    called.done()
    invite = lab.capture.messages(target=far, where=lambda m: m.is_request("INVITE"))[-1]
    check("kanari" not in invite.text, f"a host of the other side:\n{invite.text}")
    other = "Diversion" if header == "History-Info" else "History-Info"
    equal(invite.headers(other), [], f"{other} to who wants {header}")
    entries = one_line(invite.headers(header)).split(", ")
    equal([bool(re.fullmatch(*pair)) for pair in zip(expected, entries, strict=True)], [True] * len(expected),
          f"entries as expected in {entries}")


@test
def who_forwarded_a_call_between_phone_and_carrier(lab):  # trap 81
    start(lab, realm=TRUSTED)
    # The phones' side has History-Info, the carrier's Diversion, whichever of them speaks.
    for said in (HISTORY, FORWARDED):
        forwarded(lab, PHONE, CARRIER, said, "Diversion", AS_DIVERSION)
        forwarded(lab, CARRIER, PHONE, said, "History-Info", AS_HISTORY, **FROM_CARRIER)


@test
def who_forwarded_a_call_between_carriers(lab):  # trap 81
    trunks = {"carrier": {"sources": [CARRIER], "diversion": "diversion"}, "second": {**SECOND, "diversion": "history-info"}}
    start(lab, trunk=trunks)
    forwarded(lab, CARRIER, CARRIER2, FORWARDED, "History-Info", AS_HISTORY, service="2000")
    forwarded(lab, CARRIER2, CARRIER, HISTORY, "Diversion", AS_DIVERSION, service="1000")
    # RFC 7544 5 and 6: between those who trust each other privacy stays with its entry.
    hidden = FORWARDED.replace("privacy=off", "privacy=full")
    as_hidden = [AS_HISTORY[0], AS_HISTORY[1].replace(">", r"\?Privacy=history>"), AS_HISTORY[2]]
    forwarded(lab, CARRIER, CARRIER2, hidden, "History-Info", as_hidden, service="2000")
    hidden = HISTORY.replace("cause=486", "cause=486?Privacy=history")
    as_hidden = [AS_DIVERSION[0].replace("=off", "=full"), AS_DIVERSION[1]]
    forwarded(lab, CARRIER2, CARRIER, hidden, "Diversion", as_hidden, service="1000")


@each_way
def who_forwarded_a_call_is_not_for_strangers(way):
    called = way.wait_at("callee", "called", calls=2)
    for number, said in enumerate((FORWARDED, HISTORY)):
        way.begin("invites_with", f"caller{number}", headers=said).done()
    called.done()
    for invite in way.requests("INVITE"):
        equal((invite.headers("diversion"), invite.headers("history-info")), ([], []), "what the far side was told")
    way.sees_nothing_of("kanari")


# --- why it ended (RFC 3326, RFC 6432) ---

CLEARED = 'Reason: Q.850;cause=16;text="secret words"'
AS_CLEARED = 'Q.850;cause=16;text=.Normal call clearing'


def in_words_of_ours(way, role):
    way.sees_nothing_of("secret words")
    told = [m.start for m in way.lab.capture.messages(way.border, way.near) if "secret words" in m.text]
    equal(told, [], f"messages to {role} with the far side's words")


@each_way
def why_a_caller_gave_up(way):
    called = way.wait_at("callee_told_of_cancel", "called", said=AS_CLEARED, said_header="Reason")
    way.begin("caller_cancels_saying", "caller", headers=CLEARED).done()
    called.done()
    elsewhere = 'Reason: SIP;cause=200;text="secret words"\n      Reason: Q.850;cause=26;text="secret words"'
    called = way.wait_at("callee_told_of_cancel", "elsewhere", said="SIP;cause=200", said_header="Reason")
    way.begin("caller_cancels_saying", "busy", headers=elsewhere).done()
    called.done()
    reasons = one_line(way.requests("CANCEL")[-1].headers("reason"))
    check("Q.850;cause=26" in reasons, f"Reason of the CANCEL: {reasons}")
    in_words_of_ours(way, "caller")


@each_way
def why_a_callee_refused(way):
    for status, cause, text in ((486, 17, "User busy"), (503, 34, "No circuit"), (480, 18, "No user responding")):
        called = way.wait_at("callee_refuses", f"called{cause}", at=way.other, status=status,
                             extra=f'Reason: Q.850;cause={cause};text="secret words"')
        way.begin("caller_told_of_refusal", f"caller{cause}", status=status, said=f"Q.850;cause={cause};text=.{text}",
                  said_header="Reason", **way.number_of_other).done()
        called.done()
    in_words_of_ours(way, "caller")


@test
def why_the_phone_that_says_most_refused(lab):  # RFC 3261 16.7 step 6: of several refusals the best is told, with its cause
    start(lab, timers={"first_response": "1s"})
    lab.silent(PHONE, 5062)  # her other telephone
    called = lab.callee("callee_refuses", at=PHONE, status=486, extra=CLEARED.replace("16", "17"))
    lab.caller("caller_told_of_refusal", at=CARRIER, status=486, said="Q.850;cause=17;text=.User busy", said_header="Reason",
               **FROM_CARRIER).done()
    called.done()


@each_way
def why_a_party_hung_up(way):
    called = way.wait_at("callee_told_of_end", "called", said=AS_CLEARED, said_header="Reason")
    way.begin("caller_hangs_up_saying", "caller", headers=CLEARED).done()
    called.done()
    called = way.wait_at("callee_hangs_up_saying", "leaves", headers=CLEARED)
    way.begin("caller_told_of_end", "left", said=AS_CLEARED, said_header="Reason").done()
    called.done()
    in_words_of_ours(way, "left")


@each_way(realm={"access": {"reason_from_status": True}}, trunk={"carrier": {"sources": [CARRIER], "reason_from_status": True},
                                                                "second": SECOND})
def a_cause_for_who_gave_only_a_status(way):  # RFC 3398 8.2.6.1
    for status, cause in ((486, 17), (404, 1), (480, 18), (603, 21)):
        called = way.wait_at("callee_refuses", f"called{status}", at=way.other, status=status)
        way.begin("caller_told_of_refusal", f"caller{status}", status=status, said=f"Q.850;cause={cause};",
                  said_header="Reason", **way.number_of_other).done()
        called.done()


# --- whom somebody is to call instead (RFC 3515) ---

AGREED = {"said": "^ *false", "said_header": "Refer-Sub"}


@each_way
def a_transfer_that_nobody_reports_on(way):  # RFC 4488 4
    headers = f"Refer-To: <sip:2000@{ACCESS}>\n      Refer-Sub: false\n      Supported: norefersub"
    for calling, called in (("caller_transfers_unreported", "callee_stays"), ("caller_stays", "callee_transfers_unreported")):
        target = way.lab.sipp("target", f"target_{calling}", CARRIER2)
        waiting = way.wait_at(called, f"called_{calling}", headers=headers, **AGREED)
        way.begin(calling, calling, headers=headers, **AGREED).done()
        waiting.done()
        target.done()
    notified = way.lab.capture.messages(where=lambda m: m.is_request("NOTIFY"))
    equal([m.start for m in notified], [], "reports that nobody wanted")


@each_way
def a_refer_outside_of_calls_that_nobody_reports_on(way):  # RFC 4488 4
    asked = way.wait_at("referred_unreported", "referred",
                        headers="Event: refer\n      Subscription-State: terminated;reason=noresource")
    way.begin("refers_unreported", "referrer", headers=f"Refer-To: <sip:1000@{way.near}>\n      Refer-Sub: false", **AGREED).done()
    asked.done()
    equal(way.lab.capture.messages(way.border, way.near, lambda m: m.is_request("NOTIFY")), [], "reports")


@each_way(realm={"access": {"transfer": "pass"}, "core": {"transfer": "pass"}})
def a_transfer_that_is_for_the_other_party(way):
    way.lab.capture.clear()
    refer = {"headers": f"Refer-To: <sip:2000@{way.border}>\n      Referred-By: <sip:desk@{way.near}>"}
    order = {"said": "sip:2000@", "said_header": "Refer-To"}
    report = {"said": "refer", "said_header": "Event"}
    waiting = way.wait_at("callee_carries_out", "asked", **order)
    way.begin("caller_transfers_across", "asks", **refer, **report).done()
    waiting.done()
    crossed = way.requests("REFER")[0]
    check(crossed.header("referred-by").startswith("<sip:desk@"), f"Referred-By: {crossed.header('referred-by')}")
    way.sees_nothing_of(way.near)
    # And the other way round, in a call of the same direction.
    refer = {"headers": f"Refer-To: <sip:2000@{way.beyond}>\n      Referred-By: <sip:desk@{way.far}>"}
    waiting = way.wait_at("callee_transfers_across", "asks_too", **refer, **report)
    way.begin("caller_carries_out", "asked_too", **order).done()
    waiting.done()
    told = way.lab.capture.messages(way.border, way.near)
    equal([m.start for m in told if way.far in m.text], [], f"messages with {way.far!r}")
    for reports in (told, way.lab.capture.messages(way.beyond, way.far)):
        said = {m.header("via"): m.body.split("\r\n")[0] for m in reports if m.is_request("NOTIFY")}
        equal(list(said.values()), ["SIP/2.0 100 Trying", "SIP/2.0 200 OK"], "the reports, in words of ours")


if __name__ == "__main__":
    main()
