"""What the scenario needs beside kubectl: a repository and a second opinion.

On the real node that is an S3 server and an independent kopia, outside the
cluster and with a configuration of its own, and a hand on the node's programs. On the simulator, where pods only
pretend, it is the simulator's record of its storage. The scenario knows
neither; it gets one of the two from `world()`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request

import kube

FETCH = ("import os, sys, urllib.request as u; "
         "asked = u.Request(sys.argv[1], "
         "headers={'Authorization': 'Bearer ' + os.environ['TOKEN']}); "
         "print(u.urlopen(asked, timeout=60).read().decode())")
HASH = "volsync.backube/repository-hash"
PASSWORD = "correct horse battery staple"
MOVER = 1000  # the user of maintenance pods
FULL = "snapshot-gc"  # kopia's record of it stands for a full run
HERE = os.path.dirname(os.path.realpath(__file__))
NODE = os.path.join(HERE, "node")
PROGRAM = os.path.join(HERE, "../../build/release/holystone")


class RealWorld:
    """versitygw and kopia, as `node up` exports them."""

    is_real = True

    def __init__(self, cluster):
        self.cluster = cluster
        self.folder = tempfile.TemporaryDirectory(prefix="kopia-")
        self.frozen = set()
        # Good for longer than a story lasts.
        self.token = cluster.run("create", "token", "reader", "-n",
                                 "volsync-system", "--duration=4h").strip()

    def freeze(self, program):
        """Stops a program of the node where it stands."""
        subprocess.run([NODE, "freeze", program], check=True)
        self.frozen.add(program)

    def thaw(self, program):
        subprocess.run([NODE, "thaw", program], check=True)
        self.frozen.discard(program)

    def hold(self, _):
        """From now on runs last until they are let go."""
        self.freeze("versitygw")

    def hurry(self, _):
        """A real run takes what it takes."""

    def let_go(self):
        for program in sorted(self.frozen):
            self.thaw(program)

    def inspect(self, path):
        """What the operator answers about its insides; {} while it can't."""
        return json.loads(self.fetch(8081, path) or "{}")

    def metrics(self):
        """What a Prometheus reads from the operator's pod."""
        return self.fetch(8080, "/metrics")

    def logs(self):
        """All that our programs have logged, in the operator's pod and in
        those of maintenance."""
        return "".join(self.cluster.run(
            "logs", "-n", "volsync-system", "-l", label, "--all-containers",
            "--tail=-1")
            for label in ("app.kubernetes.io/name=volsync",
                          "volsync.backube/kopia-maintenance=true"))

    def command(self, *arguments):
        """What our program says to a user, on either stream."""
        return command([os.environ["ENTER"], PROGRAM], arguments)

    def credential(self):
        """What nobody may ever read but the server."""
        return os.environ["S3_SECRET_KEY"]

    def fetch(self, port, path):
        pods = [p for p in self.cluster.list(
            "pods", "-n", "volsync-system", "-l",
            "app.kubernetes.io/name=volsync",
            "--field-selector=status.phase=Running")
                if "deletionTimestamp" not in p["metadata"]]
        if not pods or "podIP" not in pods[0]["status"]:
            return ""
        done = subprocess.run(
            [os.environ["ENTER"], sys.executable, "-c", FETCH,
             f'http://{pods[0]["status"]["podIP"]}:{port}{path}'], text=True,
            env=dict(os.environ, TOKEN=self.token),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        return done.stdout if done.returncode == 0 else ""

    def kopia(self, bucket, *arguments):
        folder = os.path.join(self.folder.name, bucket)
        os.makedirs(folder, exist_ok=True)
        environment = dict(os.environ, KOPIA_PASSWORD=PASSWORD, HOME=folder,
                           KOPIA_CHECK_FOR_UPDATES="false")
        done = subprocess.run(
            [os.environ["ENTER"], os.environ["KOPIA"], *arguments,
             "--config-file", f"{folder}/repository.config",
             "--log-dir", f"{folder}/log"],
            env=environment, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise kube.Failed(f"kopia {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def create_repository(self, bucket, prefix, user, host):
        """As a backup of the fork leaves it: owned by whoever came first."""
        os.makedirs(os.path.join(os.environ["S3_DIRECTORY"], bucket),
                    exist_ok=True)
        self.kopia(
            bucket, "repository", "create", "s3", "--bucket", bucket,
            "--prefix", prefix + "/", "--endpoint", os.environ["S3_ENDPOINT"],
            "--access-key", os.environ["S3_ACCESS_KEY"],
            "--secret-access-key", os.environ["S3_SECRET_KEY"],
            "--disable-tls", "--override-username", user,
            "--override-hostname", host, "--cache-directory",
            os.path.join(self.folder.name, bucket, "cache"))

    def create_disk(self, name):
        """A repository in a directory of the node; where that is."""
        folder = os.path.join(os.path.dirname(os.environ["S3_DIRECTORY"]),
                              name + "-disk")
        self.kopia(name, "repository", "create", "filesystem", "--path",
                   folder, "--override-username", "data",
                   "--override-hostname", name, "--cache-directory",
                   os.path.join(self.folder.name, name, "cache"))
        for place, folders, files in os.walk(folder):
            for one in [place] + [os.path.join(place, f) for f in files]:
                os.chown(one, MOVER, MOVER)
        # The node has a /tmp of its own; it sees its state there.
        return os.path.join("/run/node", name + "-disk")

    def create_folder(self, name):
        """An empty directory of the node for maintenance pods."""
        folder = os.path.join(os.path.dirname(os.environ["S3_DIRECTORY"]),
                              name + "-disk")
        os.makedirs(folder, exist_ok=True)
        os.chown(folder, MOVER, MOVER)
        return os.path.join("/run/node", name + "-disk")

    def bind(self, namespace, claim):
        """The controller manager does that."""

    def secret(self, bucket, prefix, scheme="http"):
        """The keys of a user's repository Secret."""
        endpoint = os.environ["S3_ENDPOINT" if scheme == "http"
                              else "S3_TLS_ENDPOINT"]
        return {
            "KOPIA_REPOSITORY": f"s3://{bucket}/{prefix}",
            "KOPIA_PASSWORD": PASSWORD,
            "AWS_ACCESS_KEY_ID": os.environ["S3_ACCESS_KEY"],
            "AWS_SECRET_ACCESS_KEY": os.environ["S3_SECRET_KEY"],
            "AWS_S3_ENDPOINT": f"{scheme}://{endpoint}",
        }

    def authority(self):
        """The certificate that the S3 server's own is signed with."""
        with open(os.environ["S3_CA"], encoding="ascii") as file:
            return file.read()

    def stranger(self):
        """A certificate that has signed nothing."""
        name = os.path.join(self.folder.name, "stranger")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
             "/CN=stranger", "-keyout", name + ".key", "-out", name + ".crt"],
            check=True, stderr=subprocess.DEVNULL)
        with open(name + ".crt", encoding="ascii") as file:
            return file.read()

    def maintenance(self, bucket):
        """Owner, and for each task when it succeeded, oldest first."""
        info = json.loads(self.kopia(bucket, "maintenance", "info", "--json"))
        return info["owner"], {
            task: sorted(run["end"] for run in runs if run["success"])
            for task, runs in (info["schedule"].get("runs") or {}).items()}


class SimulatedWorld:
    """The simulator's storage; its pods keep run records as kopia would."""

    is_real = False
    SHORT = 3
    # How long a run lasts at which somebody looks, and how many looks it must
    # outlast on a slow machine.
    LONG, LOOKS = 60, 200

    def __init__(self, cluster):
        self.cluster = cluster
        self.held = set()

    def hold(self, repository):
        """From now on its runs last long enough to look at them."""
        began = time.monotonic()
        self.cluster.now()
        look = time.monotonic() - began
        self.held.add(repository)
        self.set_duration(repository, min(max(self.LONG, self.LOOKS * look),
                                          kube.PATIENCE_SECONDS * 2 // 3))

    def let_go(self):
        for repository in self.held:
            self.set_duration(repository, self.SHORT)

    def hurry(self, repository):
        """From now on its runs take as long as they must."""
        self.set_duration(repository, self.SHORT)

    def set_duration(self, repository, seconds):
        self.cluster.run(
            "create", "--raw", "/simulator/repositories", "-f", "-",
            given=json.dumps({"hash": repository,
                              "durationSeconds": int(seconds)}))

    def create_repository(self, bucket, prefix, user, host):
        """Needs nothing: the first connection finds an empty repository."""

    def create_disk(self, name):
        return "/" + name

    create_folder = create_disk

    def bind(self, namespace, claim):
        """The simulator knows PersistentVolumes only as objects."""
        self.cluster.run("patch", "pvc", claim, "-n", namespace,
                         "--subresource=status", "--type=merge", "-p",
                         '{"status":{"phase":"Bound"}}')

    def secret(self, bucket, prefix, scheme="http"):
        return {
            "KOPIA_REPOSITORY": f"s3://{bucket}/{prefix}",
            "KOPIA_PASSWORD": PASSWORD,
            "AWS_ACCESS_KEY_ID": "simulated",
            "AWS_SECRET_ACCESS_KEY": self.credential(),
            "AWS_S3_ENDPOINT": f"{scheme}://s3.example:9000",
        }

    def authority(self):
        """Nobody looks at it here."""
        return "-----BEGIN CERTIFICATE-----"

    def maintenance(self, bucket):
        """What the pods of the bucket's repository said when they ended."""
        hashes = [kube.label(c, HASH)
                  for c in self.cluster.list("cronjobs", "-A")
                  if bucket in kube.annotation(c, "volsync.backube/location")]
        owner, ends = "", {}
        for pod in self.cluster.list("pods", "-A", "-l",
                                     f"{HASH} in ({','.join(hashes)})"):
            for status in pod.get("status", {}).get("containerStatuses", []):
                message = status["state"].get("terminated", {}).get("message")
                if message:
                    report = json.loads(message)
                    owner = report["owner"]
                    for run in report["runs"]:
                        if run["success"]:
                            ends.setdefault(run["task"], []).append(run["end"])
        return owner, {task: sorted(when) for task, when in ends.items()}

    def metrics(self):
        """The same from the operator that runs beside the cluster."""
        return fetch(os.environ["HOLYSTONE_METRICS"])

    def inspect(self, path):
        return json.loads(fetch(os.environ["HOLYSTONE_INSPECTION"] + path))

    def logs(self):
        with open(os.environ["HOLYSTONE_LOG"], encoding="utf-8") as file:
            return file.read()

    def command(self, *arguments):
        return command([os.environ["HOLYSTONE_PROGRAM"]], arguments)

    def credential(self):
        return "a canary that nobody may hear"


def command(program, arguments):
    """All that a command prints, whether it likes what it finds or not."""
    return subprocess.run([*program, *arguments], text=True, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False).stdout


def fetch(url):
    with urllib.request.urlopen(url, timeout=60) as page:
        return page.read().decode()


def world(cluster):
    """The one that $HOLYSTONE_WORLD names: `node` (default) or `simulator`."""
    name = os.environ.get("HOLYSTONE_WORLD", "node")
    return {"node": RealWorld, "simulator": SimulatedWorld}[name](cluster)
