"""The page about CronJobs of ReplicationSources: its examples, its commands.

Part of `seed_pages`; the examples are those of test/data/examples/embedded.yaml,
parts of a manifest stand here.
"""

import copy
import re

import kube
from seed_lines import NO_DEPLOYMENT, Line
from story import OPERATOR, finished

ALL = "-n volsync-system -l volsync.backube/kopia-maintenance=true"
LINES = {
    "conflicts": Line(
        f"kubectl get cronjobs {ALL} -o jsonpath='"
        r"{range .items[*]}{.metadata.name}: {.metadata.annotations."
        r"""volsync\.backube/schedule-conflict}{"\n"}{end}'"""),
    "cron jobs": Line(f"kubectl get cronjobs {ALL}"),
    "cron jobs with namespaces": Line(
        f"kubectl get cronjobs {ALL} -o "
        "'custom-columns=NAME:.metadata.name,SCHEDULE:.spec.schedule,"
        r"NAMESPACES:.metadata.labels.volsync\.backube/source-namespaces'",
        changed="quoted here: on the page the shell takes the backslash away, "
                "and kubectl finds no label of that name"),
    "hash": Line(
        "kubectl get cronjob kopia-maintenance-<hash> -n volsync-system -o "
        r"jsonpath='{.metadata.labels.volsync\.backube/repository-hash}'"),
    "jobs": Line(f"kubectl get jobs {ALL}"),
    "log of a job": Line("kubectl logs -n volsync-system "
                         "job/kopia-maintenance-<hash>-<timestamp>"),
    "cron jobs by hash": Line(
        f"kubectl get cronjobs {ALL} -o jsonpath='"
        r"{range .items[*]}{.metadata.labels.volsync\.backube/repository-hash}"
        r"""{"\n"}{end}' | sort | uniq -c"""),
    "copies": Line(
        'kubectl get secrets -n volsync-system | grep "^maintenance-"'),
    "source of a copy": Line(
        "kubectl get secret maintenance-myapp-kopia-config -n volsync-system "
        r"-o jsonpath='{.metadata.labels.volsync\.backube/source-namespace}'"),
    "describe": Line("kubectl describe replicationsource -n <namespace> "
                     "<name>"),
    "version": Line(
        "kubectl get deployment -n volsync-system volsync -o "
        "jsonpath='{.spec.template.spec.containers[0].image}'", NO_DEPLOYMENT),
    "log": Line("kubectl logs -n volsync-system deployment/volsync",
                NO_DEPLOYMENT),
    "log of a failed job": Line(
        "kubectl logs job/volsync-maintenance-<hash>-<timestamp>",
        nowhere="the page has two names for one Job; it is called "
                "kopia-maintenance-<hash>-<timestamp>, as \"log of a job\" "
                "shows, and no version made the other"),
    "secret": Line("kubectl get secret kopia-config"),
    "old cron jobs": Line(
        "kubectl get cronjobs --all-namespaces "
        "-l volsync.backube/maintenance-cronjob=true | grep -v volsync-system"),
    "delete an old cron job": Line(
        "kubectl delete cronjob -n <old-namespace> <old-cronjob-name>"),
    "schedule": Line(
        "kubectl get cronjob -n volsync-system kopia-maintenance-<hash> "
        "-o jsonpath='{.spec.schedule}'"),
    "conflict": Line(
        "kubectl get cronjob -n volsync-system kopia-maintenance-<hash> "
        r"-o jsonpath='{.metadata.annotations.volsync\.backube/"
        "schedule-conflict}'"),
    "source secret": Line(
        "kubectl get secret -n <source-namespace> <secret-name>"),
    "copied secret": Line("kubectl get secret -n volsync-system "
                          "maintenance-<namespace>-<secret-name>"),
    "resync": Line(
        "kubectl annotate replicationsource -n <namespace> <name> "
        'volsync.backube/resync="$(date)" --overwrite'),
}

NAMESPACES = ("myapp", "namespace-a", "namespace-b", "production",
              "old-namespace")
USUAL = {"requests": {"cpu": "100m", "memory": "256Mi"},
         "limits": {"cpu": "500m", "memory": "512Mi"}}
# What the page shows of a maintenanceCronJob alone.
PARTS = {
    "daily": {"schedule": "0 2 * * *"},
    "weekly": {"schedule": "0 3 * * 0"},
    "with more of everything": {
        "schedule": "0 1 * * 0",
        "resources": {"requests": {"cpu": "500m", "memory": "1Gi"},
                      "limits": {"cpu": "2", "memory": "4Gi"}}},
    "with more memory": {
        "resources": {"requests": {"memory": "512Mi"},
                      "limits": {"memory": "2Gi"}}},
    "in quiet hours": {"schedule": "0 1 * * 0"},
}


