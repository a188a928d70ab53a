#!/usr/bin/env python3
"""Any bytes on any socket: both processes live on, something was counted, and what can be answered is answered."""

import random
import socket

from harness import check, equal, eventually, main, test
from harness.border import ACCESS, CORE
from harness.client import Client, token
from harness.lab import PHONE, PHONE2

SDP = "v=0\r\no=- 1 1 IN IP4 10.77.1.20\r\ns=-\r\nc=IN IP4 10.77.1.20\r\nt=0 0\r\nm=audio 7000 RTP/AVP 0\r\n"


def stranger():
    return Client(PHONE2, ACCESS)


def still_works(lab):
    lab.border.alive()
    lab.call("caller", "callee")


@test
def noise_over_udp(lab):
    lab.start()
    rng = random.Random(2543)
    with stranger() as client:
        good = client.request("OPTIONS", f"sip:{ACCESS}").encode()
        for size in (0, 1, 2, 3, 11, 12, 100, 1400, 9000, 65000):
            client.send(rng.randbytes(size))
        for text in ("\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "SIP/2.0 200 OK\r\n\r\n", "INVITE sip:x SIP/2.0\r\n\r\n",
                     "\0" * 500, "INVITE " + "x" * 60000, "SIP/2.0 100 Trying\r\nVia: \r\n\r\n"):
            client.send(text)
        for _ in range(500):
            damaged = bytearray(good)
            for _ in range(rng.randint(1, 8)):
                damaged[rng.randrange(len(damaged))] = rng.randrange(256)
            client.send(bytes(damaged[:rng.randint(1, len(damaged))] if rng.random() < 0.3 else damaged))
        while client.receive(0.3) is not None:
            pass
    check(lab.border.sbc_metrics().total("parapet_rejects_total", reason="malformed") > 0, "nothing was counted")
    still_works(lab)


@test
def noise_over_tcp(lab):
    lab.start()
    rng = random.Random(3261)
    for data in (rng.randbytes(5000), b"\r\n" * 4000, b"INVITE sip:x SIP/2.0\r\n" + b"a" * 200000,
                 b"OPTIONS sip:x SIP/2.0\r\nContent-Length: 99999999\r\n\r\n", b"X" * 100000,
                 b"OPTIONS sip:x SIP/2.0\r\nContent-Length: -1\r\n\r\n"):
        with socket.create_connection((ACCESS, 5060), timeout=2) as connection:
            connection.settimeout(2)
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
            except OSError:  # the border may close before this side has said everything (shutdown then gives ENOTCONN)
                pass
    still_works(lab)


@test
def noise_on_the_relays_control_socket_and_media_ports(lab):
    lab.start()
    rng = random.Random(3550)
    for size in (1, 4, 5, 100, 70000):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            control.connect(str(lab.directory / "relay.sock"))
            try:
                control.sendall(rng.randbytes(size))
            except OSError:
                pass
    callee = lab.callee("callee")
    caller = lab.caller("caller", talk=500)
    offer = lab.capture.wait(lambda m: m.is_request("INVITE"), "INVITE", source=CORE)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media:
        media.bind(("10.77.2.10", 7000))
        for port in (offer.media()[1], offer.media()[1] + 1):
            for size in (0, 1, 4, 12, 13, 172, 1500, 60000):
                media.sendto(rng.randbytes(size), (CORE, port))
    caller.done()
    callee.done()
    still_works(lab)


@test
def bad_requests_are_answered_with_what_is_wrong(lab):
    lab.start()
    # What is changed, and the answer: its status and a word that names the header at fault.
    cases = [
        ({"Max-Forwards": "0"}, 483, None),
        ({"Require": "teleportation"}, 420, ("unsupported", "teleportation")),
        ({"CSeq": "abc INVITE"}, None, None),
        ({"CSeq": "1 OPTIONS"}, 400, ("warning", "CSeq")),
        ({"Max-Forwards": "many"}, 400, ("warning", "Max-Forwards")),
        ({"To": "<sip:broken@@>>"}, None, None),
        ({"From": None}, None, None),
        ({"Content-Type": "text/plain"}, 415, None),
        ({"Contact": None}, 400, ("warning", "Contact")),
    ]
    wrong = []
    with stranger() as client:
        client.register("bob")
        for replace, status, wanted in cases:
            call_id = token()
            client.send(client.request("INVITE", f"sip:1000@{ACCESS}", user="bob", call_id=call_id, body=SDP,
                                       replace={"Content-Type": "application/sdp", **replace}))
            answer = client.final(call_id, 1.5)
            got = answer.status if answer else None
            if got != status and not (status is None and (got is None or 400 <= got < 500)):
                wrong.append(f"{replace}: {got} instead of {status}")
            elif wanted and wanted[1] not in answer.header(wanted[0]):
                wrong.append(f"{replace}: no {wanted[1]} in {wanted[0]}: {answer.header(wanted[0])!r}")
            elif answer and answer.is_response(None, "INVITE"):
                acknowledge(client, answer)
    check(not wrong, "\n".join(wrong))
    still_works(lab)


