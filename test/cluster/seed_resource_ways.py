"""The page about KopiaMaintenance: how to get there, and the commands.

Part of `seed_pages`; the examples alone are in `seed_resource`.
"""

import copy
import json
import re

import kube
from seed_resource import (LINES, MAINTAINED, NAMESPACES, OURS, apply, each, goes,
                           has_its_cron_job, place, prepare, ready,
                           repository, status)
from story import finished

__all__ = ["LINES", "NAMESPACES", "tell"]
SECRET = "prod-backup-config"


def named(examples, namespace, name, **spec):
    """The example of this name that has these fields."""
    return next(copy.deepcopy(e) for e in examples
                if e["metadata"]["name"] == name and place(e) == namespace
                and spec.items() <= e["spec"].items())


def told_who_maintains(story, source, maintenance):
    """A source that leaves its repository to an object says so."""
    c = story.cluster
    at = ("replicationsource", source["metadata"]["name"], "-n",
          place(source))
    c.eventually("the source names the object", lambda: (
        its := c.get(*at)) and its.get("status", {}).get("kopia", {}).get(
            "kopiaMaintenance") == maintenance["metadata"]["name"])
    c.eventually("its condition is Maintained", lambda: kube.condition(
        c.get(*at), "MaintenanceReady")["reason"] == "Maintained")


def from_interval(story, sources, examples):
    """A source with maintenanceIntervalDays, then an object of its own."""
    c = story.cluster
    source = copy.deepcopy(sources[6])
    source["metadata"]["namespace"] = "same-as-replicationsource"
    wanted = named(examples, "same-as-replicationsource", "my-maintenance")
    prepare(story, wanted)
    apply(story, source)
    c.eventually("the interval has a CronJob", story.cron_jobs)
    apply(story, wanted)
    has_its_cron_job(story, wanted)
    del source["spec"]["kopia"]["maintenanceIntervalDays"]
    apply(story, source)
    told_who_maintains(story, source, wanted)
    c.eventually("one CronJob is left", lambda: not story.cron_jobs())
    c.run("delete", "replicationsource", "my-backup", "-n", place(wanted))
    goes(story, wanted)


def from_the_old_field(story, lines, examples):
    """spec.schedule, which has a warning, becomes spec.trigger."""
    c = story.cluster
    thing = named(examples, "my-app", "daily-maintenance")
    prepare(story, thing)
    apply(story, thing)
    has_its_cron_job(story, thing)
    c.eventually("the old field has a warning", lambda: [
        e for e in c.list("events", "-n", "my-app") if e["type"] == "Warning"
        and e["involvedObject"]["kind"] == "KopiaMaintenance"
        and "schedule" in e.get("message", "")])
    both = copy.deepcopy(thing)
    both["spec"]["trigger"] = {"schedule": "0 5 * * *"}
    apply(story, both)
    c.eventually("of both the new one counts", lambda: status(
        story, thing).get("schedule") == "0 5 * * *")
    apply(story, thing)
    lines.run("move the schedule", namespace="my-app",
              name="daily-maintenance")
    del thing["spec"]["schedule"]
    thing["spec"]["trigger"] = {"schedule": "0 2 * * *"}
    c.eventually("the moved one counts", lambda: status(
        story, thing).get("schedule") == "0 2 * * *")
    has_its_cron_job(story, thing)
    goes(story, thing)


def from_a_source(story, lines, sources, examples):
    """The embedded block, the object beside it, without the block."""
    c = story.cluster
    source, without = sources[7], sources[8]
    thing = named(examples, "production", "prod-maintenance",
                  schedule="0 2 * * *")
    prepare(story, thing)
    apply(story, source)
    c.eventually("the source has a CronJob in the operator's namespace",
                 story.cron_jobs)
    apply(story, thing)
    cron_job = has_its_cron_job(story, thing)
    c.holds("it is listed", cron_job["metadata"]["name"] in lines.run(
        "cron jobs of a namespace", namespace="production"))
    c.eventually("the one of the source goes", lambda: not story.cron_jobs())
    told_who_maintains(story, source, thing)
    apply(story, without)
    told_who_maintains(story, source, thing)
    c.equal("its CronJobs", story.cron_jobs(), [])
    c.run("delete", "replicationsource", "app-backup", "-n", "production")
    add_a_cache(story, lines, examples)