def resources(cron_job):
    pod = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return pod["containers"][0]["resources"]


def prepare(story, namespace, secret, bucket, host):
    """A repository, owned by whoever came first, and the Secret for it."""
    story.world.create_repository(bucket, "backups", *host)
    story.make_namespace(namespace)
    story.apply_data("Secret", namespace, secret,
                     story.world.secret(bucket, "backups"))


def apply(story, thing, namespace="myapp"):
    story.cluster.run("apply", "-n", namespace, "-f", "-",
                      given=kube.json.dumps(thing))


def has(story, what, schedule, wanted=None, limits=(3, 1)):
    """The only CronJob is as the manifest wants it."""

    def look():
        found = story.cron_jobs()
        if len(found) != 1:
            return None
        spec = found[0]["spec"]
        return spec["schedule"] == schedule and found[0]

    cron_job = story.cluster.eventually(
        f"{what}: one CronJob, {schedule!r}", look)
    story.cluster.eventually(
        "with its resources",
        lambda: (now := look()) and resources(now) == (wanted or USUAL))
    spec = look()["spec"]
    story.cluster.equal("its limits and whether it is suspended",
                        (spec["successfulJobsHistoryLimit"],
                         spec["failedJobsHistoryLimit"], spec["suspend"]),
                        (*limits, False))
    return cron_job


def one_source(story, examples):
    """Each manifest of one source, and each part, after the one before."""
    c = story.cluster
    prepare(story, "myapp", "kopia-config", "myapp-bucket",
            ("mydata-backup", "myapp"))
    basic, complete, old, new = examples[:4]
    apply(story, basic)
    has(story, "the basic example", "0 3 * * *")
    c.equal("CronJobs in the source's namespace",
            c.list("cronjobs", "-n", "myapp"), [])
    apply(story, complete)
    has(story, "all settings", "0 2 * * *")
    apply(story, old)
    has(story, "maintenanceIntervalDays alone", "0 2 * * *")
    c.eventually("the old field has a warning", lambda: [
        e for e in c.list("events", "-n", "myapp") if e["type"] == "Warning"
        and "maintenanceIntervalDays" in e.get("message", "")])
    both = copy.deepcopy(new)
    both["spec"]["kopia"]["maintenanceIntervalDays"] = 30
    apply(story, both)
    has(story, "both", "0 2 * * 0")
    apply(story, new)
    has(story, "maintenanceCronJob instead", "0 2 * * 0")
    for name, part in PARTS.items():
        apply(story, with_part(basic, part))
        has(story, f"maintenance {name}", part.get("schedule", "0 2 * * *"),
            part.get("resources"))
    apply(story, with_part(basic, {"enabled": False}))
    c.eventually("disabled maintenance has no CronJob",
                 lambda: not story.cron_jobs())
    c.eventually("and no copy of the Secret", lambda: not story.copies())


def with_part(thing, part):
    thing = copy.deepcopy(thing)
    thing["spec"]["kopia"]["maintenanceCronJob"] = part
    return thing


def staggered(story, examples):
    """Two repositories, an hour apart."""
    c = story.cluster
    apply(story, with_part(examples[0], {"schedule": "0 2 * * *"}))
    prepare(story, "production", "prod-backup-config", "prod-bucket",
            ("app-backup", "production"))
    other = with_part(examples[7], {"schedule": "0 3 * * *"})
    apply(story, other, "production")
    c.eventually("two repositories have two CronJobs", lambda:
                 story.schedules() == ["0 2 * * *", "0 3 * * *"])
    c.run("delete", "replicationsource", "app-backup", "-n", "production")
    c.eventually("one repository is left",
                 lambda: story.schedules() == ["0 2 * * *"])


