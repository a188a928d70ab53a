"""The scan for tokens of one side of the border that appear on the other.

A token is whatever a peer, or the border toward that peer, chose: tags, branches, Call-IDs, sequence numbers, addresses,
product names, and the origin of the SDP. What the callee is meant to see (user names, dialled numbers, codecs, text of
Subject) is no token.
"""

import re

ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.I)
TAG = re.compile(r";\s*tag=([^;,\s>]+)")
BRANCH = re.compile(r";\s*branch=([^;,\s]+)")
URI = re.compile(r"<?sips?:([^>;\s]+)")

# Words that every peer uses; equal on both sides without having crossed.
COMMON = {"INVITE", "SIP/2.0/UDP", "SIP/2.0/TCP", "-", "0", "1", "alice", "bob", "example.org"}


def tokens(message):
    """{token: where it stands} of one message."""
    found = {}

    def add(token, where):
        if token and token not in COMMON:
            found.setdefault(token, where)

    for name, value in message.fields:
        for address in ADDRESS.findall(value):
            add(address, f"address in {name}")
        if name in ("from", "to"):
            for tag in TAG.findall(value):
                add(tag, f"tag in {name}")
        elif name == "via":
            for branch in BRANCH.findall(value):
                add(branch, "branch")
        elif name == "call-id":
            add(value, "Call-ID")
            add(value.partition("@")[0], "Call-ID without host") if len(value.partition("@")[0]) > 7 else None
        elif name == "contact":
            for user_and_host in URI.findall(value):
                add(user_and_host.partition("@")[0], "user of Contact")
        elif name in ("user-agent", "server", "organization", "record-route", "route"):
            add(value, name)
    for line in message.body.splitlines():
        if line.startswith("o=") and len(line.split()) == 6:
            user, session, version, _, _, address = line[2:].split()
            add(user, "user of o=")
            add(session, "session of o=")
            add(version, "version of o=") if len(version) > 3 else None
            add(address, "address of o=")
        elif line.startswith("s="):
            add(line[2:].strip(), "s=") if len(line) > 4 else None
        for address in ADDRESS.findall(line):
            add(address, "address in SDP")
    for address in ADDRESS.findall(message.start):
        add(address, "address in the first line")
    return found


def contains(text, token):
    """As a word: 12 is not in 512, 10.77.1.1 not in 10.77.1.10."""
    return re.search(r"(?<![\w.-])" + re.escape(token) + r"(?![\w-]|\.\d)", text) is not None


def sequence_numbers(messages):
    """CSeq numbers; small ones are chosen by every peer and tell nothing."""
    return {int(m.header("cseq").split()[0]) for m in messages if m.header("cseq")} - set(range(100))


def leaks(left, right):
    """Texts, one for each token of either list of messages that stands in the other."""
    found = []
    for one, other, direction in ((left, right, "left to right"), (right, left, "right to left")):
        own = {}
        for message in one:
            for token, where in tokens(message).items():
                own.setdefault(token, f"{where} of {message.start!r}")
        text = "\n".join(m.text for m in other)
        found += [f"{direction}: {token!r}, {where}" for token, where in own.items() if contains(text, token)]
    shared = sequence_numbers(left) & sequence_numbers(right)
    found += [f"both: CSeq {number}" for number in sorted(shared)]
    return found
