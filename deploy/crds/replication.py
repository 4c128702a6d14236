"""The schemas of ReplicationSource and ReplicationDestination.

What other movers own is kept as it is. The maintenance block of a source is
here, too; `generate` writes all of it.
"""

import schema as s

# -- shared by both -----------------------------------------------------------


def trigger(schedule_about, manual_about):
    return s.struct({
        "manual": s.text(manual_about),
        "schedule": s.text(schedule_about),
    }, about="When to run; without it as often as possible.")


def volume_options():
    return {
        "accessModes": s.access_modes("Access modes of the volume.",
                                      minItems=1),
        "capacity": s.quantity("Size of the volume."),
        "copyMethod": s.text("How the point-in-time copy is made.",
                             enum=["Direct", "None", "Clone", "Snapshot"]),
        "storageClassName": s.optional_name("StorageClass of the volume."),
        "volumeSnapshotClassName": s.optional_name(
            "VolumeSnapshotClass of the snapshot."),
    }


def mover_options():
    return {
        "moverAffinity": s.affinity("Affinity of the mover's pod."),
        "moverPodLabels": s.mapping(
            {"type": "string"}, "Labels of the mover's pod."),
        "moverResources": s.resource_requirements(
            "Resources of the mover's container."),
        "moverSecurityContext": s.pod_security_context(
            "Security context of the mover's pod."),
        "moverServiceAccount": s.optional_name(
            "ServiceAccount of the mover's pod; it has to exist."),
        "moverVolumes": s.mover_volumes("More volumes, under /mnt."),
    }


def repository_options():
    return {
        "additionalArgs": s.strings(
            "More arguments of kopia's snapshot command.", maxItems=20),
        "customCA": s.custom_ca("Certificate authority of the storage."),
        "hostname": s.text("Overrides the host name of the identity.",
                           pattern=s.IDENTITY),
        "policyConfig": s.struct({
            "configMapName": s.optional_name(
                "ConfigMap that holds the files."),
            "globalPolicyFilename": s.text(
                "Key of the global policy; global-policy.json when left "
                "out."),
            "repositoryConfig": s.text(
                "Repository configuration as JSON, in place.",
                maxLength=1024 * 1024),
            "repositoryConfigFilename": s.text(
                "Key of the repository configuration; repository.config "
                "when left out."),
            "secretName": s.optional_name("Secret that holds the files."),
        }, about="Policies as files.", **{"x-kubernetes-validations": [{
            "rule": "!(has(self.secretName) && self.secretName != '' && "
                    "has(self.configMapName) && self.configMapName != '')",
            "message": "only one of secretName or configMapName can be "
                       "specified for policy configuration",
        }]}),
        "repository": s.optional_name(
            "Secret with the repository's address and credentials."),
        "repositoryPVC": s.optional_name(
            "PersistentVolumeClaim that holds the repository, mounted at "
            "/repository."),
        "username": s.text("Overrides the user name of the identity.",
                           pattern=s.IDENTITY),
    }


def other_movers(*names):
    return {name: s.untouched("Belongs to another mover; left alone.")
            for name in names}


def sync_status():
    return {
        "conditions": s.conditions(),
        "lastManualSync": s.text("The last manual tag that was done."),
        "lastSyncDuration": s.text("How long the last transfer took."),
        "lastSyncStartTime": s.moment("When the running transfer began."),
        "lastSyncTime": s.moment("When the last transfer ended."),
        "latestMoverStatus": s.mover_status(),
        "nextSyncTime": s.moment("When the next transfer is due."),
    }


def cache_status():
    return {
        "lastConfiguredContentCacheSizeLimitMB": s.int32(),
        "lastConfiguredMetadataCacheSizeLimitMB": s.int32(),
    }


# -- ReplicationSource --------------------------------------------------------


def maintenance_cron_job():
    """Defaults inside only: a source without the block is maintained, too,
    and the operator has to see that it was left out."""
    return s.struct({
        "enabled": s.flag("Whether this source asks for maintenance.",
                          default=True),
        "failedJobsHistoryLimit": s.int32(
            "How many failed Jobs are kept.", default=1, minimum=0),
        "quickSchedule": s.text(
            "Schedule of kopia's quick maintenance; off when left out. "
            + s.SCHEDULE_NOTE),
        "resources": s.resource_requirements(
            "Resources of the maintenance container, as a whole. Left out: "
            "requests 100m and 256Mi, limits 500m and 512Mi."),
        "schedule": s.text("Schedule of kopia's full maintenance. "
                           + s.SCHEDULE_NOTE, default="0 2 * * *"),
        "successfulJobsHistoryLimit": s.int32(
            "How many successful Jobs are kept.", default=3, minimum=0),
        "suspend": s.flag("Pauses maintenance.", default=False),
        "timeZone": s.time_zone(),
    }, about="Maintenance of the repository. Sources with one repository "
             "share one CronJob, which follows the oldest of them.")


