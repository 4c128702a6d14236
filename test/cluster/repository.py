"""One claimed repository, as the stories of admission and upgrades look at it."""

import kube
from story import OPERATOR, finished

BATCH = "batch.kubernetes.io/"
IN = ("-n", OPERATOR)


class Repository:
    """One claimed repository, and looks at its Jobs, pods and Lease."""

    def __init__(self, story, namespace, schedule, **kopia):
        self.story, self.cluster = story, story.cluster
        self.namespace = namespace
        story.claim(namespace, namespace, schedule, **kopia)
        self.find()

    def find(self):
        """Which CronJob maintains the claim now."""
        self.cron_job = self.cluster.eventually(
            f"{self.namespace} has a CronJob",
            lambda: self.story.status(self.namespace)
            .get("maintenanceCronJob"))
        self.hash = self.cron_job.rpartition("-")[2]

    def make_job(self, name):
        self.story.make_job(name, self.cron_job)
        return self.job(name)["metadata"]["uid"]

    def job(self, name):
        return self.cluster.get("job", name, *IN)

    def waits(self, name):
        """It is there, suspended, and nothing of it runs."""
        job = self.job(name)
        return (job is not None and job["spec"].get("suspend")
                and not finished(job)
                and all(pod["status"]["phase"] in ("Succeeded", "Failed")
                        for pod in self.pods(name)))

    def runs(self, name):
        job = self.job(name)
        return job is not None and not job["spec"].get("suspend")

    def completes(self, name):
        self.cluster.eventually(
            f"{name} is complete",
            lambda: kube.condition(self.job(name) or {}, "Complete")
            .get("status") == "True")

    def pods(self, job):
        return self.cluster.list("pods", *IN, "-l", f"{BATCH}job-name={job}")

    def running_pod(self, job, but=""):
        """Waits for a pod of the Job whose container runs; its name."""
        def look():
            return [p["metadata"]["name"] for p in self.pods(job)
                    if p["status"].get("phase") == "Running"
                    and "deletionTimestamp" not in p["metadata"]
                    and p["metadata"]["name"] != but]
        return self.cluster.eventually(f"a pod of {job} runs", look)[0]

    def lease(self):
        return self.cluster.get("lease", f"kopia-repository-{self.hash}", *IN)

    def holder(self):
        return ((self.lease() or {}).get("spec") or {}).get("holderIdentity")
