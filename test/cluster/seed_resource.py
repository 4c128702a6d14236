"""The page about KopiaMaintenance: its examples, its ways to migrate, its
commands.

Part of `seed_pages`; the examples are those of
test/data/examples/maintenance.yaml and, where it migrates from a source,
embedded.yaml.
"""

import copy
import re

import kube
from seed_resource_lines import LINES  # noqa: F401, the page's table

NAMESPACES = ("my-app", "production", "secure-backups", "data-warehouse",
              "testing", "backup-ns", "same-as-replicationsource")
MAINTAINED = "volsync.backube/kopia-maintenance"
# Volumes lie in no namespace; they are found by this.
OURS = {"made-for": "seed-pages"}
USUAL = {
    "resources": {"requests": {"memory": "256Mi"},
                  "limits": {"memory": "1Gi"}},
    "podSecurityContext": {"runAsUser": 1000, "fsGroup": 1000,
                           "runAsNonRoot": True},
    "containerSecurityContext": {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
        "runAsNonRoot": True, "privileged": False,
        "capabilities": {"drop": ["ALL"]}},
}


def place(thing):
    return thing["metadata"].setdefault("namespace", "my-app")


def maintenance(story, thing):
    return story.cluster.get("kopiamaintenance", thing["metadata"]["name"],
                             "-n", place(thing))


def status(story, thing):
    return (maintenance(story, thing) or {}).get("status", {})


def apply(story, thing):
    story.cluster.run("apply", "-n", place(thing), "-f", "-",
                      given=kube.json.dumps(thing))


def ready(story, thing, reason):
    """Ready, for the reason; gives the object."""
    name = thing["metadata"]["name"]

    def look():
        found = maintenance(story, thing)
        its = kube.condition(found, "Ready")
        return (its.get("status"), its.get("reason")) == ("True", reason) \
            and found

    return story.cluster.eventually(f"{name} is Ready, {reason}", look)


# -- what an example needs ----------------------------------------------------

def folder(story, namespace, claim, size, storage_class=""):
    """A volume that waits for the claim of this name."""
    story.cluster.apply({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": f"{namespace}-{claim}", "labels": OURS},
        "spec": {
            "capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": storage_class,
            "claimRef": {"namespace": namespace, "name": claim},
            "hostPath": {"path": story.world.create_folder(claim)}}})


def claim_of(story, namespace, name, size, storage_class):
    folder(story, namespace, name, size, storage_class)
    story.cluster.apply({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace}, "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": size}}}})
    story.world.bind(namespace, name)


def clear(story, namespace, name):
    """Neither claim nor volume is left."""
    story.cluster.run("delete", "pvc", name, "-n", namespace)
    story.cluster.run("delete", "pv", f"{namespace}-{name}")


def prepare(story, thing):
    """Namespace, Secret, and what else the manifest names."""
    spec, namespace = thing["spec"], place(thing)
    secret = spec["repository"]["repository"]
    story.make_namespace(namespace)
    story.apply_data("Secret", namespace, secret, story.world.secret(
        f"{namespace}-{secret}-bucket", "backups"))
    if authority := spec["repository"].get("customCA"):
        story.apply_data("ConfigMap", namespace, authority["configMapName"],
                         {authority["key"]: story.world.authority()})
    if claim := spec.get("cachePVC"):
        claim_of(story, namespace, claim, "10Gi", "fast-ssd")


def repository(story, namespace, secret):
    story.world.create_repository(f"{namespace}-{secret}-bucket", "backups",
                                  "maintenance", "volsync")


# -- what an example must have become -----------------------------------------