@test
def start_lines_and_sizes_are_answered_by_their_codes(lab):
    lab.start()
    cases = [
        ("a scheme that is no telephony", "http://example.org/", "SIP/2.0", SDP, 416),
        ("a Request-URI without end", f"sip:{'1' * 5000}@{ACCESS}", "SIP/2.0", SDP, 414),
        ("a body without end", f"sip:1000@{ACCESS}", "SIP/2.0", SDP + "a=filler\r\n" * 5000, 413),
        ("another version of SIP", f"sip:1000@{ACCESS}", "SIP/3.0", SDP, 505),
    ]
    wrong = []
    with stranger() as client:
        client.register("bob")
        for what, uri, version, body, status in cases:
            call_id = token()
            request = client.request("INVITE", uri, user="bob", call_id=call_id, body=body,
                                     replace={"Content-Type": "application/sdp"})
            client.send(request.replace("SIP/2.0\r\n", version + "\r\n", 1))
            answer = client.final(call_id, 1.5)
            if answer is None or answer.status != status:
                wrong.append(f"{what}: {answer and answer.status} instead of {status}")
            elif answer.is_response(None, "INVITE"):
                acknowledge(client, answer)
    check(not wrong, "\n".join(wrong))
    still_works(lab)


def acknowledge(client, answer):
    """ACK to a final response, on its branch."""
    client.send(client.request("ACK", f"sip:1000@{ACCESS}", call_id=answer.header("call-id"), replace={
        "Via": answer.header("via"), "From": answer.header("from"), "To": answer.header("to"),
        "CSeq": answer.header("cseq").split()[0] + " ACK"}))


@test
def bad_bodies_are_refused(lab):
    lab.start()
    wrong = []
    with stranger() as client:
        client.register("bob")
        for body, statuses in (("this is no SDP", (400, 488)), ("v=0\r\n", (400, 488)), (SDP.replace("audio 7000", "audio x"), (400, 488)),
                               (SDP.replace("RTP/AVP", "TCP/MSRP"), (488,))):
            answer = client.ask("INVITE", f"sip:1000@{ACCESS}", user="bob", body=body,
                                replace={"Content-Type": "application/sdp"}, seconds=1.5)
            if answer is None or answer.status not in statuses:
                wrong.append(f"{body!r}: {answer and answer.status} instead of {statuses}")
            if answer:
                acknowledge(client, answer)
    check(not wrong, "\n".join(wrong))
    still_works(lab)


@test
def requests_outside_of_calls_that_are_not_served_are_refused(lab):
    lab.start()
    wrong = []
    with stranger() as client:
        for method, statuses in (("NONSENSE", (405, 501)), ("PUBLISH", (405, 501)), ("SUBSCRIBE", (405, 489, 501)), ("INFO", (405, 481)),
                                 ("BYE", (481,)), ("UPDATE", (405, 481)), ("PRACK", (405, 481)), ("REFER", (405, 501))):
            answer = client.ask(method, f"sip:1000@{ACCESS}", user="bob", seconds=1.5)
            if answer is None or answer.status not in statuses:
                wrong.append(f"{method}: {answer and answer.status} instead of {statuses}")
            elif answer.status == 405 and "INVITE" not in answer.header("allow"):
                wrong.append(f"{method}: no Allow with 405")
        # Nobody waits for an answer to these: no help for those who forge source addresses.
        for method in ("ACK", "CANCEL"):
            client.send(client.request(method, f"sip:1000@{ACCESS}"))
            equal(client.receive(0.5), None, f"answer to a stray {method}")
    check(not wrong, "\n".join(wrong))
    still_works(lab)


@test
def an_unknown_method_inside_a_call_does_not_harm_it(lab):
    lab.start()
    for status, method in ((501, "NONSENSE"), (200, "OPTIONS")):
        lab.call("caller_asks", "callee", {"method": method, "status": status})


@test
def a_wrong_digest_is_refused(lab):
    lab.start()
    with stranger() as client:
        for algorithm in ("MD5", "SHA-256"):
            answer = client.register("bob", password="guess", algorithm=algorithm)
            equal(answer and answer.status, 401, f"answer to a wrong password with {algorithm}")
        equal(lab.border.sbc_metrics().total("parapet_sbc_bindings"), 1, "bindings")


@test
def digest_works_with_every_algorithm_offered(lab):
    lab.start()
    with stranger() as client:
        for algorithm in ("SHA-256", "MD5"):
            answer = client.register("bob", algorithm=algorithm)
            equal(answer and answer.status, 200, f"answer with {algorithm}")
            check(PHONE2 in answer.header("contact"), f"Contact: {answer.header('contact')}")
        equal(lab.border.sbc_metrics().total("parapet_sbc_bindings"), 2, "bindings")


@test
def scanners_hear_nothing(lab):
    lab.start()
    with stranger() as client:
        for method in ("OPTIONS", "INVITE", "REGISTER"):
            client.send(client.request(method, f"sip:100@{ACCESS}", headers=["User-Agent: friendly-scanner"]))
        equal(client.receive(1.0), None, "answer to a scanner")
    eventually(lambda: lab.border.sbc_metrics().total("parapet_rejects_total", reason="policy") >= 3, "it is counted")
    still_works(lab)


if __name__ == "__main__":
    main()
