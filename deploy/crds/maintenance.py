"""The schema of KopiaMaintenance, with the rules about its resources."""

import schema as s


def maintenance_trigger():
    return s.struct({
        "manual": s.text("A new value starts one full maintenance."),
        "quickSchedule": s.text(
            "Schedule of kopia's quick maintenance; off when left out."),
        "schedule": s.text("Schedule of kopia's full maintenance. "
                           + s.SCHEDULE_NOTE),
        "timeZone": s.time_zone(),
    }, about="When to run; daily at 02:00 when left out.",
        **{"x-kubernetes-validations": [{
            "rule": "!(has(self.schedule) && self.schedule != '' && "
                    "has(self.manual) && self.manual != '')",
            "message": "cannot specify both schedule and manual triggers",
        }]})


def rule(text, message, field):
    return {"rule": text, "message": message, "fieldPath": field}


def bounded_resources(about):
    """What the fork stored and then refused to act on is not stored here."""
    rules = []
    for side in ("limits", "requests"):
        one = side[:-1]
        for what, label in (("memory", "memory"), ("cpu", "CPU")):
            rules.append(rule(
                f"!{given(side, what)} || {amount(side, what)}"
                ".isGreaterThan(quantity('0'))",
                f"{label} {one} must be positive", f".{side}.{what}"))
        rules.append(rule(
            f"!has(self.{side}) || self.{side}.all(n, n in "
            "['cpu', 'memory', 'ephemeral-storage'] || "
            "n.startsWith('hugepages-'))",
            f"unsupported resource {one}: there are cpu, memory, "
            "ephemeral-storage and hugepages-*", f".{side}"))
    for what, label, most, words in (
            ("memory", "memory", "100Gi", "100Gi"),
            ("cpu", "CPU", "32", "32 cores")):
        rules.append(rule(
            f"!{given('limits', what)} || !{amount('limits', what)}"
            f".isGreaterThan(quantity('{most}'))",
            f"{label} limit exceeds maximum allowed ({words})",
            f".limits.{what}"))
        rules.append(rule(
            f"!{given('limits', what)} || !{given('requests', what)} || "
            f"!{amount('requests', what)}.isGreaterThan("
            f"{amount('limits', what)})",
            f"{label} request exceeds {label} limit", f".requests.{what}"))
    for each in rules:
        each["message"] = "invalid resource requirements: " + each["message"]
    schema = s.resource_requirements(about)
    # A bound, so that the API server can tell what the rules cost at most.
    for side in ("limits", "requests"):
        schema["properties"][side]["maxProperties"] = 32
    return {**schema, "x-kubernetes-validations": rules}


def given(side, what):
    return f"(has(self.{side}) && '{what}' in self.{side})"


def amount(side, what):
    return f"quantity(string(self.{side}['{what}']))"


def kopia_maintenance():
    spec = {
        "activeDeadlineSeconds": s.int64(
            "After this many seconds a run is ended.", default=10800,
            minimum=600),
        "affinity": s.affinity("Affinity of the pods."),
        **s.cache_options(),
        "cachePVC": s.optional_name(
            "Existing PersistentVolumeClaim for the cache; the other cache "
            "fields are ignored."),
        "containerSecurityContext": s.security_context(
            "Security context of the container."),
        "enabled": s.flag("Whether maintenance is done.", default=True),
        "failedJobsHistoryLimit": s.int32(
            "How many failed Jobs are kept.", default=1, minimum=0),
        "moverPodLabels": s.mapping({"type": "string"},
                                    "Labels of the pods; ours win."),
        "moverVolumes": s.mover_volumes("More volumes, under /mnt."),
        "nodeSelector": s.mapping({"type": "string"},
                                  "Labels that a node must have."),
        "podSecurityContext": s.pod_security_context(
            "Security context of the pods."),
        "repository": s.struct({
            "customCA": s.custom_ca("Certificate authority of the storage."),
            "repository": s.name(
                "Secret in this namespace with the repository's address and "
                "credentials."),
            "repositoryType": s.text("Not used."),
        }, ["repository"], "The repository to maintain."),
        "resources": bounded_resources(
            "Resources of the container. Left out: requests 256Mi, limits "
            "1Gi of memory."),
        # Not defaulted: a stored default can't be told from a wish.
        "schedule": s.text("Deprecated, use trigger.schedule."),
        "serviceAccountName": s.optional_name("ServiceAccount of the pods."),
        "successfulJobsHistoryLimit": s.int32(
            "How many successful Jobs are kept.", default=3, minimum=0),
        "suspend": s.flag("Pauses maintenance.", default=False),
        "tolerations": s.tolerations("Tolerations of the pods."),
        "trigger": maintenance_trigger(),
        "verify": s.flag("Whether kopia's content verify follows a full "
                         "maintenance.", default=True),
    }
    status = {
        "activeCronJob": s.text("The CronJob; empty when there is none."),
        "conditions": s.conditions(),
        "lastMaintenanceTime": s.moment(
            "When the last successful full maintenance ended."),
        "lastManualResult": s.struct({
            "finishedAt": s.moment(),
            "reason": s.text(),
            "result": s.text(enum=["Successful", "Failed"]),
            "tag": s.text(),
        }, about="How the last manual run ended."),
        "lastManualSync": s.text("The last manual tag that succeeded."),
        "lastReconcileTime": s.moment(
            "When the operator last changed something for this object."),
        "maintenanceFailures": s.int32(
            "Full maintenance runs that failed since the last success."),
        "nextScheduledMaintenance": s.moment(
            "When the next full maintenance is due."),
        "observedGeneration": s.int64(
            "Generation of the spec that this status tells of."),
        "schedule": s.text("The schedule in force; empty when manual."),
    }
    return s.definition(
        "KopiaMaintenance", "Maintains one kopia repository.", spec, status, [
            s.column("Repository", ".spec.repository.repository"),
            s.column("Enabled", ".spec.enabled", kind="boolean"),
            s.column("Schedule", ".status.schedule"),
            s.column("Suspended", ".spec.suspend", kind="boolean"),
            s.column("Ready", '.status.conditions[?(@.type=="Ready")].reason'),
            s.column("Last Maintenance", ".status.lastMaintenanceTime",
                     format="date-time"),
            s.column("Next Maintenance", ".status.nextScheduledMaintenance",
                     format="date-time", priority=1),
            s.column("Failures", ".status.maintenanceFailures",
                     kind="integer", priority=1),
            s.column("Age", ".metadata.creationTimestamp", kind="date"),
        ], required=["repository"])