def within(wanted, found):
    """Every field of `wanted` is in `found`."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            within(value, found.get(key)) for key, value in wanted.items())
    return wanted == found


def own_cache(thing):
    return f'volsync-kopia-maintenance-{thing["metadata"]["name"]}-cache'


def cache_of(pod):
    mount = next(m for m in pod["containers"][0]["volumeMounts"]
                 if m["mountPath"] == "/cache")
    return next(v for v in pod["volumes"] if v["name"] == mount["name"])


def has_its_cache(story, thing, pod):
    c, spec = story.cluster, thing["spec"]
    cache = cache_of(pod)
    if "cachePVC" in spec:
        c.equal("its cache", cache["persistentVolumeClaim"]["claimName"],
                spec["cachePVC"])
    elif "cacheCapacity" in spec:
        name = own_cache(thing)
        c.equal("its cache", cache["persistentVolumeClaim"]["claimName"],
                name)
        made = c.eventually("which is made", lambda: c.get(
            "pvc", name, "-n", place(thing)))
        c.holds("the claim is as the manifest says", within({
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": spec["cacheCapacity"]}},
            **({"storageClassName": spec["cacheStorageClassName"]}
               if "cacheStorageClassName" in spec else {})}, made["spec"]))
    else:
        c.holds("its cache goes with the pod", "emptyDir" in cache, cache)


def has_its_pod(story, thing, template):
    c, spec = story.cluster, thing["spec"]
    pod = template["spec"]
    container = pod["containers"][0]
    c.equal("its resources", container["resources"],
            spec.get("resources", USUAL["resources"]))
    for field, found in (("podSecurityContext", pod["securityContext"]),
                         ("containerSecurityContext",
                          container["securityContext"])):
        c.holds(f"its {field}",
                within(spec.get(field, USUAL[field]), found), found)
    if "affinity" in spec:
        c.holds("its affinity", within(spec["affinity"], pod["affinity"]))
    c.holds("its labels", within(
        {**spec.get("moverPodLabels", {}), MAINTAINED: "true"},
        template["metadata"]["labels"]))
    if authority := spec["repository"].get("customCA"):
        c.holds("its authority", any(
            within({"configMap": {"name": authority["configMapName"]}}, v)
            and v["configMap"]["items"][0]["key"] == authority["key"]
            for v in pod["volumes"]), pod["volumes"])
    has_its_cache(story, thing, pod)


def has_its_cron_job(story, thing):
    """The CronJob is beside the object, called after it, and as it says."""
    c, spec = story.cluster, thing["spec"]
    name, namespace = thing["metadata"]["name"], place(thing)
    found = ready(story, thing, "Suspended" if spec.get("suspend")
                  else "MaintenanceActive")
    active = found["status"]["activeCronJob"]
    c.holds("its CronJob's name", re.fullmatch(
        r"kopia-maint-[a-z0-9-]+-[0-9a-f]{16}", active) and len(active) <= 52,
        active)
    cron_job = c.get("cronjob", active, "-n", namespace)
    owner = cron_job["metadata"]["ownerReferences"][0]
    c.equal("who owns it", (owner["kind"], owner["name"]),
            ("KopiaMaintenance", name))
    its = cron_job["spec"]
    schedule = spec.get("trigger", {}).get("schedule") or spec.get(
        "schedule", "0 2 * * *")
    c.equal("its settings",
            (its["schedule"], its["suspend"], its["concurrencyPolicy"],
             its["successfulJobsHistoryLimit"],
             its["failedJobsHistoryLimit"]),
            (schedule, spec.get("suspend", False), "Forbid",
             spec.get("successfulJobsHistoryLimit", 3),
             spec.get("failedJobsHistoryLimit", 1)))
    has_its_pod(story, thing, its["jobTemplate"]["spec"]["template"])
    return cron_job


def goes(story, thing):
    c = story.cluster
    name, namespace = thing["metadata"]["name"], place(thing)
    c.run("delete", "kopiamaintenance", name, "-n", namespace)
    c.eventually(f"{name} is gone, and its CronJob", lambda: not c.list(
        "cronjobs", "-n", namespace, "-l", MAINTAINED + "=true"))


def each(story, examples):
    """Every manifest that is not manual, alone."""
    for thing in examples:
        if "manual" not in thing["spec"].get("trigger", {}):
            prepare(story, thing)
            apply(story, thing)
            has_its_cron_job(story, thing)
            goes(story, thing)
            if claim := thing["spec"].get("cachePVC"):
                clear(story, place(thing), claim)