def source():
    kopia = {
        **volume_options(), **s.cache_options(), **mover_options(),
        **repository_options(),
        "actions": s.struct({
            "afterSnapshot": s.text("Shell command after the snapshot."),
            "beforeSnapshot": s.text("Shell command before the snapshot."),
        }, about="Commands around the snapshot."),
        "compression": s.text("Kopia's compressor, e.g. zstd."),
        "maintenanceCronJob": maintenance_cron_job(),
        "maintenanceIntervalDays": s.int32(
            "Deprecated, use maintenanceCronJob: days between two full "
            "maintenance runs; 0 is off."),
        "parallelism": s.int32("How many streams upload.", minimum=0),
        "retain": s.struct({
            age: s.int32(minimum=0) for age in
            ["daily", "hourly", "latest", "monthly", "weekly", "yearly"]
        }, about="How many snapshots of each age are kept."),
        "sourcePathOverride": s.text(
            "Path under which the snapshot is recorded.", pattern="^/.*"),
    }
    status = {
        **sync_status(),
        **other_movers("external", "rclone", "restic", "rsync", "rsyncTLS",
                       "syncthing"),
        "kopia": s.struct({
            **cache_status(),
            "kopiaMaintenance": s.text(
                "KopiaMaintenance that maintains the repository instead."),
            "lastMaintenance": s.moment(
                "When the last successful full maintenance ended."),
            "maintenanceCronJob": s.text(
                "CronJob that maintains the repository; it is in the "
                "operator's namespace."),
            "maintenanceFailures": s.int32(
                "Full maintenance runs that failed since the last success."),
            "nextScheduledMaintenance": s.moment(
                "When the next full maintenance is due."),
            "observedGeneration": s.int64(
                "Generation of the spec that this section tells of."),
        }, about="Maintenance of the repository."),
    }
    spec = {
        "kopia": s.struct(s.sorted_by_name(kopia),
                          about="Backup to a kopia repository."),
        **other_movers("external", "rclone", "restic", "rsync", "rsyncTLS",
                       "syncthing"),
        "paused": s.flag("Pauses the transfers."),
        "sourcePVC": s.optional_name("PersistentVolumeClaim to back up."),
        "trigger": trigger("When to back up. " + s.SCHEDULE_NOTE,
                           "A new value starts one backup."),
    }
    return s.definition(
        "ReplicationSource", "Backs up a volume, and asks for the maintenance "
        "of the repository that it goes to.", spec, status, [
            s.column("Source", ".spec.sourcePVC"),
            s.column("Last sync", ".status.lastSyncTime", format="date-time"),
            s.column("Duration", ".status.lastSyncDuration"),
            s.column("Next sync", ".status.nextSyncTime", format="date-time"),
            s.column("Maintenance", '.status.conditions[?(@.type=='
                     '"MaintenanceReady")].reason'),
            s.column("Last maintenance", ".status.kopia.lastMaintenance",
                     kind="date"),
            s.column("Next maintenance",
                     ".status.kopia.nextScheduledMaintenance",
                     format="date-time"),
            s.column("Failures", ".status.kopia.maintenanceFailures",
                     kind="integer"),
            s.column("CronJob", ".status.kopia.maintenanceCronJob",
                     priority=1),
        ])


# -- ReplicationDestination ---------------------------------------------------


def destination():
    kopia = {
        **volume_options(), **s.cache_options(), **mover_options(),
        **repository_options(),
        "cleanupCachePVC": s.flag("Deletes the cache after each restore.",
                                  default=False),
        "cleanupTempPVC": s.flag("Deletes the volume that was made for the "
                                 "restore after it."),
        "destinationPVC": s.optional_name(
            "PersistentVolumeClaim to restore into."),
        "enableFileDeletion": s.flag(
            "Deletes files that are not in the snapshot.", default=False),
        "previous": s.int32("How many snapshots before the newest.",
                            minimum=0),
        "restoreAsOf": s.moment("Not newer than this instant."),
        "shallow": s.int32("How many of the newest snapshots count.",
                           minimum=0),
        "sourceIdentity": s.struct({
            "sourceName": s.text("Name of the ReplicationSource."),
            "sourceNamespace": s.text("Its namespace."),
            "sourcePVCName": s.text("The volume that it backs up."),
            "sourcePathOverride": s.text("The path of its snapshots.",
                                         pattern="^/.*"),
        }, about="Whose snapshots to restore."),
    }
    status = {
        **sync_status(),
        **other_movers("external", "rclone", "restic", "rsync", "rsyncTLS"),
        "kopia": s.struct({
            **cache_status(),
            "availableIdentities": s.array(s.struct({
                "identity": s.text(),
                "latestSnapshot": s.moment(),
                "snapshotCount": s.int32(),
            }, ["identity"]), "Identities that have snapshots."),
            "requestedIdentity": s.text("The identity that was looked for."),
            "snapshotsFound": s.int32("How many snapshots it has."),
        }),
        "latestImage": s.struct({
            "apiGroup": s.text(), "kind": s.text(), "name": s.text(),
        }, ["kind", "name"], "The restored volume or its snapshot.",
            **{"x-kubernetes-map-type": "atomic"}),
    }
    spec = {
        "kopia": s.struct(s.sorted_by_name(kopia),
                          about="Restore from a kopia repository."),
        **other_movers("external", "rclone", "restic", "rsync", "rsyncTLS"),
        "paused": s.flag("Pauses the transfers."),
        "trigger": trigger("When to restore. " + s.SCHEDULE_NOTE,
                           "A new value starts one restore."),
    }
    return s.definition(
        "ReplicationDestination", "Restores a volume from a repository.",
        spec, status, [
            s.column("Last sync", ".status.lastSyncTime", format="date-time"),
            s.column("Duration", ".status.lastSyncDuration"),
            s.column("Next sync", ".status.nextSyncTime", format="date-time"),
        ])
