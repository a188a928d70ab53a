#!/usr/bin/env python3
"""Topology hiding: no token of one side appears on the other, in either direction."""

from harness import check, equal, eventually, main, test
from harness.lab import ACCESS, CARRIER, CARRIER2, CORE, PHONE, PHONE2
from harness.message import Message
from harness.topology import leaks, tokens
from harness.way import CONFIG


def of(lab, *addresses):
    return [m for m in lab.capture.messages() if m.source[0] in addresses or m.target[0] in addresses]


def no_leak(lab, left, right):
    one, other = of(lab, *left), of(lab, *right)
    check(len(one) >= 4 and len(other) >= 4, "there was too little to scan")
    kinds = {where for m in one + other for where in tokens(m).values()}
    for kind in ("branch", "Call-ID", "tag in from", "tag in to", "user of Contact", "address in via"):
        check(kind in kinds, f"the scan has seen no {kind}")
    found = leaks(one, other)
    check(not found, "leaks:\n" + "\n".join(found))


def scan(lab, caller, callee, **options):
    lab.start()
    lab.call(caller, callee, **options)
    no_leak(lab, (PHONE,), (CARRIER,))


@test
def a_call_from_phone_to_carrier(lab):
    scan(lab, "caller", "callee")


@test
def a_call_that_the_callee_ends(lab):
    scan(lab, "caller_hung_up", "callee_hangs_up")


@test
def a_call_from_carrier_to_phone(lab):
    lab.start()
    callee = lab.sipp("callee", "callee", PHONE)
    lab.sipp("caller", "caller", CARRIER, service="alice", user="436601234567").done()
    callee.done()
    no_leak(lab, (PHONE,), (CARRIER,))


@test
def hold_and_resume(lab):
    scan(lab, "caller_holds", "callee_is_held")


@test
def hold_and_resume_by_the_callee(lab):
    scan(lab, "caller_is_held", "callee_holds")


@test
def a_late_offer(lab):
    scan(lab, "caller_late_offer", "callee")


@test
def early_media(lab):
    scan(lab, "caller_early_media", "callee_early_media")


@test
def a_refusal(lab):
    scan(lab, "caller_refused", "callee_refuses", caller_options={"status": 486}, callee_options={"status": 486})


@test
def a_redirection(lab):
    scan(lab, "caller_refused", "callee_refuses", caller_options={"status": 480},
         callee_options={"status": 302, "extra": "Contact: <sip:somebody@10.77.2.99:5099>"})


@test
def a_cancelled_call(lab):
    scan(lab, "caller_cancels_late", "callee_cancelled")


@test
def a_call_over_tcp(lab):
    lab.start({"trunk": {"carrier": {"targets": [f"{CARRIER}:5060;transport=tcp"]}}})
    lab.call("caller_holds", "callee_is_held", callee_options={"transport": "tcp"})
    no_leak(lab, (PHONE,), (CARRIER,))


@test
def headers_that_tell_of_the_callers_network_stay_on_their_side(lab):
    lab.start()
    lab.call("caller_talkative", "callee_talkative", {"net": "10.99"}, {"net": "10.98"})
    no_leak(lab, (PHONE,), (CARRIER,))
    for border, words in ((CORE, ("caller-secret", "10.99.")), (ACCESS, ("callee-secret", "10.98."))):
        for word in words:
            equal([m.start for m in lab.capture.messages(border) if word in m.text], [], f"messages with {word!r}")


@test
def headers_that_tell_of_a_carriers_network_stay_on_its_side(lab):  # of two that trust each other, too
    lab.start(CONFIG)
    callee = lab.callee("callee_talkative", at=CARRIER2, net="10.98")
    lab.caller("caller_talkative", at=CARRIER, service="2000", net="10.99").done()
    callee.done()
    found = leaks(of(lab, CARRIER), of(lab, CARRIER2))
    equal([leak for leak in found if f"'{CORE}'" not in leak], [], "leaks, but for the border's own address, which both know")
    invite = lab.capture.messages(CORE, CARRIER2, lambda m: m.is_request("INVITE"))[0]
    asserted = invite.header("p-asserted-identity")
    check(asserted.startswith("<sip:caller-secret@") and "10." not in asserted.replace(CORE, ""), f"who calls: {asserted}")
    for to, words in ((CARRIER2, ("caller-secret", "10.99.")), (CARRIER, ("callee-secret", "10.98."))):
        for word in words:
            told = [m.start for m in lab.capture.messages(CORE, to) if word in m.text.replace(asserted, "")]
            equal(told, [], f"messages with {word!r}")


