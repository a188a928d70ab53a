#!/usr/bin/env python3
"""Requests outside of calls, subscriptions, and bodies that carry identifiers."""

from harness import check, equal, eventually, main, test
from harness.border import OWN_POLICIES
from harness.client import Client
from harness.flow_ua import FlowUa, TcpClient
from harness.lab import ACCESS, CARRIER, CARRIER2, CORE, PHONE, PHONE2
from harness.tls import Authority, TlsClient
from harness.ua import Dialog
from harness.web import WebClient

OUTSIDE = {"policy": {"file": str(OWN_POLICIES / "outside.lua")}}
NUMBER = "sip:1000@example.org"


def start(lab, more=None):
    lab.start({**OUTSIDE, **(more or {})})
    return lab.ua(PHONE, "alice"), lab.ua(CARRIER, "carrier")


def hides(message, *secrets):
    for secret in secrets:
        check(secret not in message.text, f"{secret} has crossed the border:\n{message.text}")


def ask(ua, method, uri=NUMBER, **named):
    return Dialog(ua, uri).send(method, **named)


@test
def a_message_from_phone_to_phone_with_the_shipped_policy(lab):
    lab.start()
    lab.register("bob", PHONE2)
    alice, bob = lab.ua(PHONE, "alice"), lab.ua(PHONE2, "bob")
    sent = ask(alice, "MESSAGE", "sip:bob@example.org", body="lunch?", content_type="text/plain")
    message = bob.request("MESSAGE")
    equal(message.message.body, "lunch?", "text")
    hides(message.message, PHONE)
    message.reply(200)
    hides(sent.response(200), PHONE2)
    ask(alice, "MESSAGE", "sip:nobody@example.org", body="x", content_type="text/plain").response(404)


@test
def strangers_are_refused_as_for_calls(lab):
    lab.start()
    with Client(PHONE2, ACCESS) as stranger:
        equal(stranger.ask("MESSAGE", "sip:alice@example.org", user="mallory").status, 407, "MESSAGE of a stranger")
        equal(stranger.ask("PUBLISH", "sip:alice@example.org", user="mallory").status, 405, "PUBLISH")
        equal(stranger.ask("FROBNICATE", "sip:alice@example.org", user="mallory").status, 501, "unknown method")
        equal(stranger.ask("INFO", "sip:alice@example.org", user="mallory").status, 481, "INFO outside of a call")


@test
def a_message_to_the_trunk_and_one_back(lab):
    alice, carrier = start(lab)
    sent = ask(alice, "MESSAGE", body="hello", content_type="text/plain")
    message = carrier.request("MESSAGE")
    hides(message.message, PHONE, ACCESS)
    message.reply(202)
    sent.response(202)
    back = ask(carrier, "MESSAGE", f"sip:alice@{CORE}", body="hello yourself", content_type="text/plain")
    alice.request("MESSAGE").reply(200)
    hides(back.response(200), PHONE)
    eventually(lambda: lab.border.sbc_metrics().total("parapet_exchanges_total", method="MESSAGE", result="accepted") == 2,
               "two messages in the metrics", 5)


@test
def a_message_goes_to_the_next_target_after_503_and_silence(lab):
    alice, carrier = start(lab, {"trunk": {"carrier": {"targets": [f"{CARRIER}:5060", f"{CARRIER2}:5060"]}}})
    second = lab.ua(CARRIER2, "second")
    sent = ask(alice, "MESSAGE", body="one", content_type="text/plain")
    carrier.request("MESSAGE").reply(503)
    second.request("MESSAGE").reply(200)
    sent.response(200)
    sent = ask(alice, "MESSAGE", body="two", content_type="text/plain")
    carrier.request("MESSAGE")
    second.request("MESSAGE").reply(200)
    sent.response(200)


@test
def nobody_answers_and_the_border_sends_no_408(lab):  # RFC 4320
    alice, carrier = start(lab)
    ask(alice, "MESSAGE", body="x", content_type="text/plain")
    carrier.request("MESSAGE")
    answer = alice.maybe(lambda m: m.is_response() and m.status >= 200, 4.5)
    check(answer is None, f"an answer came: {answer and answer.start}")


