"""Who asked the API server for what, and when: its audit log, read as it grows.

The server itself is the witness, so that no count depends on what a client
says of itself. `node up --audit` makes the log; lines come when a request is
answered, a watch has one line when it opens and one when it ends.
"""

import collections
import datetime
import json

WRITES = {"create", "update", "patch", "delete", "deletecollection"}

Request = collections.namedtuple(
    "Request", "began ended verb resource namespace name code agent stage")


def instant(text):
    return datetime.datetime.fromisoformat(
        text.replace("Z", "+00:00")).timestamp()


def to_request(line):
    event = json.loads(line)
    about = event.get("objectRef", {})
    resource = about.get("resource", "")
    if about.get("subresource"):
        resource += "/" + about["subresource"]
    return Request(
        instant(event["requestReceivedTimestamp"]),
        instant(event["stageTimestamp"]), event["verb"], resource,
        about.get("namespace", ""), about.get("name", ""),
        event.get("responseStatus", {}).get("code", 0),
        event.get("userAgent", ""), event["stage"])


def is_write(request):
    return request.verb in WRITES


def is_lease(request):
    return request.resource == "leases"


def is_done(request):
    return 200 <= request.code < 300


def summary(requests):
    """`{"create secrets": 1000, ...}`, the most frequent first."""
    counted = collections.Counter(
        f"{r.verb} {r.resource}" + ("" if is_done(r) else f" ({r.code})")
        for r in requests)
    return dict(counted.most_common())


class AuditLog:
    """The operator's requests; those of other programs are left out."""

    AGENT = "holystone"

    def __init__(self, path):
        self.file = open(path, encoding="utf-8")
        self.rest = ""
        self.requests = []

    def read(self):
        """Takes in what was written since the last call."""
        text = self.rest + self.file.read()
        *lines, self.rest = text.split("\n")
        for line in lines:
            request = to_request(line)
            # A watch counts when it opens, anything else when it is answered.
            counts = (request.stage == "ResponseStarted"
                      if request.verb == "watch"
                      else request.stage == "ResponseComplete")
            if request.agent == self.AGENT and counts:
                self.requests.append(request)

    def since(self, began, until=float("inf")):
        self.read()
        return [r for r in self.requests if began <= r.began < until]
