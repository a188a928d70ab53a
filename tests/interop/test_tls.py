#!/usr/bin/env python3
"""TLS: phones, trunks that must prove who they are, certificates that change, strangers that waste time."""

import re
import socket
import ssl
import threading
import time
import warnings

from harness import check, equal, eventually, main, namespace, test
from harness.border import ACCESS, CORE
from harness.client import token
from harness.deaf import UNTRACED, MemoryCost
from harness.flow_ua import FlowUa
from harness.lab import CARRIER, PHONE, PHONE2
from harness.phone import Phone, seconds_of
from harness.tls import TlsClient, TlsServer
from harness.tls_border import NAME, start

OFFER = ("v=0\r\no=- 1 1 IN IP4 {at}\r\ns=-\r\nc=IN IP4 {at}\r\nt=0 0\r\nm=audio 7000 RTP/AVP 0\r\n"
         "a=rtpmap:0 PCMU/8000\r\n")
LONG_NAME = {"From": f'"{"x" * 4000}" <sip:alice@example.org>;tag=long'}  # the answer has it as well


def invite(client, number="4912345", **named):
    call_id = token()
    client.send(client.request("INVITE", f"sip:{number}@example.org", call_id=call_id,
                               headers=["Content-Type: application/sdp"], body=OFFER.format(at=client.at), **named))
    return client.final(call_id, 10)


def in_dialog(client, answer, method, cseq):
    """A request of the caller inside the dialog that `answer` made."""
    target = re.search(r"<([^>]+)>", answer.header("contact"))[1]
    replace = {"From": answer.header("from"), "To": answer.header("to"), "CSeq": f"{cseq} {method}"}
    return client.request(method, target, call_id=answer.header("call-id"), replace=replace)


@test
def a_phone_registers_and_calls_from_tls_to_udp(lab):
    authority, _ = start(lab)
    callee = lab.callee("callee")
    with TlsClient(PHONE, ACCESS, authority, NAME) as phone:
        equal(phone.register("alice").status, 200, "REGISTER")
        answer = invite(phone)
        equal(answer and answer.status, 200, "INVITE")
        check(f"{ACCESS}:5061;transport=tls" in answer.header("contact") or "transport=tls" in answer.header("contact"),
              f"Contact: {answer.header('contact')}")
        phone.send(in_dialog(phone, answer, "ACK", 1))
        phone.send(in_dialog(phone, answer, "BYE", 2))
        equal(phone.final(answer.header("call-id")).status, 200, "BYE")
    callee.done()
    equal(lab.border.calls("answered"), 1, "answered calls")


@test
def a_phone_is_called_over_its_connection(lab):
    authority, _ = start(lab)
    with TlsClient(PHONE, ACCESS, authority, NAME) as bob, TlsClient(PHONE2, ACCESS, authority, NAME) as alice:
        equal(bob.register("bob").status, 200, "REGISTER of bob")
        equal(alice.register("alice").status, 200, "REGISTER of alice")
        alice.send(alice.request("INVITE", "sip:bob@example.org", headers=["Content-Type: application/sdp"],
                                 body=OFFER.format(at=PHONE2)))
        arrived = bob.receive(5)
        check(arrived and arrived.is_request("INVITE"), f"bob got {arrived}")
        check("SIP/2.0/TLS" in arrived.header("via"), f"Via: {arrived.header('via')}")
    # Both connections are gone, and with them the ways to both phones.
    eventually(lambda: lab.border.sbc_metrics().total("parapet_tls_connections_open") == 0, "connections are closed")


@test
def strangers_need_a_certificate_where_it_is_required(lab):
    authority, _ = start(lab, access={"client_certificate": "required", "client_ca": f"{lab.directory}/authority.pem"})
    own = authority.issue("phone", "DNS:phone.example.org")
    with TlsClient(PHONE, ACCESS, authority, NAME, own=own) as phone:
        equal(phone.register("alice").status, 200, "REGISTER with a certificate")
    try:
        with TlsClient(PHONE, ACCESS, authority, NAME) as nobody:
            nobody.send(nobody.request("OPTIONS", "sip:example.org"))
            check(nobody.receive(3) is None, "an answer without a certificate")
    except (ssl.SSLError, ConnectionError):
        pass
    eventually(lambda: lab.border.sbc_metrics().total("parapet_tls_failures_total", reason="no_certificate") == 1,
               "the refusal is counted")