@test
def publish_and_unknown_methods_cross_where_the_policy_says_so(lab):
    alice, carrier = start(lab)
    sent = ask(alice, "PUBLISH", headers=["Event: presence", "Expires: 60"],
               body=f'<presence entity="sip:alice@{PHONE}"><note>here</note></presence>',
               content_type="application/pidf+xml")
    publish = carrier.request("PUBLISH")
    hides(publish.message, PHONE)
    check("<note>here</note>" in publish.message.body, publish.message.body)
    publish.reply(200, headers=["SIP-ETag: tag1", "Expires: 60"])
    equal(sent.response(200).header("sip-etag"), "tag1", "SIP-ETag")
    sent = ask(alice, "FROBNICATE")
    carrier.request("FROBNICATE").reply(200)
    sent.response(200)


DIALOG_INFO = """<?xml version="1.0"?>
<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="{version}" state="full" entity="sip:1000@{host}">
<dialog id="{call_id}" call-id="{call_id}" local-tag="{local}" remote-tag="{remote}" direction="recipient">
<state>early</state><remote><identity>sip:secret@{host}</identity><target uri="sip:secret@{host}:5060"/></remote>
</dialog></dialog-info>"""


@test
def a_busy_lamp_across_the_border(lab):  # trap 78
    # The call and the subscription are hardly ever of the same one.
    alice, carrier = start(lab, {"process": {"shards": 4}})
    call = alice.invite(NUMBER)
    invite = carrier.request("INVITE")
    invite.reply(180)
    call.response(180)

    watch = Dialog(alice, NUMBER)
    sent = watch.send("SUBSCRIBE", headers=["Event: dialog", "Expires: 60", "Accept: application/dialog-info+xml"])
    subscribe = carrier.request("SUBSCRIBE")
    hides(subscribe.message, PHONE)
    watched = subscribe.dialog()

    def notify(version, state, **ids):
        body = DIALOG_INFO.format(version=version, host=CARRIER, **ids)
        return watched.send("NOTIFY", body=body, content_type="application/dialog-info+xml",
                            headers=["Event: dialog", f"Subscription-State: {state}"])

    # The NOTIFY comes before the 200, and speaks of the call that rings.
    ours = invite.header("from").split("tag=")[1]
    first = notify(0, "active;expires=60", call_id=invite.header("call-id"), local=invite.tag, remote=ours)
    told = alice.request("NOTIFY")
    hides(told.message, CARRIER, invite.header("call-id"), ours)
    check(f'call-id="{call.call_id}"' in told.message.body, told.message.body)
    check(call.tags[0] in told.message.body, "the caller's own tag is not in the body")
    told.reply(200)
    first.response(200)
    subscribe.reply(200, headers=["Expires: 60"])
    answer = sent.response(200)
    equal(answer.header("to").split("tag=")[1], told.header("from").split("tag=")[1], "tag of the subscription")
    watch.adopt(answer)

    # A call that did not cross the border has no names on this side.
    second = notify(1, "active;expires=50", call_id="inner@10.77.2.99", local="secret1", remote="secret2")
    told = alice.request("NOTIFY")
    hides(told.message, "10.77.2.99", "secret1", "secret2")
    told.reply(200)
    second.response(200)

    refresh = watch.send("SUBSCRIBE", headers=["Event: dialog", "Expires: 0"])
    carrier.request("SUBSCRIBE").reply(200, headers=["Expires: 0"])
    refresh.response(200)
    last = notify(2, "terminated;reason=timeout", call_id="x", local="y", remote="z")
    alice.request("NOTIFY").reply(200)
    last.response(200)
    call.cancel()
    carrier.request("CANCEL").reply(200)
    invite.reply(487)
    call.response(487)
    call.ack(status=487)


@test
def packages_that_are_not_allowed_get_489(lab):
    alice, carrier = start(lab, {"subscriptions": {"events": ["presence"]}})
    answer = ask(alice, "SUBSCRIBE", headers=["Event: dialog", "Expires: 60"]).response(489)
    equal(answer.header("allow-events"), "presence", "Allow-Events")
    carrier.nothing(lambda m: m.is_request("SUBSCRIBE"))


@test
def without_a_word_of_the_policy_nobody_subscribes(lab):
    lab.start()
    alice = lab.ua(PHONE, "alice")
    ask(alice, "SUBSCRIBE", headers=["Event: dialog", "Expires: 60"]).response(405)