@test
def the_scan_finds_what_is_planted(lab):
    """The control: each kind of token, copied from one side into a message of the other, must be found."""
    lab.start()
    lab.call("caller_holds", "callee_is_held")
    left, right = of(lab, PHONE), of(lab, CARRIER)
    equal(leaks(left, right), [], "leaks before planting")
    missed = []
    planted = set()
    for one, other in ((left, right), (right, left)):
        for message in one:
            for token, where in tokens(message).items():
                if (where, one is left) in planted:
                    continue
                planted.add((where, one is left))
                victim = other[-1]
                infected = other[:-1] + [Message(victim.text.replace("\r\n\r\n", f"\r\nX-Note: see {token}\r\n\r\n", 1))]
                if not leaks(one, infected):
                    missed.append(f"{where}: {token}")
        number = Message(other[-1].text.replace("CSeq: ", "CSeq: 77"))
        twin = Message(one[-1].text.replace(one[-1].header("cseq"), number.header("cseq")))
        if not leaks(one + [twin], other + [number]):
            missed.append("CSeq")
    check(not missed, "planted and not found:\n" + "\n".join(missed))
    check(len(planted) >= 16, f"only {len(planted)} kinds were planted: {planted}")


# --- the leak guard of the border itself -----------------------------------------------------------------------------
# In every other test of this folder it counts and logs, and the harness wants to see nothing of it at the end.

CARELESS = """return {
  on_register = function(request) return request.challenge_unless_authenticated() end,
  on_invite = function(call)
    return route { trunk = "carrier", headers = { ["X-Origin"] = "from " .. call.source_ip, ["X-Fine"] = "yes" } }
  end,
}
"""


def careless(lab, mode):
    """A call with a policy that gives the caller's address away; what the callee was sent."""
    policy = lab.directory / "careless.lua"
    policy.write_text(CARELESS)
    lab.may_leak = True
    lab.start({"policy": {"file": str(policy)}, "leak_guard": {"mode": mode}})
    alice, carrier = lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")
    call = alice.invite("sip:1000@example.org")
    invite = carrier.request("INVITE")
    invite.reply(180)
    call.response(180)
    invite.reply(200, sdp=carrier.sdp())
    call.response(200)
    call.ack()
    carrier.request("ACK")
    bye = call.send("BYE")
    carrier.request("BYE").reply(200)
    bye.response(200)
    lab.border.until_idle()
    equal(invite.header("x-fine"), "yes", "a header that is nobody's secret")
    return invite


def found(lab, name, **labels):
    return lab.border.sbc_metrics().total(name, **labels)


@test
def what_a_policy_gives_away_is_counted(lab):
    invite = careless(lab, "count")
    equal(invite.header("x-origin"), f"from {PHONE}", "X-Origin")
    eventually(lambda: found(lab, "parapet_leaks_total") == 1, "the leak is counted")
    equal(found(lab, "parapet_leaks_total", kind="address"), 1, "addresses")
    equal(found(lab, "parapet_leaks_by_place_total", place="header"), 1, "in headers")
    check("leak" not in (lab.directory / "sbc.log").read_text(), "there is a line in the log")


@test
def what_a_policy_gives_away_is_logged_without_saying_it_again(lab):
    invite = careless(lab, "log")
    lines = [l for l in (lab.directory / "sbc.log").read_text().splitlines() if "leak:" in l]
    equal(len(lines), 1, "lines")
    check("address" in lines[0] and "X-Origin" in lines[0] and invite.header("call-id") in lines[0], lines[0])
    check(PHONE not in lines[0], f"the log names it: {lines[0]}")
    equal(lab.leaks_in_logs(), lines, "what the harness would have seen")


@test
def what_a_policy_gives_away_is_scrubbed(lab):
    invite = careless(lab, "scrub")
    equal(invite.header("x-origin"), "", "X-Origin")
    eventually(lambda: found(lab, "parapet_leaks_scrubbed_total", result="removed") == 1, "the removal is counted")
    equal(found(lab, "parapet_leaks_scrubbed_total", result="kept"), 0, "leaks that stay")


@test
def without_the_guard_nothing_is_counted(lab):
    careless(lab, "off")
    equal(found(lab, "parapet_leaks_total"), 0, "leaks")


if __name__ == "__main__":
    main()