class Carrier:
    """A TLS server that answers every INVITE with 486 and remembers who called."""

    def __init__(self, authority, own):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(own["certificate"], own["key"])
        context.load_verify_locations(str(authority.pem))
        context.verify_mode = ssl.CERT_REQUIRED
        self._context = context
        self._listener = socket.create_server((CARRIER, 5061))
        self.invites, self.peers = [], []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                plain, _ = self._listener.accept()
                with self._context.wrap_socket(plain, server_side=True) as connection:
                    self.peers.append(connection.getpeercert())
                    self._serve(connection)
            except OSError:
                if self._listener.fileno() < 0:
                    return

    def _serve(self, connection):
        while data := connection.recv(65536).decode("utf-8", "replace"):
            if not data.startswith("INVITE "):
                continue
            self.invites.append(data)
            lines = [line for line in data.split("\r\n") if re.match(r"(Via|From|Call-ID|CSeq):", line)]
            to = re.search(r"^To: .*$", data, re.M)[0].strip()
            answer = ["SIP/2.0 486 Busy Here", *lines, f"{to};tag=c1", "Content-Length: 0", "", ""]
            connection.sendall("\r\n".join(answer).encode())

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)  # or the thread that accepts keeps the port
        self._listener.close()


def call_a_carrier(lab, certified, wanted):
    trunk = {"carrier": {"targets": [f"{CARRIER}:5061;transport=tls"], "tls_name": wanted}}
    authority, _ = start(lab, core={"advertise": f"{NAME}:5061"}, trunk=trunk)
    carrier = Carrier(authority, authority.issue("carrier", certified))
    try:
        with TlsClient(PHONE, ACCESS, authority, NAME) as phone:
            equal(phone.register("alice").status, 200, "REGISTER")
            answer = invite(phone)
    finally:
        carrier.close()
    return answer, carrier


# trap 67: by name with SNI, the certificate's names, and ours in Contact and Via.
@test
def a_carrier_that_proves_its_name_gets_the_call(lab):
    answer, carrier = call_a_carrier(lab, "URI:sip:carrier.example,DNS:other.example", "carrier.example")
    equal(answer and answer.status, 486, "INVITE")
    equal(len(carrier.invites), 1, "INVITEs at the carrier")
    for line in (rf"^Via: SIP/2.0/TLS {NAME};.*;alias", rf"^Contact: <sip:[^@]*@{NAME};transport=tls>"):
        check(re.search(line, carrier.invites[0], re.M), f"expected {line} in\n{carrier.invites[0]}")
    # We showed ours.
    check(("DNS", NAME) in carrier.peers[0]["subjectAltName"], f"our certificate: {carrier.peers}")


# trap 67: sips, SNI, and the names of certificates.
@test
def a_carrier_with_another_name_gets_nothing(lab):
    answer, carrier = call_a_carrier(lab, "DNS:other.example,DNS:*.example", "carrier.example")
    check(answer and answer.status >= 500, f"INVITE: {answer and answer.status}")
    equal(carrier.invites, [], "INVITEs at the carrier")
    equal(lab.border.sbc_metrics().total("parapet_tls_failures_total", reason="wrong_name"), 1, "counted")


def with_a_certified_carrier(lab, shards=1):
    """The carrier is found by its certificate alone; the certificate, and what starts the border's phone."""
    core = {"client_certificate": "optional", "client_ca": f"{lab.directory}/authority.pem"}
    trunk = {"carrier": {"targets": [f"{CARRIER}:5061;transport=tls"], "tls_name": "carrier.example"}}
    authority, _ = start(lab, core=core, trunk=trunk, process={"shards": shards})
    phone = FlowUa(lab, TlsClient(PHONE, ACCESS, authority, NAME), "alice", "tls")
    equal(phone.register().status, 200, "REGISTER")
    return authority, authority.issue("carrier", "URI:sip:carrier.example"), phone


def refused(call, invite):
    invite.reply(486)
    call.response(486)
    call.ack(status=486)


