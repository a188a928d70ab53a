#!/usr/bin/env python3
"""sipp plays whoever says where it can be reached, and how: flows, paths and GRUUs of phones, probed targets, names."""

import re

from harness import check, equal, eventually, main, test
from harness.border import OWN_POLICIES
from harness.dns import Dns
from harness.lab import ACCESS, CARRIER, CARRIER2, CORE, PHONE, PHONE2
from harness.way import CONFIG, SECOND

POLICY = {"policy": {"file": str(OWN_POLICIES / "scenarios.lua")}}
ONLY_MD5 = {"realm": {"access": {"registrar": {"algorithms": ["MD5"]}}}}  # sipp knows no other
INSTANCE = "<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"
GRUU = f'+sip.instance="{INSTANCE}"'
FLOW = f"{GRUU};reg-id=1"


def registered(lab, at, contact, headers):
    """A phone at an address registers; the 200."""
    lab.sipp("registers_with", f"phone_at_{at}", at, password="wonder-land", auth_uri="example.org", contact=contact,
             headers=headers).done()
    return lab.capture.messages(ACCESS, at, lambda m: m.is_response(200, "REGISTER"))[-1]


def carrier_calls(lab, at, uri="sip:alice@example.org", **listening):
    """A call of the carrier's to whoever listens at an address; the INVITE there."""
    phone = lab.sipp("callee", "called", at, **listening)
    lab.sipp("invites_with", "caller", CARRIER, uri=uri, headers="X-Nothing: more").done()
    phone.done()
    return lab.capture.messages(ACCESS, at, lambda m: m.is_request("INVITE"))[-1]


# --- phones ---


@test
def a_phone_registers_through_a_proxy(lab):  # RFC 3327
    lab.start({**CONFIG, **ONLY_MD5}, register=False)
    path = f"<sip:token@{PHONE2}:5070;lr>"
    answer = registered(lab, PHONE2, f"<sip:alice@{PHONE}:5060>", f"Supported: path\n      Path: {path}")
    equal(answer.headers("path"), [path], "Path in the 200")
    invite = carrier_calls(lab, PHONE2, port=5070)
    equal(invite.headers("route"), [path], "Route")
    equal(invite.start.split()[1], f"sip:alice@{PHONE}:5060", "Request-URI")


@test
def a_phone_has_a_gruu_and_a_flow(lab):  # RFC 5627, RFC 5626
    lab.start({**CONFIG, **ONLY_MD5}, register=False)
    answer = registered(lab, PHONE, f"<sip:alice@{PHONE}:5060;ob>;{FLOW}", "Supported: gruu, outbound")
    equal(answer.header("require"), "outbound", "Require")
    public, temporary = (re.search(f'{kind}-gruu="([^"]+)"', answer.header("contact"))[1] for kind in ("pub", "temp"))
    for uri in (public, temporary):
        invite = carrier_calls(lab, PHONE, uri)
        equal(invite.start.split()[1], f"sip:alice@{PHONE}:5060;ob", "Request-URI")


@test
def a_registrar_upstream_reaches_a_phone_by_path_and_flow(lab):  # trap 75; RFC 3327, RFC 5626, RFC 5627
    upstream = {"mode": "relay", "upstream": "second", "upstream_answer": "1s", "upstream_path": "required"}
    lab.start({**CONFIG, "realm": {"access": {"registrar": upstream}}, "user": []}, register=False)
    gruu = "sip:alice@example.org;gr=urn:uuid:00000000-0000-1000-8000-000a95a0e128"
    registrar = lab.sipp("registrar_with", "registrar", CARRIER2, contact_params=f';pub-gruu="{gruu}"',
                         headers="Supported: outbound, path, gruu\n      Require: outbound")
    lab.sipp("registers_with_simply", "phone", PHONE, contact=f"<sip:alice@{PHONE}:5060>;{FLOW}",
             headers="Supported: path, outbound, gruu").done()
    registrar.done()
    up = lab.capture.messages(CORE, CARRIER2, lambda m: m.is_request("REGISTER"))[0]
    down = lab.capture.messages(ACCESS, PHONE, lambda m: m.is_response(200, "REGISTER"))[0]
    check(re.fullmatch(rf"<sip:[a-z2-7]+@{CORE};lr;ob>", up.header("path")), f"Path upstream: {up.header('path')}")
    check("reg-id=1" in up.header("contact") and PHONE not in up.text, f"upstream:\n{up.text}")
    check(f'pub-gruu="{gruu}"' in down.header("contact") and CORE not in down.text, f"toward the phone:\n{down.text}")
    # The registrar's network calls by that path.
    alias = re.search("<([^>]+)>", up.header("contact"))[1]
    phone = lab.sipp("callee", "called", PHONE)
    lab.sipp("invites_with", "caller", CARRIER2, uri=alias, headers=f"Route: {up.header('path')}").done()
    phone.done()
    invite = lab.capture.messages(ACCESS, PHONE, lambda m: m.is_request("INVITE"))[0]
    check(invite.start.startswith(f"INVITE sip:alice@{PHONE}:5060"), invite.start)
    equal(invite.headers("route"), [], "Route at the phone")


# --- OPTIONS ---


