"""What the scenario needs beside kubectl: a repository and a second opinion.

On the real node that is an S3 server and an independent kopia, outside the
cluster and with a configuration of its own. On the simulator, where pods only
pretend, it is the simulator's record of its storage. The scenario knows
neither; it gets one of the two from `world()`.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request

import kube

FETCH = ("import sys, urllib.request as u; "
         "print(u.urlopen(sys.argv[1], timeout=20).read().decode())")
HASH = "volsync.backube/repository-hash"
PASSWORD = "correct horse battery staple"


class RealWorld:
    """versitygw and kopia, as `node up` exports them."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.folder = tempfile.TemporaryDirectory(prefix="kopia-")

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

    def secret(self, bucket, prefix):
        """The keys of a user's repository Secret."""
        return {
            "KOPIA_REPOSITORY": f"s3://{bucket}/{prefix}",
            "KOPIA_PASSWORD": PASSWORD,
            "AWS_ACCESS_KEY_ID": os.environ["S3_ACCESS_KEY"],
            "AWS_SECRET_ACCESS_KEY": os.environ["S3_SECRET_KEY"],
            "AWS_S3_ENDPOINT": f'http://{os.environ["S3_ENDPOINT"]}',
        }

    def maintenance(self, bucket):
        """Owner, and the instants at which full runs ended, oldest first."""
        info = json.loads(self.kopia(bucket, "maintenance", "info", "--json"))
        # cleanup-logs is what kopia records last in a full run.
        runs = info["schedule"].get("runs") or {}
        return info["owner"], sorted(
            run["end"] for run in runs.get("cleanup-logs", [])
            if run["success"])

    def metrics(self):
        """What a Prometheus reads from the operator's pod."""
        pod, = self.cluster.list(
            "pods", "-n", "volsync-system", "-l",
            "app.kubernetes.io/name=volsync",
            "--field-selector=status.phase=Running")
        return subprocess.run(
            [os.environ["ENTER"], sys.executable, "-c", FETCH,
             f'http://{pod["status"]["podIP"]}:8080/metrics'],
            text=True, stdout=subprocess.PIPE, check=True).stdout


class SimulatedWorld:
    """The simulator's storage; its pods keep run records as kopia would."""

    def __init__(self, cluster):
        self.cluster = cluster

    def create_repository(self, bucket, prefix, user, host):
        """Needs nothing: the first connection finds an empty repository."""

    def secret(self, bucket, prefix):
        return {
            "KOPIA_REPOSITORY": f"s3://{bucket}/{prefix}",
            "KOPIA_PASSWORD": PASSWORD,
            "AWS_ACCESS_KEY_ID": "simulated",
            "AWS_SECRET_ACCESS_KEY": "simulated",
            "AWS_S3_ENDPOINT": "http://s3.example:9000",
        }

    def maintenance(self, bucket):
        """What the pods of the bucket's repository said when they ended."""
        hashes = [kube.label(c, HASH)
                  for c in self.cluster.list("cronjobs", "-A")
                  if bucket in kube.annotation(c, "volsync.backube/location")]
        owner, ends = "", []
        for pod in self.cluster.list("pods", "-A", "-l",
                                     f"{HASH} in ({','.join(hashes)})"):
            for status in pod.get("status", {}).get("containerStatuses", []):
                message = status["state"].get("terminated", {}).get("message")
                if message:
                    report = json.loads(message)
                    owner = report["owner"]
                    ends += [r["end"] for r in report["runs"]
                             if r["task"] == "cleanup-logs" and r["success"]]
        return owner, sorted(ends)

    def metrics(self):
        """The same from the operator that runs beside the cluster."""
        with urllib.request.urlopen(os.environ["HOLYSTONE_METRICS"],
                                    timeout=20) as page:
            return page.read().decode()


def world(cluster):
    """The one that $HOLYSTONE_WORLD names: `node` (default) or `simulator`."""
    name = os.environ.get("HOLYSTONE_WORLD", "node")
    return {"node": RealWorld, "simulator": SimulatedWorld}[name](cluster)