def sipfrag(dialog, line, state):
    """A NOTIFY about a REFER."""
    return dialog.send("NOTIFY", body=f"{line}\r\nContact: <sip:secret@{dialog.ua.at}>\r\n",
                       content_type="message/sipfrag;version=2.0",
                       headers=["Event: refer", f"Subscription-State: {state}"])


def told_of(ua, *secrets):
    """The first line of the next report, and its state."""
    notify = ua.request("NOTIFY")
    hides(notify.message, *secrets)
    equal(notify.header("event"), "refer", "Event")
    notify.reply(200)
    return notify.body.split("\r\n")[0], notify.header("subscription-state")


@test
def click_to_dial_reaches_the_phone_and_reports_come_back(lab):  # traps 77, 78; RFC 3515 4.1
    alice, server = start(lab)
    click = Dialog(server, f"sip:alice@{CORE}")
    sent = click.send("REFER", headers=[f"Refer-To: <sip:1000@{CARRIER}:5070>", f"Referred-By: <sip:desk@{CARRIER}>"])
    refer = alice.request("REFER")
    hides(refer.message, CARRIER, click.call_id)
    equal(refer.header("refer-to").split("@")[0], "<sip:1000", "Refer-To")
    equal(refer.header("referred-by").split("@")[0], "<sip:desk", "Referred-By")
    phone = refer.dialog()
    # The report comes before the answer.
    first = sipfrag(phone, "SIP/2.0 100 Trying", "active;expires=60")
    equal(told_of(server, PHONE), ("SIP/2.0 100 Trying", "active;expires=60"), "the first report")
    first.response(200)
    refer.reply(202)
    answer = sent.response(200)
    hides(answer, PHONE)
    click.adopt(answer)
    # The phone calls whom it was told to call.
    call = alice.invite(NUMBER)
    invite = server.request("INVITE")
    invite.reply(200, sdp=server.sdp())
    call.response(200)
    call.ack()
    more = click.send("SUBSCRIBE", headers=["Event: refer", "Expires: 120"])
    alice.request("SUBSCRIBE").reply(200, headers=["Expires: 120"])
    equal(more.response(200).header("expires"), "120", "Expires")
    last = sipfrag(phone, "SIP/2.0 200 Fine with me", "terminated;reason=noresource")
    equal(told_of(server, PHONE), ("SIP/2.0 200 OK", "terminated;reason=noresource"), "the last report")
    last.response(200)
    bye = call.send("BYE")
    server.request("BYE").reply(200)
    bye.response(200)
    metrics = lab.border.sbc_metrics
    eventually(lambda: metrics().total("parapet_exchanges_total", method="REFER", result="accepted") == 1, "a REFER", 5)
    equal(metrics().total("parapet_leaks_total"), 0, "leaks")


@test
def a_refer_without_reports_when_both_sides_want_none(lab):  # RFC 4488
    alice, server = start(lab)
    for granted in (True, False):
        sent = ask(server, "REFER", f"sip:alice@{CORE}", headers=["Refer-To: <sip:1000@example.org>", "Refer-Sub: false"])
        refer = alice.request("REFER")
        equal(refer.header("refer-sub"), "false", "Refer-Sub")
        refer.reply(200, headers=["Refer-Sub: false"] if granted else [])
        equal(sent.response(200).header("refer-sub"), "false" if granted else "", "Refer-Sub of the answer")
        told = sipfrag(refer.dialog(), "SIP/2.0 200 OK", "terminated;reason=noresource")
        if granted:
            told.response(481)
        else:
            told_of(server, PHONE)
            told.response(200)


@test
def a_refer_that_cannot_be_is_refused(lab):  # RFC 3515 2.4.2, 2.4.4
    _, server = start(lab)
    uri = f"sip:alice@{CORE}"
    equal(ask(server, "REFER", uri).response(400).status, 400, "no Refer-To")
    ask(server, "REFER", uri, headers=["Refer-To: <sip:a@x.example>, <sip:b@x.example>"]).response(400)
    ask(server, "REFER", uri, headers=["Refer-To: <http://x.example/>"]).response(416)
    ask(server, "REFER", uri, headers=["Refer-To: <sip:a@x.example?Replaces=n%3Bto-tag%3Da%3Bfrom-tag%3Db>"]).response(481)
    ask(server, "REFER", uri, headers=["Refer-To: <sip:a@x.example>", "Require: explicitsub"]).response(420)
    ask(server, "SUBSCRIBE", uri, headers=["Event: refer", "Expires: 60"]).response(403)