# RFC 5923 8.2: alias, and a certificate that names whom the request is for.
@test
def a_connection_that_the_carrier_opened_carries_our_calls(lab):
    authority, own, phone = with_a_certified_carrier(lab)
    with socket.create_server((CARRIER, 5061)) as listener:
        listener.settimeout(5)
        carrier = FlowUa(lab, TlsClient(CARRIER, CORE, authority, NAME, own=own), "carrier", "tls")
        for name in (f"{CARRIER}:5061", f"{CARRIER}:5061;alias"):
            carrier.name = name
            call = carrier.invite("sip:nobody@example.org")
            call.response(404)
            call.ack(status=404)
            call = phone.invite("sip:4912345@example.org")
            if "alias" in name:
                refused(call, carrier.request("INVITE"))
            else:
                listener.accept()[0].close()
                call.response(503)
                call.ack(status=503)
        equal(lab.border.sbc_metrics().total("parapet_tls_connections_open"), 2, "TLS connections: two that came")
        # It is gone, and another one is opened to where the trunk is; what left within the last second would want one as well.
        time.sleep(1.1)
        carrier.kill()
        eventually(lambda: lab.border.sbc_metrics().total("parapet_tls_connections_open") == 1, "it is gone")
        phone.invite("sip:4912345@example.org")
        listener.accept()[0].close()


# RFC 5923 8.2: whichever shard a call is on, it goes over the connection that the carrier has opened, and that one shard has.
@test
def a_connection_that_the_carrier_opened_carries_calls_of_all_shards(lab):
    authority, own, phone = with_a_certified_carrier(lab, 4)
    with TlsServer(CARRIER, authority, own) as server:
        carrier = FlowUa(lab, TlsClient(CARRIER, CORE, authority, NAME, own=own), "carrier", "tls")
        carrier.name = f"{CARRIER}:5061;alias"
        call = carrier.invite("sip:nobody@example.org")
        call.response(404)
        call.ack(status=404)
        for _ in range(16):
            call = phone.invite("sip:4912345@example.org")
            refused(call, carrier.request("INVITE"))
        metrics = lab.border.sbc_metrics()
        check(metrics.total("parapet_foreign_sends_total") >= 4, "no shard has used another one's")
        equal(metrics.total("parapet_tls_connections_open"), 2, "TLS connections: two that came")
        # It is reset with a call unread: the shard of that call is told, and sends it over a connection of its own. What left
        # within the last second would want one as well.
        time.sleep(1.1)
        call = phone.invite("sip:4912345@example.org")
        time.sleep(0.2)
        carrier.kill()
        refused(call, FlowUa(lab, server.accept((CORE, 5061)), "carrier", "tls").request("INVITE"))
        eventually(lambda: lab.border.sbc_metrics().total("parapet_transaction_events_total", event="requests_reopened") == 1,
                   "it is counted")


# RFC 5923 8.1: what we opened is the carrier's to use, as our Via says.
@test
def a_connection_that_we_opened_carries_the_carriers_calls(lab):
    authority, own, phone = with_a_certified_carrier(lab)
    with TlsServer(CARRIER, authority, own) as server:
        call = phone.invite("sip:4912345@example.org")
        carrier = FlowUa(lab, server.accept((CORE, 5061)), "carrier", "tls")
        invite = carrier.request("INVITE")
        check(";alias" in invite.header("via"), f"Via: {invite.header('via')}")
        refused(call, invite)
        call = carrier.invite("sip:alice@example.org")
        refused(call, phone.request("INVITE"))
        equal(lab.border.sbc_metrics().total("parapet_tls_connections_open"), 2, "TLS connections")


def whole_call(caller, uri, callee):
    """Answered, changed by the callee, ended by the caller."""
    call = caller.invite(uri)
    invite = callee.request("INVITE").reply(180)
    call.response(180)
    invite.reply(200, sdp=callee.sdp())
    call.response(200)
    call.ack()
    callee.request("ACK")
    call.send("OPTIONS").response(200)  # behind the ACK on the same way: the border has that by now
    there = invite.dialog()
    again = there.send("INVITE", body=callee.sdp(direction="sendonly"))
    caller.request("INVITE").reply(200, sdp=caller.sdp(direction="recvonly"))
    check("a=recvonly" in again.response(200).body, "the answer to the change")
    there.ack()
    caller.request("ACK")
    bye = call.send("BYE")
    callee.request("BYE").reply(200)
    bye.response(200)


