"""Watches maintenance pods all the time and notices two at once.

A pod with the ticket counts from its creation until the kubelet says that its
containers ended, so what is checked is stricter than "two containers running". One
without it touches no repository; such strangers are told apart. The watch delivers changes
in the order in which the API server stored them; no interval is guessed.
"""

import json
import subprocess
import threading

import kube

LABEL = "volsync.backube/kopia-maintenance=true"
REPOSITORY = "volsync.backube/repository-hash"
TICKET = "volsync.backube/admitted"
JOB = "batch.kubernetes.io/controller-uid"


def has_ended(pod):
    """The phase follows the containers' states a moment later."""
    states = [s["state"] for s in pod["status"].get("containerStatuses", [])]
    return (pod["status"].get("phase") in ("Succeeded", "Failed")
            or (states and all("terminated" in s for s in states)))


class PodWatch:
    """A `kubectl get --watch` in the background; use it with `with`."""

    def __init__(self):
        self.alive = {}
        self.seen = {}
        self.strangers = {}
        self.overlaps = []
        self.process = None
        self.thread = threading.Thread(target=self.read, daemon=True)

    def __enter__(self):
        self.process = subprocess.Popen(
            [kube.KUBECTL, "get", "pods", "-A", "-l", LABEL, "--watch",
             "--output-watch-events", "-o", "json"],
            stdout=subprocess.PIPE, text=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)
        self.thread.join(timeout=60)

    def read(self):
        # kubectl writes compact JSON here: every line is one event.
        for line in self.process.stdout:
            event = json.loads(line)
            self.take(event["type"], event["object"])

    def take(self, what, pod):
        name = f'{pod["metadata"]["namespace"]}/{pod["metadata"]["name"]}'
        repository = kube.label(pod, REPOSITORY)
        self.seen[name] = pod
        if kube.annotation(pod, TICKET) != kube.label(pod, JOB):
            self.strangers[name] = pod
            return
        group = self.alive.setdefault(repository, set())
        if has_ended(pod) or what == "DELETED":
            group.discard(name)
        else:
            group.add(name)
        if len(group) > 1:
            self.overlaps.append(f"{repository}: {' and '.join(sorted(group))}")

    def ending(self, name):
        """How a pod's container ended, in the state that was seen last."""
        statuses = self.seen[name]["status"].get("containerStatuses", [])
        return statuses[0]["state"]["terminated"]

    def check(self, cluster):
        """The promise itself; call it at any time."""
        if self.process.poll() is not None:
            raise kube.Failed("the watch on pods ended, so nobody can say "
                              "whether two ran at once")
        cluster.holds(f"never two pods of one repository at once "
                      f"({len(self.seen)} pods seen)", not self.overlaps,
                      self.overlaps)
