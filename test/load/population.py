"""What stands in a simulated cluster: the claimants of N repositories and what
the history limits of their CronJobs leave.

Ten repositories a namespace, each with one Secret and three ReplicationSources
that name it; every fifth repository has a KopiaMaintenance as well. With the
operator's copies that makes, for 10,000 repositories, 30,000 sources, 2,000
KopiaMaintenances, 20,000 Secrets and 1,000 namespaces.
"""

import base64
import json
import uuid

HOME = "volsync-system"
IN_NAMESPACE = 10
SOURCES = 3
# Every so many repositories has a KopiaMaintenance.
MAINTAINED = 5
JSON = "application/json"
APPLY = "application/apply-patch+yaml"
VOLSYNC = "/apis/volsync.backube/v1alpha1"


def namespace(number):
    return f"apps-{number // IN_NAMESPACE:05}"


def repository(number):
    return f"repository-{number:05}"


def is_maintained(number):
    return number % MAINTAINED == 0


def post(path, body):
    return "POST", path, body, JSON


def make_namespaces(count):
    yield post("/api/v1/namespaces", {"metadata": {"name": HOME}})
    for number in range(0, count, IN_NAMESPACE):
        yield post("/api/v1/namespaces",
                   {"metadata": {"name": namespace(number)}})


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def secret(number):
    return post(f"/api/v1/namespaces/{namespace(number)}/secrets", {
        "metadata": {"name": repository(number)}, "type": "Opaque",
        "data": {name: encoded(value) for name, value in (
            ("KOPIA_REPOSITORY", f"s3://bucket-{number:05}/backups"),
            ("KOPIA_PASSWORD", "correct horse battery staple"),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY",
             "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            ("AWS_S3_ENDPOINT", "https://s3.example.com"))}})


def source(number, which, schedule):
    return post(f"{VOLSYNC}/namespaces/{namespace(number)}/replicationsources",
                {"apiVersion": "volsync.backube/v1alpha1",
                 "kind": "ReplicationSource",
                 "metadata": {"name": f"data-{number:05}-{which}"},
                 "spec": {"sourcePVC": f"data-{number:05}-{which}",
                          "trigger": {"schedule": "0 3 * * *"},
                          "kopia": {"repository": repository(number),
                                    "retain": {"daily": 7, "weekly": 4},
                                    "maintenanceCronJob":
                                        {"schedule": schedule}}}})


def maintenance(number, schedule):
    return post(f"{VOLSYNC}/namespaces/{namespace(number)}/kopiamaintenances",
                {"apiVersion": "volsync.backube/v1alpha1",
                 "kind": "KopiaMaintenance",
                 "metadata": {"name": f"maintenance-{number:05}"},
                 "spec": {"repository": {"repository": repository(number)},
                          "trigger": {"schedule": schedule}}})


def make_claimants(count, schedule):
    for number in range(count):
        yield secret(number)
        for which in range(SOURCES):
            yield source(number, which, schedule)
        if is_maintained(number):
            yield maintenance(number, schedule)


# -- what the history limits leave --------------------------------------------

# A report as the mover writes it, so that outcomes are as long as real ones.
REPORT = json.dumps({
    "version": 1, "succeeded": True, "kind": "full",
    "uniqueId": "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"})
# `successfulJobsHistoryLimit` of a claim that says nothing.
HISTORY = 3
DAYS = ("18", "19", "20")


def uid():
    return str(uuid.uuid4())


def job(cron_job, day):
    """A finished Job as the CronJob controller and the operator leave it."""
    meta, template = cron_job["metadata"], cron_job["spec"]["jobTemplate"]
    body = {"metadata": {
        "name": f"{meta['name']}-293{day}000", "labels":
            template["metadata"].get("labels", {}), "annotations": {
                **template["metadata"].get("annotations", {}),
                "batch.kubernetes.io/cronjob-scheduled-timestamp":
                    f"2026-11-{day}T02:00:00Z"},
        "ownerReferences": [{
            "apiVersion": "batch/v1", "kind": "CronJob", "controller": True,
            "blockOwnerDeletion": True, "name": meta["name"],
            "uid": meta["uid"]}]},
        "spec": {**template["spec"], "suspend": False}}
    return post(f"/apis/batch/v1/namespaces/{meta['namespace']}/jobs", body)


def job_status(made, day):
    meta = made["metadata"]
    done = f"2026-11-{day}T02:00:30Z"
    conditions = [{"type": kind, "status": "True", "lastTransitionTime": done,
                   "lastProbeTime": done}
                  for kind in ("SuccessCriteriaMet", "Complete")]
    return ("PATCH", f"/apis/batch/v1/namespaces/{meta['namespace']}/jobs/"
            f"{meta['name']}/status",
            {"status": {"startTime": f"2026-11-{day}T02:00:01Z",
                        "completionTime": done, "succeeded": 1,
                        "conditions": conditions}},
            "application/merge-patch+json")


def pod(made):
    meta, template = made["metadata"], made["spec"]["template"]
    labels = dict(template["metadata"].get("labels", {}))
    labels["batch.kubernetes.io/controller-uid"] = meta["uid"]
    labels["batch.kubernetes.io/job-name"] = meta["name"]
    return post(f"/api/v1/namespaces/{meta['namespace']}/pods", {
        "metadata": {
            "name": meta["name"] + "-x7k2p", "labels": labels,
            "annotations": {
                **template["metadata"].get("annotations", {}),
                "volsync.backube/admitted": meta["uid"]},
            "ownerReferences": [{
                "apiVersion": "batch/v1", "kind": "Job", "controller": True,
                "blockOwnerDeletion": True, "name": meta["name"],
                "uid": meta["uid"]}]},
        "spec": {**template["spec"], "nodeName": "node-1"}})


def pod_status(made, day):
    meta = made["metadata"]
    ended = {"terminated": {
        "exitCode": 0, "reason": "Completed", "message": REPORT,
        "startedAt": f"2026-11-{day}T02:00:01Z",
        "finishedAt": f"2026-11-{day}T02:00:29Z"}}
    return ("PATCH", f"/api/v1/namespaces/{meta['namespace']}/pods/"
            f"{meta['name']}/status",
            {"status": {"phase": "Succeeded", "containerStatuses": [
                {"name": "kopia-maintenance", "ready": False, "image": "x",
                 "imageID": "x", "restartCount": 0, "state": ended}]}},
            "application/merge-patch+json")


def lease(cron_job):
    """What the operator wrote when the last of these runs ended."""
    meta = cron_job["metadata"]
    location = meta["labels"]["volsync.backube/location-hash"]
    day = DAYS[-1]
    notes = {"last-success-started": f"2026-11-{day}T02:00:02Z",
             "last-success-ended": f"2026-11-{day}T02:00:29Z",
             "consecutive-failures": "0", "last-failure-class": "",
             "last-failure": "", "last-counted-job": uid(),
             "last-counted-at": f"2026-11-{day}T02:00:30Z",
             # Another one each: equal ones would be one repository.
             "repository-unique-id": uuid.uuid4().hex + uuid.uuid4().hex,
             "own-runs": f"2026-11-{day}T02:00:02Z/2026-11-{day}T02:00:30Z"}
    return post(f"/apis/coordination.k8s.io/v1/namespaces/{HOME}/leases", {
        "metadata": {
            "name": f"kopia-repository-{location}", "labels": {
                "volsync.backube/kopia-maintenance": "true",
                "volsync.backube/location-hash": location},
            "annotations": {f"volsync.backube/{name}": text
                            for name, text in notes.items()}}})


def make_history(cluster, say):
    """Three finished runs of every CronJob, with their Jobs and pods."""
    found = cluster.call("GET", "/apis/batch/v1/cronjobs")["items"]
    for day in DAYS:
        jobs = [json.loads(body) for body in cluster.send(
            job(one, day) for one in found)]
        cluster.fill(job_status(one, day) for one in jobs)
        pods = [json.loads(body)
                for body in cluster.send(pod(one) for one in jobs)]
        cluster.fill(pod_status(one, day) for one in pods)
        say(f"{len(pods)} runs of 2026-11-{day} are there")
    cluster.fill(lease(one) for one in found)