@test
def whole_calls_cross_between_tls_and_tls_both_ways(lab):
    authority, own, phone = with_a_certified_carrier(lab)
    with TlsServer(CARRIER, authority, own) as server:
        # The border connects with the first INVITE; the call stands on that connection.
        first = phone.invite("sip:4912345@example.org")
        carrier = FlowUa(lab, server.accept((CORE, 5061)), "carrier", "tls")
        refused(first, carrier.request("INVITE"))
        whole_call(phone, "sip:4912345@example.org", carrier)
        whole_call(carrier, "sip:alice@example.org", phone)
    equal(lab.border.calls("answered"), 2, "answered calls")
    equal(lab.border.sbc_metrics().total("parapet_tls_connections_open"), 2, "TLS connections")
    for ua in (phone, carrier):  # RFC 5626 4.4.1
        ua.client.send(b"\r\n\r\n")
        ua.client._socket.settimeout(3)
        equal(ua.client._socket.recv(10), b"\r\n", "the answer to a ping")


@test
def nobody_speaks_less_than_tls_1_2(lab):
    authority, _ = start(lab)
    for version, taken in ((ssl.TLSVersion.TLSv1, False), (ssl.TLSVersion.TLSv1_1, False),
                           (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)):
        context = ssl.create_default_context(cafile=str(authority.pem))
        context.set_ciphers("DEFAULT@SECLEVEL=0")  # or this side would not ask
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
        with socket.create_connection((ACCESS, 5061), timeout=5) as plain:
            try:
                with context.wrap_socket(plain, server_hostname=NAME) as secure:
                    spoken = secure.version() is not None
            except ssl.SSLError as refusal:
                spoken = False
                check("PROTOCOL_VERSION" in str(refusal).upper(), f"{version.name}: {refusal}")
        equal(spoken, taken, version.name)


@test
def peers_that_never_read_cost_bounded_memory(lab):
    authority, _ = start(lab, log=UNTRACED)
    cost = MemoryCost(lab.border)
    deaf = [TlsClient(PHONE, ACCESS, authority, NAME) for _ in range(3)]

    def chatter(client, _):
        client.send(client.request("OPTIONS", f"sip:{ACCESS}", replace=LONG_NAME))

    with TlsClient(PHONE2, ACCESS, authority, NAME) as other:
        cost.flood(deaf, chatter, lambda: check(other.ask("OPTIONS", f"sip:{ACCESS}", seconds=15) is not None,
                                                "another phone gets no answer"))
    cost.judge(len(deaf))


@test
def handshakes_that_never_end_are_ended(lab):
    start(lab)
    silent = socket.create_connection((ACCESS, 5061), timeout=20)
    half = socket.create_connection((ACCESS, 5061), timeout=20)
    half.sendall(b"\x16\x03\x01\x01\x00\x01")
    for stuck in (silent, half):
        try:
            data = stuck.recv(100)
        except ConnectionError:
            data = b""
        equal(data, b"", "what a half-open handshake got")
    equal(lab.border.sbc_metrics().total("parapet_transport_drops_total", reason="tls_handshake_slow"), 2, "counted")


@test
def a_phone_on_tls_and_one_on_udp_hear_each_other(lab):
    # baresip 1.0 knows no other digest.
    start(lab, more_access={"registrar": {"algorithms": ["MD5"]}})
    namespace.speak_as(PHONE, ACCESS)
    alice = lab.keep(Phone(lab.directory, "alice", 440, PHONE, 5062, transport="tls"))
    bob = lab.keep(Phone(lab.directory, "bob", 1000, PHONE, 5064))
    for phone in (alice, bob):
        phone.wait_registered()
    equal(lab.border.sbc_metrics().total("parapet_tls_connections_open"), 1, "TLS connections")
    for caller, callee, over in ((alice, bob, ";transport=tls"), (bob, alice, "")):
        caller.command("dial", f"sip:{callee.name}@{ACCESS}{over}")
        for phone in (alice, bob):
            phone.wait("CALL_ESTABLISHED")
        time.sleep(2.6)  # and another second: baresip names its recordings by the time
        caller.command("hangup")
        for phone in (alice, bob):
            phone.wait("CALL_CLOSED")
        time.sleep(0.3)
    equal(lab.border.sbc_metrics().total("parapet_tls_connections_open"), 1, "TLS connections, after alice was called")
    for phone in (alice, bob):
        phone.stop()
    for listener, speaker in ((alice, bob), (bob, alice)):
        recordings = listener.heard()
        equal(len(recordings), 2, f"calls that {listener.name} has recorded")
        for call, samples in zip(("first", "second"), recordings):
            heard = seconds_of([samples], speaker.tone)
            check(heard >= 1.5, f"{listener.name} heard {speaker.name} for {heard:.1f} s only in the {call} call")


if __name__ == "__main__":
    main()
