"""kubectl as a few Python calls, and waiting that says what it waits for.

Everything goes through the stock kubectl in $KUBECTL, because that is what
users have; nothing here knows whether a real API server or the simulator
answers. Waiting polls inside a deadline and never just sleeps.
"""

import datetime
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
KUBECTL = os.environ.get("KUBECTL", "kubectl")
POLL_SECONDS = 0.5
# For what must come: enough for a machine that is slow and busy.
PATIENCE_SECONDS = 300


class Failed(Exception):
    """A check that did not hold, or a wait that ran out of time."""


class Kube:
    """One cluster, reached by $KUBECTL."""

    def __init__(self):
        self.began = time.monotonic()
        self.checks = 0

    # -- asking and telling ---------------------------------------------------

    def run(self, *arguments, given=None, check=True):
        done = subprocess.run([KUBECTL, *arguments], input=given, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False)
        if check and done.returncode != 0:
            raise Failed(f"kubectl {' '.join(arguments)}: "
                         f"{done.stderr.strip()}")
        return done.stdout

    def get(self, *arguments):
        """One object; None when it is missing."""
        text = self.run("get", *arguments, "-o", "json", "--ignore-not-found")
        return json.loads(text) if text.strip() else None

    def list(self, *arguments):
        """All objects of a kind, or of several."""
        return json.loads(self.run("get", *arguments, "-o", "json"))["items"]

    def apply(self, *objects):
        self.run("apply", "--server-side", "--field-manager=scenario", "-f",
                 "-", given="\n".join(json.dumps(o) for o in objects))

    def now(self):
        """The API server's own time, to the second."""
        text = self.run("create", "configmap", "clock", "--dry-run=server",
                        "-o", "jsonpath={.metadata.creationTimestamp}")
        return instant(text)

    # -- checking and waiting -------------------------------------------------

    def say(self, text):
        print(f"[{time.monotonic() - self.began:6.1f} s] {text}", flush=True)

    def holds(self, what, claim, seen=None):
        if not claim:
            raise Failed(f"not so: {what}" +
                         ("" if seen is None else f"; it is: {seen}"))
        self.checks += 1
        self.say(f"ok: {what}")

    def equal(self, what, is_now, wanted):
        self.holds(f"{what} is {wanted!r}", is_now == wanted, repr(is_now))

    def eventually(self, what, look):
        """Polls `look` until it gives something true, and returns that."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            found = look()
            if found:
                self.checks += 1
                self.say(f"ok: {what}")
                return found
            if time.monotonic() > deadline:
                raise Failed(f"not within {PATIENCE_SECONDS} s: {what}")
            time.sleep(POLL_SECONDS)

    def never(self, what, look, seconds):
        """Watches for some seconds that `look` stays false."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = look()
            if found:
                raise Failed(f"happened, though it must not: {what}: {found}")
            time.sleep(POLL_SECONDS)
        self.checks += 1
        self.say(f"ok: for {seconds} s never: {what}")

    def until(self, moment, what):
        """Waits for an instant on the cluster's own clock."""
        left = (moment - self.now()).total_seconds()
        self.say(f"waiting {max(left, 0):.0f} s for {what}")
        deadline = time.monotonic() + left + PATIENCE_SECONDS
        while self.now() < moment:
            if time.monotonic() > deadline:
                raise Failed(f"the cluster's clock did not reach {moment}")
            time.sleep(POLL_SECONDS)

    # -- when something went wrong --------------------------------------------

    def explain(self, namespaces):
        """Prints what a developer would ask for first."""
        print("--- state of the cluster", file=sys.stderr, flush=True)
        for arguments in (
                ("get", "replicationsources,cronjobs,jobs,pods,leases", "-A",
                 "-o", "wide"),
                ("get", "secrets", "-A", "--show-labels"),
                ("get", "events", "-A", "--sort-by=.lastTimestamp"),
                ("get", "replicationsources", "-A", "-o", "yaml"),
                *(("get", "cronjobs,jobs,leases", "-n", n, "-o", "yaml")
                  for n in namespaces)):
            print(f"\n$ kubectl {' '.join(arguments)}", file=sys.stderr)
            subprocess.run([KUBECTL, *arguments], stdout=sys.stderr,
                           check=False)


def instant(text):
    """An RFC 3339 time stamp as a datetime."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def annotation(thing, name):
    return thing["metadata"].get("annotations", {}).get(name, "")


def label(thing, name):
    return thing["metadata"].get("labels", {}).get(name, "")


def condition(thing, kind):
    """A condition of the status by its type; {} when there is none."""
    conditions = thing.get("status", {}).get("conditions", [])
    return next((c for c in conditions if c["type"] == kind), {})
