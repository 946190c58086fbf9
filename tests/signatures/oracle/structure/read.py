"""Says of each message what parts Python's email package sees in it.

Reads from standard input, for each message, its length in a line and then its bytes. Answers each with a line of
JSON: a list of [depth, media type, number of parts inside or null, content in base64 or null].
"""

import base64
import email
import json
import sys


def main():
    while line := sys.stdin.buffer.readline():
        raw = sys.stdin.buffer.read(int(line))
        nodes = []
        walk(email.message_from_bytes(raw), 0, nodes)
        sys.stdout.write(json.dumps(nodes) + "\n")
        sys.stdout.flush()


def walk(part, depth, nodes):
    media = part.get_content_type()
    inside = part.get_payload() if part.is_multipart() else []
    is_encoded = str(part.get("Content-Transfer-Encoding", "")).strip().lower() in ("base64", "quoted-printable")
    if media.startswith("message/") and inside and (media != "message/rfc822" or is_encoded):
        # It has read the content as a message in any case, and can no longer say which bytes it was.
        nodes.append([depth, media, None, None])
        return
    if inside or media.startswith("multipart/"):
        nodes.append([depth, media, len(inside), None])
        for child in inside:
            walk(child, depth + 1, nodes)
        return
    content = part.get_payload(decode=True)
    nodes.append([depth, media, None, base64.b64encode(content).decode()])


main()
