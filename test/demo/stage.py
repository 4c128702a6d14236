"""The two programs of the demo and the way to talk to the cluster.

Starts holystone-sim on a free port, then the real operator against it, both
as children that end with this process; speaks plain HTTP to the simulated API
server, so that the demo needs neither kubectl nor any Go-built tool.
"""

import datetime
import http.client
import json
import os
import queue
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
PATHS = {
    "Namespace": "/api/v1/namespaces",
    "Secret": "/api/v1/namespaces/{}/secrets",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "Event": "/api/v1/namespaces/{}/events",
    "Pod": "/api/v1/namespaces/{}/pods",
    "Job": "/apis/batch/v1/namespaces/{}/jobs",
    "CronJob": "/apis/batch/v1/namespaces/{}/cronjobs",
    "ReplicationSource":
        "/apis/volsync.backube/v1alpha1/namespaces/{}/replicationsources",
}
READY_SECONDS = 60


class Broken(Exception):
    """The demo can't go on; the text says why."""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class Stage:
    """holystone-sim and the operator; use it with `with`."""

    def __init__(self, programs, start, scale):
        self.programs = programs
        self.start = start
        self.scale = scale
        self.folder = tempfile.TemporaryDirectory(prefix="holystone-demo-")
        self.kubeconfig = os.path.join(self.folder.name, "kubeconfig")
        self.log = os.path.join(self.folder.name, "operator.log")
        self.events = queue.Queue()
        self.children = []
        self.url = ""
        self.inspection = ""

    def __enter__(self):
        try:
            self.start_cluster()
            self.start_operator()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            child.terminate()
        for child in reversed(self.children):
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.folder.cleanup()

    # -- the programs ---------------------------------------------------------

    def start_cluster(self):
        with open(os.path.join(self.folder.name, "sim.log"), "wb") as log:
            cluster = subprocess.Popen(
                [os.path.join(self.programs, "holystone-sim"), "--kubeconfig",
                 self.kubeconfig, "--time-scale", str(self.scale), "--start",
                 self.start.strftime("%Y-%m-%dT%H:%M:%SZ"), "--manifest", os.path.join(ROOT, "deploy/crds"),
                 "--exit-on-stdin-close"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                text=True)
        self.children.append(cluster)
        self.url = cluster.stdout.readline().strip()
        if not self.url:
            raise Broken("holystone-sim did not start: "
                         + self.tail(os.path.join(self.folder.name, "sim.log")))

    def start_operator(self):
        self.create("Namespace", "volsync-system")
        address = f"127.0.0.1:{free_port()}"
        self.inspection = f"http://{address}"
        with open(self.log, "wb") as log:
            operator = subprocess.Popen(
                [os.path.join(self.programs, "holystone"), "operator", "--kubeconfig",
                 self.kubeconfig, "--mover-image", "local/holystone:test",
                 "--metrics-bind-address", "127.0.0.1:0",
                 "--inspection-bind-address", address],
                env=self.clock_environment(),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.children.append(operator)
        deadline = time.monotonic() + READY_SECONDS
        while not self.call("GET", "/apis/coordination.k8s.io/v1/namespaces/"
                            "volsync-system/leases")["items"]:
            self.check_programs()
            if time.monotonic() > deadline:
                raise Broken("the operator does not lead: "
                             + self.tail(self.log))
            time.sleep(0.1)

    def clock_environment(self):
        """Makes the operator's wall clock follow the cluster's.

        From outside, so that the operator needs no switch for it. The
        allocator's thread would wait until a time that has passed.
        """
        library = os.path.join(self.programs, "test/libpaced_clock.so")
        if not os.path.exists(library):
            raise Broken(f"build the target paced_clock first: no {library}")
        return dict(os.environ, TZ="UTC", LD_PRELOAD=library,
                    MALLOC_CONF="background_thread:false",
                    PACED_CLOCK=f"{self.now().timestamp()} {self.scale}")

    def check_programs(self):
        for child in self.children:
            if child.poll() is not None:
                raise Broken(f"{os.path.basename(child.args[0])} ended with "
                             f"{child.returncode}: {self.tail(self.log)}")

    @staticmethod
    def tail(path):
        with open(path, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-8:])

    # -- the cluster ----------------------------------------------------------

    def call(self, method, path, body=None, kind="application/json"):
        request = urllib.request.Request(
            self.url + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": kind})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Broken(f"{method} {path}: {error.read().decode()}") from error

    def path(self, kind, namespace, name=""):
        return PATHS[kind].format(namespace) + (f"/{name}" if name else "")

    def create(self, kind, name, namespace="", **parts):
        version = {"Job": "batch/v1",
                   "ReplicationSource": "volsync.backube/v1alpha1"}
        return self.call("POST", self.path(kind, namespace), {
            "apiVersion": version.get(kind, "v1"), "kind": kind,
            "metadata": {"name": name} | parts.pop("metadata", {}), **parts})

    def list(self, kind, namespace):
        return self.call("GET", self.path(kind, namespace))["items"]

    def patch(self, kind, namespace, name, body):
        self.call("PATCH", self.path(kind, namespace, name), body,
                  "application/merge-patch+json")

    def delete(self, kind, namespace, name):
        self.call("DELETE", self.path(kind, namespace, name))

    def now(self):
        """The cluster's own time: what it would stamp on a new object."""
        made = self.call("POST", "/api/v1/namespaces/default/configmaps"
                         "?dryRun=All", {"apiVersion": "v1",
                                         "kind": "ConfigMap",
                                         "metadata": {"name": "clock"}})
        return instant(made["metadata"]["creationTimestamp"])

    def steer(self, location, **wish):
        """Makes a simulated repository slow or sick."""
        self.call("POST", "/simulator/repositories", {"hash": location} | wish)

    def watch(self, kind):
        """Puts every change of a kind, in any namespace, into `events`."""
        path = PATHS[kind].replace("/namespaces/{}", "")
        host = self.url.removeprefix("http://")

        def read():
            try:
                connection = http.client.HTTPConnection(host)
                connection.request("GET", path + "?watch=1")
                for line in connection.getresponse():
                    event = json.loads(line)
                    self.events.put((kind, event["type"], event["object"]))
            except (OSError, http.client.HTTPException, ValueError):
                pass  # the cluster has ended

        threading.Thread(target=read, daemon=True).start()
