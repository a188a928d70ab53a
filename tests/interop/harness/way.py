"""Scenarios that sipp plays in both directions: whoever begins is the phone in one test, the carrier in the other."""

from .border import OWN_POLICIES
from .checks import equal
from .client import Client
from .lab import ACCESS, CARRIER, CARRIER2, CORE, FROM_CARRIER, PHONE, PHONE2
from .runner import test

SECOND = {"realm": "core", "targets": [f"{CARRIER2}:5060"], "sources": [CARRIER2]}
CONFIG = {"policy": {"file": str(OWN_POLICIES / "scenarios.lua")}, "media": {"timeout": "20s"},
          "trunk": {"carrier": {"sources": [CARRIER]}, "second": SECOND}}


class Way:
    """Who begins: the phone, which is alice, or the carrier."""

    def __init__(self, lab, phone_begins):
        self.lab = lab
        self.near, self.far = (PHONE, CARRIER) if phone_begins else (CARRIER, PHONE)
        self.border, self.beyond = (ACCESS, CORE) if phone_begins else (CORE, ACCESS)
        self.other = CARRIER2 if phone_begins else PHONE2  # also on the far side
        self._whom = {} if phone_begins else FROM_CARRIER
        self.number_of_other = {"service": "2000"} if phone_begins else {**FROM_CARRIER, "service": "bob"}

    def begin(self, scenario, role, **options):
        return self.lab.sipp(scenario, role, self.near, **{**self._whom, **options})

    def wait_at(self, scenario, role, at=None, **options):
        return self.lab.sipp(scenario, role, at or self.far, **options)

    def requests(self, method, target=None):
        """Those that the border sent to the far side, or to a place there."""
        return self.lab.capture.messages(self.beyond, target or self.far, lambda m: m.is_request(method))

    def names(self, role):
        """Call-ID, its own tag and the border's of the call that a role has begun."""
        def confirmed(m):
            return m.is_request("ACK") and f"tag={role}-tag" in m.header("from")

        ack = self.lab.capture.wait(confirmed, f"the call of {role}", target=self.border)
        return ack.header("call-id"), ack.header("from").split("tag=")[1], ack.header("to").split("tag=")[1]

    def sees_nothing_of(self, *words):
        for word in words:
            told = [m.start for m in self.lab.capture.messages(self.beyond) if word in m.text]
            equal(told, [], f"messages with {word!r}")


def start(lab, **more):
    lab.start({**CONFIG, **more})
    lab.register("bob", PHONE2)
    with Client(PHONE, ACCESS, 5062) as second:  # alice's other telephone
        equal(second.register("alice", contact=f"<sip:alice@{PHONE}:5062>;q=0.1").status, 200, "REGISTER")


def both_ways(play=None, **config):
    """A test in which the phone begins, and one in which the carrier does."""
    if play is None:
        return lambda named: both_ways(named, **config)

    def from_the_phone(lab):
        start(lab, **config)
        play(Way(lab, True))

    def from_the_carrier(lab):
        start(lab, **config)
        play(Way(lab, False))

    for function, begins in ((from_the_phone, "phone"), (from_the_carrier, "carrier")):
        function.__name__ = f"{play.__name__}_from_the_{begins}"
        test(function)
    return play


def each_way(play=None, **config):
    """One test in which the phone begins and then, with the same border, the carrier."""
    if play is None:
        return lambda named: each_way(named, **config)

    def both(lab):
        start(lab, **config)
        for phone_begins in (True, False):
            play(Way(lab, phone_begins))
            lab.border.until_idle()  # nothing of this call comes to who is at the same address in the next

    both.__name__ = play.__name__
    test(both)
    return play


# Whoever begins, and whoever is called.
CALLS = [("caller_holds", "callee_is_held"), ("caller_is_held", "callee_holds"), ("caller_hung_up", "callee_hangs_up"),
         ("caller_cancels_late", "callee_cancelled"), ("caller_pracks", "callee_early_media"),
         ("caller_early_media", "callee_rings_reliably"), ("caller_updates", "callee_updated"), ("caller_late_offer", "callee")]


def all_calls(lab, *ways):
    """Of each way at once: (who calls, who is called, options of the former, options of the latter)."""
    for calling, called in CALLS:
        peers = []
        for number, (near, far, near_options, far_options) in enumerate(ways):
            peers.append(lab.sipp(called, f"{called}_{number}", far, **far_options))
            peers.append(lab.sipp(calling, f"{calling}_{number}", near, **{"port": 5070, **near_options}))
        for peer in peers:
            peer.done()