def add_a_cache(story, lines, examples):
    c = story.cluster
    thing = named(examples, "production", "prod-maintenance",
                  cachePVC="kopia-cache")
    at = {"namespace": "production", "pvc": "kopia-cache"}
    apply(story, thing)
    c.eventually("a claim that is missing is named", lambda: "kopia-cache"
                 in kube.condition(c.get("kopiamaintenance",
                                         "prod-maintenance", "-n",
                                         "production"),
                                   "Ready").get("message", ""))
    prepare(story, thing)
    ready(story, thing, "MaintenanceActive")
    c.eventually("the CronJob has the cache", lambda: [
        j for j in c.list("cronjobs", "-n", "production")
        if "kopia-cache" in json.dumps(j["spec"])])
    has_its_cron_job(story, thing)
    c.holds("the claim is there", "kopia-cache" in lines.run("cache", **at))
    c.eventually("it is bound",
                 lambda: lines.run("phase of the cache", **at) == "Bound")
    goes(story, thing)
    lines.run("clear the cache", **at)


def scheduled(story, examples):
    """The object that the page looks at, and a run of it."""
    c = story.cluster
    thing = named(examples, "production", "scheduled-maintenance")
    apply(story, thing)
    cron_job = has_its_cron_job(story, thing)["metadata"]
    story.world.hurry(kube.label({"metadata": cron_job},
                                 "volsync.backube/repository-hash"))
    c.run("create", "job", "by-hand", "-n", "production",
          f'--from=cronjob/{cron_job["name"]}')
    c.eventually("a run by hand is complete", lambda: kube.condition(
        c.get("job", "by-hand", "-n", "production"), "Complete")
        .get("status") == "True")
    c.eventually("the object tells when it was", lambda: status(
        story, thing).get("lastMaintenanceTime"))
    return thing


def looks(story, lines, examples):
    """What the page looks at when something is wrong."""
    c = story.cluster
    at = {"namespace": "production"}
    its = {"name": "scheduled-maintenance", **at}
    job = "by-hand"
    scheduled(story, examples)
    [pod] = c.list("pods", "-n", "production", "-l", f"job-name={job}")
    pod = pod["metadata"]["name"]
    c.holds("all objects are listed", re.search(
        rf'production +{its["name"]} +{SECRET}', lines.run("all")))
    c.equal("the trigger", lines.run("trigger", **its),
            '{"schedule":"0 2 * * *"}')
    c.holds("the trigger in YAML", "schedule: 0 2 * * *" in lines.run(
        "trigger in yaml", **its))
    c.holds("the status tells the reason", "MaintenanceActive" in lines.run(
        "describe", **its))
    c.holds("Events are found", "CronJobCreated" in lines.run(
        "events", **its))
    c.holds("the Jobs are listed", job in lines.run("jobs", **at))
    for called in ("jobs in their order", "jobs and their results",
                   "durations"):
        c.holds(f"{called} have it", job in lines.run(
            called, **({} if called == "durations" else at)))
    c.holds("the schedule's CronJob is listed", "kopia-maint-scheduled"
            in lines.run("cron jobs", **at))
    c.holds("its log is there",
            "maintenance@volsync" in lines.run("log of a job", job=job, **at))
    c.holds("and tells of the cache",
            lines.run("hits of the cache", job=job, **at))
    c.equal("the pod's user", json.loads(lines.run(
        "security context", pod=pod, **at))["runAsUser"], 1000)
    c.holds("the pod is told of", pod in lines.run("describe a pod", pod=pod,
                                                   **at))
    c.holds("the Secret is there",
            SECRET in lines.run("secret", secret=SECRET, **at))
    c.holds("its keys are listed", "KOPIA_PASSWORD" in json.loads(lines.run(
        "keys of the secret", secret=SECRET, **at)))
    if lines.can("log"):
        c.holds("the operator's log names the kind", lines.run("log"))
    lines.run("more history", name="scheduled-maintenance", **at)
    c.eventually("the CronJob keeps more history", lambda: [
        j for j in c.list("cronjobs", "-n", "production")
        if (j["spec"]["successfulJobsHistoryLimit"],
            j["spec"]["failedJobsHistoryLimit"]) == (10, 5)])