@test
def a_carrier_that_answers_probes_gets_the_calls(lab):  # trap 17; RFC 3263 4.3
    well = lab.sipp("callee_probed", "well", CARRIER2, calls=50)
    ill = lab.sipp("callee_probed", "ill", CARRIER, calls=50, status=503)
    probe = {"interval": "1s", "timeout": "900ms", "down_after": 2}
    lab.start({**POLICY, "trunk": {"carrier": {"targets": [f"{CARRIER}:5060", f"{CARRIER2}:5060"], "probe": probe}}})

    def down():
        gauge = lab.border.sbc_metrics().samples.get("parapet_target_up", [])
        return any(f"{CARRIER}:" in labels["target"] and value == 0 for labels, value in gauge)

    eventually(down, "the first target is down", 10)
    lab.caller("caller").done()
    equal(len(lab.capture.messages(CORE, CARRIER2, lambda m: m.is_request("BYE"))), 1, "calls at the second target")
    equal(lab.capture.messages(CORE, CARRIER, lambda m: m.is_request("INVITE")), [], "INVITEs at the one that is down")
    check(well.process.running() and ill.process.running(), "a target has met what it did not expect")


@test
def a_phone_behind_a_nat_answers_options(lab):
    keep = {"trust_udp_addresses": True, "nat_keep_alive": "options", "nat_keep_alive_interval": 5}
    lab.start({"policy": {"settings": keep}}, register=False)
    lab.register("alice", PHONE, contact="<sip:alice@10.9.9.9:5060>")
    lab.sipp("answers", "phone", PHONE, method="OPTIONS").done()
    eventually(lambda: lab.border.sbc_metrics().total("parapet_keep_alives_total", event="answered") == 1, "the answer", 5)


# --- names ---

NAMES = {"process": {"shards": 1}, "dns": {"servers": ["127.0.0.1"], "timeout": "200ms", "tries": 1}}


def srv(name, first, second):
    return {(name, "NAPTR"): [(10, 10, "SIP+D2U", f"_sip._udp.{name}")],
            (f"_sip._udp.{name}", "SRV"): [(10, 1, 5060, f"one.{name}"), (20, 1, 5060, f"two.{name}")],
            (f"one.{name}", "A"): [first], (f"two.{name}", "A"): [second]}


def by_name(lab, name, realm, first, second, caller):
    """The first place of the name has no room, the second takes the call."""
    lab.keep(Dns("127.0.0.1", srv(name, first, second)))
    lab.start({**CONFIG, **NAMES,
               "trunk": {"carrier": {"realm": realm, "targets": [name], "sources": []}, "second": SECOND}})
    full = lab.sipp("callee_refuses_at_once", "full", first, status=503)
    called = lab.sipp("callee", "called", second)
    lab.sipp("caller", "caller", caller).done()
    full.done()
    called.done()
    border = CORE if realm == "core" else ACCESS
    for at in (first, second):
        invite = lab.capture.messages(border, at, lambda m: m.is_request("INVITE"))[0]
        equal(invite.start, f"INVITE sip:1000@{name} SIP/2.0", "the Request-URI")


@test
def a_phone_calls_a_carrier_by_its_name(lab):  # trap 17; RFC 3263 4.2, 4.3
    by_name(lab, "carrier.example", "core", CARRIER, CARRIER2, PHONE)


@test
def a_carrier_calls_a_pbx_by_its_name(lab):  # trap 17
    by_name(lab, "pbx.example", "access", PHONE, PHONE2, CARRIER2)


# A phone calls the carrier by its name, the carrier a PBX on the phones' side: (caller, number, name, first place, second place).
BOTH = [(PHONE, "1000", "carrier.example", CARRIER, CARRIER2), (CARRIER, "2000", "pbx.example", PHONE, PHONE2)]


def names(lab, records, **more):
    lab.keep(Dns("127.0.0.1", {key: value for _, _, name, first, second in BOTH
                               for key, value in records(name, first, second).items()}))
    lab.start({**POLICY, **NAMES, **more,
               "trunk": {"carrier": {"targets": ["carrier.example"], "sources": [CARRIER, CARRIER2]},
                         "second": {"realm": "access", "targets": ["pbx.example"], "sources": []}}})


@test
def names_whose_first_place_is_silent(lab):  # trap 17; RFC 3263 4.3
    names(lab, srv, timers={"first_response": "1s"})
    for caller, number, name, first, second in BOTH:
        silent = lab.silent(first)
        called = lab.sipp("callee", f"called_{number}", second)
        lab.sipp("caller", f"caller_{number}", caller, service=number, port=5070).done()
        called.done()
        check(silent.heard("INVITE"), f"the first place of {name} was not tried")
        silent.kill()


def srv_over_tcp(name, first, second):
    """Both services are there, and the name would rather be reached over TCP."""
    return {**srv(name, first, second),
            (name, "NAPTR"): [(20, 10, "SIP+D2U", f"_sip._udp.{name}"), (10, 10, "SIP+D2T", f"_sip._tcp.{name}")],
            (f"_sip._tcp.{name}", "SRV"): [(20, 1, 5060, f"one.{name}"), (10, 1, 5060, f"two.{name}")]}


@test
def names_that_would_rather_have_tcp(lab):  # RFC 3263 4.1, 4.2
    names(lab, srv_over_tcp)
    for caller, number, _, first, second in BOTH:
        called = lab.sipp("callee", f"called_{number}", second, transport="tcp")
        lab.sipp("caller", f"caller_{number}", caller, service=number, port=5070).done()
        called.done()
        # By the order of SRV the next place, when the first one has no connection to offer.
        called = lab.sipp("callee", f"called_{number}", first, transport="tcp")
        lab.sipp("caller", f"caller_{number}", caller, service=number, port=5070).done()
        called.done()
        for at in (first, second):
            equal({m.transport for m in lab.capture.messages(target=at, where=lambda m: m.is_request("INVITE"))}, {"TCP"},
                  f"transports of the INVITE to {at}")


if __name__ == "__main__":
    main()