def shared(story, lines, examples):
    """Two namespaces, one repository, and the commands that look at it."""
    c = story.cluster
    prepare(story, "namespace-a", "shared-kopia-secret", "pages-shared-bucket",
            ("app-a-backup", "namespace-a"))
    story.make_namespace("namespace-b")
    story.apply_data("Secret", "namespace-b", "shared-kopia-secret",
                     story.world.secret("pages-shared-bucket", "backups"))
    apply(story, examples[4], "namespace-a")
    c.eventually("the first of two has a CronJob",
                 lambda: len(story.cron_jobs()) == 2)
    apply(story, examples[5], "namespace-b")
    said = ("Schedule '0 3 * * *' requested by ReplicationSource "
            "namespace-b/app-b-backup (rejected - first-wins strategy)")
    c.eventually("the conflict is listed",
                 lambda: said in lines.run("conflicts"))
    found = next(j for j in story.cron_jobs() if kube.annotation(
        j, "volsync.backube/schedule-conflict"))
    its_hash = kube.label(found, "volsync.backube/repository-hash")
    c.equal("its conflict", lines.run("conflict", hash=its_hash),
            said)
    c.equal("its schedule", lines.run("schedule", hash=its_hash),
            "0 2 * * *")
    c.equal("its hash", lines.run("hash", hash=its_hash),
            its_hash)
    c.holds("the list has a CronJob for each repository", len(lines.run(
        "cron jobs").splitlines()) == 3)
    listed = lines.run("cron jobs with namespaces")
    c.holds("both namespaces are listed", re.search(
        rf"(?m)^kopia-maintenance-{its_hash} +0 2 \* \* \* +"
        "namespace-a_namespace-b$", listed), listed)
    counts = lines.run("cron jobs by hash").split()
    c.equal("how often each hash is there", counts[::2], ["1", "1"])
    for namespace in ("namespace-a", "namespace-b"):
        c.run("delete", "replicationsource", "--all", "-n", namespace)
    c.eventually("the shared repository is gone",
                 lambda: len(story.cron_jobs()) == 1)


def copies(story, lines):
    c = story.cluster
    c.holds("the copies are listed", "maintenance-myapp-kopia-config"
            in lines.run("copies"))
    c.equal("whose copy it is", lines.run("source of a copy"),
            "myapp")
    c.holds("the source is there", "kopia-config" in lines.run(
        "source secret", source_namespace="myapp",
        secret_name="kopia-config"))
    c.holds("the copy is there", "maintenance-myapp-kopia-config"
            in lines.run("copied secret", namespace="myapp",
                         secret_name="kopia-config"))
    c.run("config", "set-context", "--current", "--namespace=myapp")
    c.holds("the Secret is there", "kopia-config" in lines.run(
        "secret"))
    c.run("config", "set-context", "--current", "--namespace=default")
    lines.run("resync", namespace="myapp", name="mydata-backup")
    wanted = c.get("secret", "kopia-config", "-n", "myapp")["data"]
    c.eventually("after a resync the copy is as the source is", lambda:
                 story.copies()["myapp"]["data"] == wanted)


def runs(story, lines):
    """A run by hand, and what the page looks at afterwards."""
    c = story.cluster
    [cron_job] = story.cron_jobs()
    its_hash = kube.label(cron_job, "volsync.backube/repository-hash")
    story.world.hurry(its_hash)
    name = f"kopia-maintenance-{its_hash}-29000000"
    story.make_job(name, cron_job["metadata"]["name"])
    c.eventually("the Job is complete", lambda: (
        job := c.get("job", name, "-n", OPERATOR)) and finished(job))
    c.holds("it is listed", name in lines.run("jobs"))
    c.holds("its log can be read", lines.run(
        "log of a job", hash=its_hash, timestamp="29000000"))
    c.eventually("the source tells when it was", lambda: "Last Maintenance"
                 in lines.run("describe", namespace="myapp",
                              name="mydata-backup"))
    if lines.can("version"):
        c.holds("the version is told", "holystone"
                in lines.run("version"))
        c.holds("copies are audited in the operator's log", re.search(
            '"secret copy".*"source":"myapp/kopia-config"', lines.run("log")))


def old_ones(story, lines):
    c = story.cluster
    story.make_namespace("old-namespace")
    c.run("create", "cronjob", "old", "-n", "old-namespace", "--image=none",
          "--schedule=0 0 29 2 *")
    lines.run("delete an old cron job",
              old_namespace="old-namespace", old_cronjob_name="old")
    c.equal("old CronJobs", lines.run("old cron jobs",
                                      fails=True), "")


def tell(story, lines, examples):
    one_source(story, examples)
    staggered(story, examples)
    shared(story, lines, examples)
    copies(story, lines)
    runs(story, lines)
    old_ones(story, lines)
    story.cluster.run("delete", "replicationsource", "--all", "-n", "myapp")
    story.cluster.eventually("nothing is left",
                             lambda: not story.cron_jobs())
