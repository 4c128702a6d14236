"""What a story knows of the cluster while it goes on: looking and acting.

Shared by `scenario` and `admission`; neither checks nor waits, and knows no
more of the world than `world.py` offers. `play` runs one to its end.
"""

import base64
import datetime
import json
import re
import sys
import traceback

import kube
import pod_watch
import world as worlds

OPERATOR = "volsync-system"
SECRET = "kopia-config"
CRON_JOBS = ("cronjobs", "-n", OPERATOR, "-l", pod_watch.LABEL)
COPY = "volsync.backube/source-namespace"
# Objects that come and go with a restart, kinds whose do by themselves.
OURSELVES = ("pod/volsync-", "replicaset.apps/volsync-")
RESTLESS = {"events", "events.events.k8s.io", "endpoints",
            "endpointslices.discovery.k8s.io", "pods.metrics.k8s.io"}


def minutes(moment, after):
    return (moment.replace(second=0, microsecond=0)
            + datetime.timedelta(minutes=after))


def daily(moment):
    return f"{moment.minute} {moment.hour} * * *"


def finished(job):
    return (kube.condition(job, "Complete").get("status") == "True"
            or kube.condition(job, "Failed").get("status") == "True")


class Story:
    """What is known while the story goes on."""

    def __init__(self):
        self.cluster = kube.Kube()
        self.world = worlds.world(self.cluster)
        self.pods = None
        self.cron_job = ""
        self.before = None

    # -- looking --------------------------------------------------------------

    def source(self, namespace):
        return self.cluster.get("replicationsource", "data", "-n", namespace)

    def cron_jobs(self):
        return self.cluster.list(*CRON_JOBS)

    def shared(self):
        return self.cluster.get("cronjob", self.cron_job, "-n", OPERATOR)

    def jobs(self):
        return self.cluster.list("jobs", "-n", OPERATOR, "-l", pod_watch.LABEL)

    def copies(self):
        found = self.cluster.list("secrets", "-n", OPERATOR, "-l", COPY)
        return {kube.label(s, COPY): s for s in found}

    def schedules(self):
        return sorted(c["spec"]["schedule"] for c in self.cron_jobs())

    def inventory(self):
        """Names of all that lies in the operator's namespace."""
        kinds = self.cluster.run("api-resources", "--namespaced",
                                 "--verbs=list", "-o", "name").split()
        names = set()
        for kind in set(kinds) - RESTLESS:
            names.update(self.cluster.run(
                "get", kind, "-n", OPERATOR, "-o", "name").split())
        return {n for n in names if not n.startswith(OURSELVES)}

    def ready(self, namespace):
        return kube.condition(self.source(namespace), "MaintenanceReady")

    def status(self, namespace):
        return self.source(namespace).get("status", {}).get("kopia", {})

    def told(self):
        """All that is written where others can read it, but for Secrets."""
        kinds = self.cluster.run("api-resources", "--verbs=list", "-o",
                                 "name").split()
        for kind in sorted(set(kinds) - {"secrets"}):
            yield kind, self.cluster.run(
                "get", kind, "-A", "-o", "json", "--show-managed-fields")
        yield "logs", self.world.logs()
        yield "/metrics", self.world.metrics()
        pages = ["/v1/actors", "/v1/repositories", "/readyz"]
        commands = [("doctor", "-o", "json"), ("doctor",),
                    ("get", "-o", "json"), ("get",)]
        for cron_job in self.cron_jobs():
            which = kube.label(cron_job, worlds.HASH)
            pages.append(f"/v1/repositories/{which}")
            commands.append(("get", "repository", which))
        for source in self.cluster.list("replicationsources", "-A"):
            its = source["metadata"]
            where = f"replicationsource/{its['namespace']}/{its['name']}"
            pages.append(f"/v1/why/{where}")
            commands.append(("why", where))
        for page in pages:
            yield page, json.dumps(self.world.inspect(page))
        for command in commands:
            yield " ".join(command), self.world.command(*command)

    def sum(self, name, **labels):
        """The sum of a metric's samples that have these labels; None when
        there are none."""
        values = []
        for line in self.world.metrics().splitlines():
            sample = re.fullmatch(
                rf"volsync_kopia_{name}(?:{{(.*)}})? (\S+)", line)
            if sample:
                its = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"',
                                      sample[1] or ""))
                if labels.items() <= its.items():
                    values.append(float(sample[2]))
        return sum(values) if values else None

    # -- acting ---------------------------------------------------------------

    def claim(self, namespace, bucket, schedule, scheme="http", **kopia):
        """A user's namespace: the secret, and the source that names it."""
        self.make_namespace(namespace)
        self.write_secret(namespace, bucket, scheme)
        self.want(namespace, schedule, **kopia)

    def make_namespace(self, name):
        self.cluster.apply({"apiVersion": "v1", "kind": "Namespace",
                            "metadata": {"name": name}})

    def write_secret(self, namespace, bucket, scheme="http"):
        self.apply_data("Secret", namespace, SECRET,
                        self.world.secret(bucket, "backups", scheme))

    def apply_data(self, kind, namespace, name, values):
        """A Secret or a ConfigMap."""
        if kind == "Secret":
            values = {k: base64.b64encode(v.encode()).decode()
                      for k, v in values.items()}
        self.cluster.apply({
            "apiVersion": "v1", "kind": kind, "data": values,
            "metadata": {"name": name, "namespace": namespace}})

    def want(self, namespace, schedule, block=None, **kopia):
        """`block` adds to maintenanceCronJob, `kopia` to what is around it."""
        self.cluster.apply({
            "apiVersion": "volsync.backube/v1alpha1",
            "kind": "ReplicationSource",
            "metadata": {"name": "data", "namespace": namespace},
            "spec": {"sourcePVC": "data", "kopia": {
                "repository": SECRET,
                "maintenanceCronJob": {"schedule": schedule, **(block or {})},
                **kopia}}})

    def make_job(self, name, cron_job):
        self.cluster.run("create", "job", name, "-n", OPERATOR,
                         f"--from=cronjob/{cron_job}")