def subscription(subscriber, notifier, uri, package, *secrets):
    """A subscription from its SUBSCRIBE to its last NOTIFY; what crosses has none of the secrets."""
    watch = Dialog(subscriber, uri)
    sent = watch.send("SUBSCRIBE", headers=[f"Event: {package};id=3", "Expires: 60"])
    subscribe = notifier.request("SUBSCRIBE")
    hides(subscribe.message, *secrets)
    subscribe.reply(202, headers=["Expires: 60"])
    watch.adopt(sent.response(202))
    watched = subscribe.dialog()
    for state in ("pending;expires=60", "active;expires=59"):
        told = watched.send("NOTIFY", headers=[f"Event: {package}", f"Subscription-State: {state}"])
        notify = subscriber.request("NOTIFY")
        equal(notify.header("subscription-state"), state, "Subscription-State")
        equal(notify.header("event"), f"{package};id=3", "Event")
        notify.reply(200)
        told.response(200)
    refresh = watch.send("SUBSCRIBE", headers=[f"Event: {package};id=3", "Expires: 40"])
    notifier.request("SUBSCRIBE").reply(200, headers=["Expires: 30"])
    equal(refresh.response(200).header("expires"), "30", "Expires")
    over = watch.send("SUBSCRIBE", headers=[f"Event: {package};id=3", "Expires: 0"])
    notifier.request("SUBSCRIBE").reply(200, headers=["Expires: 0"])
    over.response(200)
    told = watched.send("NOTIFY", headers=[f"Event: {package}", "Subscription-State: terminated;reason=timeout"])
    last = subscriber.request("NOTIFY")
    equal(last.header("subscription-state"), "terminated;reason=timeout", "Subscription-State")
    last.reply(200)
    told.response(200)


@test
def both_ways_over_every_transport(lab):
    authority = Authority(lab.directory)
    pair = authority.issue("border", f"DNS:sbc.example.org,IP:{ACCESS}")
    plain = [{"transport": t, "bind": f"{ACCESS}:5060"} for t in ("udp", "tcp")]
    secure = [{"transport": t, "bind": f"{ACCESS}:{p}", **pair} for t, p in (("tls", 5061), ("wss", 8443))]
    listeners = [*plain, *secure, {"transport": "ws", "bind": f"{ACCESS}:8080"}]
    lab.start({**OUTSIDE, "realm": {"access": {"listener": listeners}}}, register=False)
    carrier = lab.ua(CARRIER, "carrier")

    def phones():
        lab.register("alice", PHONE)
        yield "udp", lab.ua(PHONE, "alice")
        for transport, client in (("tcp", TcpClient(PHONE, ACCESS)),
                                  ("tls", TlsClient(PHONE, ACCESS, authority, "sbc.example.org")),
                                  ("ws", WebClient(PHONE, ACCESS, 8080)),
                                  ("wss", WebClient(PHONE, ACCESS, 8443, authority, "sbc.example.org"))):
            phone = FlowUa(lab, client, "alice", transport)
            equal(phone.register().status, 200, f"REGISTER over {transport}")
            yield transport, phone
            # The next phone is alice's only one.
            client.register("alice", contact=phone.contact, expires=0)
            phone.kill()

    for transport, alice in phones():
        if transport == "udp":
            secrets = (PHONE, ACCESS)
        else:
            secrets = (PHONE, ACCESS, alice.host)
        for one, two, uri, method, hidden in ((alice, carrier, NUMBER, "MESSAGE", secrets),
                                              (carrier, alice, f"sip:alice@{CORE}", "MESSAGE", (CARRIER, CORE)),
                                              (alice, carrier, NUMBER, "OPTIONS", secrets),
                                              (carrier, alice, f"sip:alice@{CORE}", "OPTIONS", (CARRIER, CORE)),
                                              (alice, carrier, NUMBER, "FROBNICATE", secrets)):
            body = "hello" if method == "MESSAGE" else ""
            sent = ask(one, method, uri, body=body, content_type="text/plain")
            asked = two.request(method)
            hides(asked.message, *hidden)
            equal(asked.body, body, f"{method} over {transport}")
            asked.reply(200, headers=["Allow: INVITE, SECRET", "Server: secret"])
            hides(sent.response(200), "ecret")
        subscription(alice, carrier, NUMBER, "presence", *secrets)
        subscription(carrier, alice, f"sip:alice@{CORE}", "message-summary", CARRIER, CORE)
        if transport == "udp":
            with Client(PHONE, ACCESS, 5071) as client:
                client.register("alice", contact=f"<sip:alice@{PHONE}:5060>", expires=0)
    eventually(lambda: lab.border.sbc_metrics().total("parapet_subscription_events_total", event="started") == 10,
               "ten subscriptions in the metrics")
    eventually(lambda: lab.border.sbc_metrics().total("parapet_subscriptions") == 0, "no subscription is left", 6)


