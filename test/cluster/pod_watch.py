"""Watches maintenance pods all the time and notices two at once.

A pod counts from its creation until its phase says that it ended, so what is
checked is stricter than "two containers running". The watch delivers changes
in the order in which the API server stored them; no interval is guessed.
"""

import json
import subprocess
import threading

import kube

LABEL = "volsync.backube/kopia-maintenance=true"
REPOSITORY = "volsync.backube/repository-hash"


class PodWatch:
    """A `kubectl get --watch` in the background; use it with `with`."""

    def __init__(self):
        self.alive = {}
        self.seen = {}
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
        self.process.wait(timeout=10)
        self.thread.join(timeout=10)

    def read(self):
        # kubectl writes compact JSON here: every line is one event.
        for line in self.process.stdout:
            event = json.loads(line)
            self.take(event["type"], event["object"])

    def take(self, what, pod):
        name = f'{pod["metadata"]["namespace"]}/{pod["metadata"]["name"]}'
        repository = kube.label(pod, REPOSITORY)
        ended = pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
        self.seen[name] = pod
        group = self.alive.setdefault(repository, set())
        if ended or what == "DELETED":
            group.discard(name)
        else:
            group.add(name)
        if len(group) > 1:
            self.overlaps.append(f"{repository}: {' and '.join(sorted(group))}")

    def check(self, cluster):
        """The promise itself; call it at any time."""
        if self.process.poll() is not None:
            raise kube.Failed("the watch on pods ended, so nobody can say "
                              "whether two ran at once")
        cluster.holds(f"never two pods of one repository at once "
                      f"({len(self.seen)} pods seen)", not self.overlaps,
                      self.overlaps)
