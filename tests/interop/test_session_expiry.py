#!/usr/bin/env python3
"""Sessions that nobody refreshes (RFC 4028 10). No session is shorter than 90 seconds, so this takes a minute, and does nothing
else."""

from harness import check, equal, main, test
from harness.lab import ACCESS, CARRIER, CARRIER2, CORE, FROM_CARRIER, PHONE, PHONE2
from harness.way import start

MINE = {"headers": "Supported: timer\n      Session-Expires: 90;refresher=uac"}
LONG = {"seconds": 80}
AFTER = 60  # RFC 4028 10: the smaller of 32 s and a third of the interval before its end


@test(seconds=100)
def who_promised_a_refresh_and_does_not_send_it_ends_both_legs(lab):  # trap 76
    start(lab, media={"timeout": "10m"}, timers={"session_expires": 90, "min_se": 90})
    peers = []
    for role, at, whom in (("phone", PHONE, {}), ("carrier", CARRIER, FROM_CARRIER)):
        far, other = (CARRIER, CARRIER2) if role == "phone" else (PHONE, PHONE2)
        number = {"service": "2000"} if role == "phone" else {**FROM_CARRIER, "service": "bob"}
        # The callee was to refresh its leg, and then the caller its own. Who calls is at a port of its own, since it is called, too.
        peers.append(lab.sipp("callee_never_refreshes", f"lazy_callee_of_{role}", far, **LONG))
        peers.append(lab.sipp("caller_refreshed", f"caller_{role}", at, port=5070, **whom, **LONG))
        peers.append(lab.sipp("callee_refreshing", f"callee_of_{role}", other, **LONG))
        peers.append(lab.sipp("caller_never_refreshes", f"lazy_caller_{role}", at, port=5062, **number, **MINE, **LONG))
    for peer in peers:
        peer.done()
    byes = lab.capture.messages(where=lambda m: m.is_request("BYE"))
    check({m.source[0] for m in byes} == {ACCESS, CORE}, "the border hung up")
    equal(len({m.header("call-id") for m in byes}), 8, "legs that got a BYE")
    for bye in byes:
        answered = lab.capture.messages(where=lambda m: m.is_response(200, "INVITE")
                                        and m.header("call-id") == bye.header("call-id"))[0]
        check(AFTER - 2 <= bye.time - answered.time <= AFTER + 3, f"a BYE after {bye.time - answered.time:.1f} s")
    equal(lab.border.calls("answered"), 4, "calls that ended as answered")


if __name__ == "__main__":
    main()