@test
def a_trunk_that_challenges_gets_its_account(lab):
    account = {"trunk": {"carrier": {"username": "us", "password": "of-the-border"}}}
    alice, carrier = start(lab, account)
    sent = ask(alice, "MESSAGE", body="hello", content_type="text/plain")
    first = carrier.request("MESSAGE")
    first.reply(407, headers=['Proxy-Authenticate: Digest realm="c", nonce="n1", algorithm=SHA-256, qop="auth"'])
    second = carrier.request("MESSAGE")
    check('username="us"' in second.header("proxy-authorization"), second.message.text)
    equal(second.header("call-id"), first.header("call-id"), "Call-ID")
    second.reply(200)
    hides(sent.response(200), "nonce")


@test
def a_forked_subscription_is_two_dialogs(lab):
    alice, carrier = start(lab)
    watch = Dialog(alice, NUMBER)
    sent = watch.send("SUBSCRIBE", headers=["Event: presence", "Expires: 60"])
    subscribe = carrier.request("SUBSCRIBE")
    forks = [subscribe.dialog(tag=f"fork{i}") for i in range(2)]
    tags = set()
    for fork in forks:
        told = fork.send("NOTIFY", headers=["Event: presence", "Subscription-State: active;expires=60"])
        notify = alice.request("NOTIFY")
        tags.add(notify.header("from").split("tag=")[1])
        notify.reply(200)
        told.response(200)
    equal(len(tags), 2, "dialogs of the subscriber")
    subscribe.reply(200, headers=["Expires: 60"], tag="fork1")
    watch.adopt(sent.response(200))
    check(watch.tags[1] in tags, "the 200 has a tag of its own")
    # A subscriber that wants one of them only.
    told = forks[1].send("NOTIFY", headers=["Event: presence", "Subscription-State: active;expires=59"])
    alice.request("NOTIFY").reply(481)
    told.response(481)
    told = forks[0].send("NOTIFY", headers=["Event: presence", "Subscription-State: terminated;reason=noresource"])
    alice.request("NOTIFY").reply(200)
    told.response(200)
    eventually(lambda: lab.border.sbc_metrics().total("parapet_subscriptions") == 0, "no subscription is left", 6)


@test
def loops_copies_and_requirements_are_refused(lab):
    alice, carrier = start(lab)
    request = Dialog(alice, NUMBER)
    sent = request.send("MESSAGE", body="x", content_type="text/plain")
    message = carrier.request("MESSAGE")
    # The same request over another way.
    copy = sent.text.replace(sent.branch, "z9hG4bKanother")
    alice.send_text(copy)
    sent.response(482)
    message.reply(200)
    sent.response(200)
    sent = Dialog(alice, NUMBER).send("MESSAGE", headers=["Require: teleport, 100rel"])
    equal(sent.response(420).header("unsupported"), "teleport", "Unsupported")
    with Client(PHONE2, ACCESS) as tired:
        answer = tired.ask("MESSAGE", NUMBER, replace={"Max-Forwards": "0"})
        equal(answer.status, 483, "Max-Forwards")
    carrier.nothing(lambda m: m.is_request("MESSAGE"))


if __name__ == "__main__":
    main()