def inside(story, lines):
    """What only a container can answer."""
    c = story.cluster
    if not lines.can("room in the cache"):
        return
    [cron_job] = c.list("cronjobs", "-n", "production", "-l",
                        MAINTAINED + "=true")
    story.world.hold("")
    c.run("create", "job", "look-inside", "-n", "production",
          f'--from=cronjob/{cron_job["metadata"]["name"]}')
    [pod] = c.eventually("a run lasts", lambda: [
        p["metadata"]["name"] for p in c.list(
            "pods", "-n", "production", "-l", "job-name=look-inside")
        if p["status"]["phase"] == "Running"])
    c.holds("the cache has room", "/cache" in lines.run(
        "room in the cache", namespace="production", pod=pod))
    story.world.let_go()
    c.eventually("the run ends", lambda: finished(
        c.get("job", "look-inside", "-n", "production")))
    files_of_a_repository(story, lines)


def files_of_a_repository(story, lines):
    """Who owns a repository on a volume, as the pods see it."""
    c = story.cluster
    size = {"storage": "1Gi"}
    c.apply({"apiVersion": "v1", "kind": "PersistentVolume",
             "metadata": {"name": "seed-disk", "labels": OURS}, "spec": {
                 "capacity": size, "accessModes": ["ReadWriteOnce"],
                 "storageClassName": "",
                 "persistentVolumeReclaimPolicy": "Retain",
                 "hostPath": {"path": story.world.create_disk("seed")}}},
            {"apiVersion": "v1", "kind": "PersistentVolumeClaim",
             "metadata": {"name": "repository", "namespace": "testing"},
             "spec": {"accessModes": ["ReadWriteOnce"],
                      "storageClassName": "", "volumeName": "seed-disk",
                      "resources": {"requests": size}}},
            {"apiVersion": "v1", "kind": "Pod",
             "metadata": {"name": "files", "namespace": "testing"},
             "spec": {"terminationGracePeriodSeconds": 1,
                      "securityContext": {"runAsUser": 1000},
                      "containers": [{
                 "name": "files", "image": "local/holystone:test",
                 "imagePullPolicy": "Never", "command": ["sleep", "600"],
                 "volumeMounts": [{"name": "repository",
                                   "mountPath": "/repository"}]}],
                 "volumes": [{"name": "repository", "persistentVolumeClaim":
                              {"claimName": "repository"}}]}})
    c.run("wait", "pod/files", "-n", "testing", "--for=condition=Ready",
          f"--timeout={kube.PATIENCE_SECONDS}s")
    c.holds("the files belong to the pods' user", re.search(
        r" 1000 +1000 .*kopia\.repository", lines.run(
            "files of the repository", namespace="testing", pod="files")))
    c.run("delete", "pod", "files", "-n", "testing", "--wait=false")


def tell(story, lines, sources, examples):
    repository(story, "production", SECRET)
    repository(story, "my-app", "kopia-repository-secret")
    each(story, examples)
    from_interval(story, sources, examples)
    from_the_old_field(story, lines, examples)
    from_a_source(story, lines, sources, examples)
    looks(story, lines, examples)
    inside(story, lines)


def all_go(story):
    for namespace in NAMESPACES:
        story.cluster.run("delete", "kopiamaintenance", "--all", "-n",
                          namespace)
    story.cluster.run("delete", "pv", "-l", "made-for=seed-pages",
                      "--wait=false")
    story.cluster.eventually("the operator's namespace has no CronJob",
                             lambda: not story.cron_jobs())