def play(name, namespaces, tell):
    """Tells a story from an idle cluster on; returns the exit code."""
    story = Story()
    c = story.cluster
    try:
        c.eventually("the operator leads",
                     lambda: c.list("leases", "-n", OPERATOR))
        story.before = story.inventory()
        with pod_watch.PodWatch() as story.pods:
            tell(story)
    except Exception:  # whatever it was, the cluster's state explains it
        traceback.print_exc()
        if story.before is not None:
            left = sorted(story.inventory() - story.before)
            print("made since the start:", json.dumps(left), file=sys.stderr)
        c.explain([OPERATOR])
        return 1
    finally:
        story.world.let_go()
        for namespace in namespaces:
            c.run("delete", "namespace", namespace, "--wait=false",
                  "--ignore-not-found", check=False)
    c.say(f"{name} holds: {c.checks} checks")
    return 0


def no_secret_is_told(story):
    """What the Secrets hold stands nowhere else, not even encoded."""
    c = story.cluster
    hidden = [worlds.PASSWORD, story.world.credential()]
    hidden += [base64.b64encode(h.encode()).decode() for h in hidden]

    def found_in(text):
        return any(h in text for h in hidden)

    c.holds("a search for credentials finds those in Secrets",
            found_in(c.run("get", "secrets", "-A", "-o", "json")))
    told = dict(story.told())
    c.holds("objects, logs, numbers, inspection and commands were looked at",
            {"cronjobs.batch", "pods", "logs", "/metrics", "/readyz", "get",
             "doctor"} <= set(told)
            and all(told.values()), [k for k, v in told.items() if not v])
    c.equal("what tells credentials",
            [name for name, text in told.items() if found_in(text)], [])


def all_go(story, namespaces):
    """Nobody claims anything any more, so nothing of ours is left."""
    c = story.cluster
    for namespace in namespaces:
        c.run("delete", "replicationsource", "data", "-n", namespace,
              "--ignore-not-found")
    c.eventually("no CronJob is left", lambda: not story.cron_jobs())
    c.eventually("no copy is left", lambda: not story.copies())
    c.eventually("no Lease of a repository is left", lambda: not [
        lease for lease in c.list("leases", "-n", OPERATOR)
        if lease["metadata"]["name"].startswith("kopia-repository-")])
    c.eventually("no Job or pod of maintenance is left",
                 lambda: not c.list("jobs,pods", "-n", OPERATOR, "-l",
                                    pod_watch.LABEL))
    c.eventually("no series of a repository is left", lambda: (
        text := story.world.metrics()) and "repository_hash" not in text)
    c.eventually("the operator's namespace is as it was before",
                 lambda: story.inventory() == story.before)
    story.pods.check(c)
