"""How many finished Jobs a CronJob keeps."""

from case import case
from cron_jobs import YEARLY, cron
from jobs import POD, has, move, pods_of


def old_jobs(t, owner, good, bad):
    """Finished Jobs of a CronJob, made by hand, the oldest first."""
    reference = {"apiVersion": "batch/v1", "kind": "CronJob", "name": "a",
                 "uid": owner["metadata"]["uid"], "controller": True}
    for number in range(good + bad):
        name = f"{'good' if number < good else 'bad'}-{number}"
        t.made("jobs", {"metadata": {"name": name, "ownerReferences": [
            reference]}, "spec": {"backoffLimit": 0, "template": {
                "spec": POD}}})
        t.until("it has a pod", "pods", lambda a, name=name: any(
            p["metadata"]["labels"]["job-name"] == name
            for p in a.body["items"]))
        move(t, pods_of(t, name)[0],
             "Succeeded" if number < good else "Failed", 0)
        kind = "Complete" if number < good else "Failed"
        t.until(f"it is {kind}", f"jobs/{name}", lambda a, kind=kind: has(
            kind)(a.body.get("status", {})))
        t.pause(1.1)


def enter_limits(words, limits, left):
    @case(f"a CronJob keeps of two good and two bad Jobs {words}", slow=True)
    def _(t):
        owner = t.made("cronjobs", cron(schedule=YEARLY, suspend=True,
                                        successfulJobsHistoryLimit=9,
                                        failedJobsHistoryLimit=9))
        old_jobs(t, owner, 2, 2)
        t.done("PATCH", "cronjobs/a", {"spec": limits})
        t.until("the rest is gone", "jobs",
                lambda a: len(a.body["items"]) == left,
                show="items.[].metadata.name")


enter_limits("one of each", {"successfulJobsHistoryLimit": 1,
                             "failedJobsHistoryLimit": 1}, 2)
enter_limits("none of either", {"successfulJobsHistoryLimit": 0,
                                "failedJobsHistoryLimit": 0}, 0)
enter_limits("the good ones", {"successfulJobsHistoryLimit": 2,
                               "failedJobsHistoryLimit": 0}, 2)
