"""Every command of the page about KopiaMaintenance, as it stands there.

Called by `seed_resource`, which says what must come out.
"""

from seed_lines import NO_DEPLOYMENT, POD, REGISTRY, Line

HERE = "-n <namespace> -l volsync.backube/kopia-maintenance=true"
# Triggers a run and waits for its end.
SCRIPT = """#!/bin/bash
NAMESPACE="production"
MAINTENANCE_NAME="manual-maintenance"
TRIGGER_VALUE="manual-$(date +%Y%m%d-%H%M%S)"
kubectl patch kopiamaintenance $MAINTENANCE_NAME -n $NAMESPACE \\
  --type merge -p '{"spec":{"trigger":{"manual":"'$TRIGGER_VALUE'"}}}'
while true; do
  LAST_SYNC=$(kubectl get kopiamaintenance $MAINTENANCE_NAME -n $NAMESPACE \\
    -o jsonpath='{.status.lastManualSync}')
  if [ "$LAST_SYNC" == "$TRIGGER_VALUE" ]; then
    echo "Maintenance completed"
    break
  fi
  echo "Waiting for maintenance to complete..."
  sleep 30
done
"""

LINES = {
    "who owns the files": Line(
        "kubectl run -it --rm debug --image=busybox --restart=Never "
        "--overrides='...' -- sh -c \"ls -ln /repository\"",
        nowhere=REGISTRY + ", and its overrides replace the container, so that "
                "the command after -- is lost; \"files of the repository\" "
                "shows what it is for"),
    "log of a job": Line("kubectl logs -n <namespace> job/<job>"),
    "security context": Line("kubectl get pod <pod> -n <namespace> -o "
                             "jsonpath='{.spec.securityContext}'"),
    "files of the repository": Line(
        "kubectl exec -n <namespace> <pod> -- ls -ln /repository", node=POD),
    "describe a pod": Line("kubectl describe pod <pod> -n <namespace>"),
    "durations": Line(
        "kubectl get jobs -n production "
        "-l volsync.backube/kopia-maintenance=true -o custom-columns="
        "NAME:.metadata.name,DURATION:.status.completionTime"),
    "trigger and wait": Line(SCRIPT),
    "manual trigger": Line(
        "kubectl get kopiamaintenance <name> -n <namespace> "
        "-o jsonpath='{.spec.trigger.manual}'"),
    "trigger": Line("kubectl get kopiamaintenance <name> -n <namespace> "
                    "-o jsonpath='{.spec.trigger}'"),
    "move the schedule": Line(
        "kubectl patch kopiamaintenance <name> -n <namespace> --type=json "
        '-p=\'[{"op": "remove", "path": "/spec/schedule"}, '
        '{"op": "add", "path": "/spec/trigger", '
        '"value": {"schedule": "0 2 * * *"}}]\''),
    "cache": Line("kubectl get pvc <pvc> -n <namespace>"),
    "phase of the cache": Line("kubectl get pvc <pvc> -n <namespace> "
                               "-o jsonpath='{.status.phase}'"),
    "room in the cache": Line(
        "kubectl exec -n <namespace> <pod> -- df -h /cache", node=POD),
    "clear the cache": Line("kubectl delete pvc <pvc> -n <namespace>"),
    "secret": Line("kubectl get secret <secret> -n <namespace>"),
    "describe": Line("kubectl describe kopiamaintenance <name> "
                     "-n <namespace>"),
    "log": Line("kubectl logs -n volsync-system deployment/volsync "
                "| grep -i kopiamaintenance",
                node=NO_DEPLOYMENT),
    "keys of the secret": Line("kubectl get secret <secret> -n <namespace> "
                               "-o jsonpath='{.data}' | jq 'keys'"),
    "use of memory": Line(
        "kubectl top pod -n <namespace> -l job-name=<job>",
        nowhere="it asks a metrics server, which these clusters have not"),
    "jobs in their order": Line(f"kubectl get jobs {HERE} "
                                "--sort-by=.metadata.creationTimestamp"),
    "jobs and their results": Line(
        f"kubectl get jobs {HERE} -o custom-columns=NAME:.metadata.name,"
        "STATUS:.status.succeeded,FAILED:.status.failed,"
        "START:.status.startTime"),
    "more history": Line(
        "kubectl patch kopiamaintenance <name> -n <namespace> --type merge "
        '-p \'{"spec":{"successfulJobsHistoryLimit":10,'
        '"failedJobsHistoryLimit":5}}\''),
    "all": Line("kubectl get kopiamaintenance -A"),
    "trigger in yaml": Line("kubectl get kopiamaintenance <name> "
                            "-n <namespace> -o yaml | grep -A5 trigger"),
    "trigger and its end": Line(
        "kubectl get kopiamaintenance <name> -n <namespace> -o jsonpath="
        r"'{.spec.trigger.manual} -> {.status.lastManualSync}\n'"),
    "settings of the cache": Line(
        "kubectl get kopiamaintenance <name> -n <namespace> "
        "-o jsonpath='{.spec.cache*}'",
        nowhere="kubectl's jsonpath knows no star within a name, so it "
                "prints nothing whatever the object holds"),
    "cron jobs": Line(f"kubectl get cronjobs {HERE}"),
    "jobs": Line(f"kubectl get jobs {HERE}"),
    "events": Line("kubectl get events -n <namespace> "
                   "--field-selector involvedObject.name=<name>"),
    "cron jobs of a namespace": Line("kubectl get cronjobs -n <namespace>"),
    "hits of the cache": Line('kubectl logs -n <namespace> job/<job> '
                              '| grep -i "cache hit"'),
    "trigger from a pipeline": Line(
        "kubectl patch kopiamaintenance manual-maintenance -n production "
        "--type merge "
        '-p \'{"spec":{"trigger":{"manual":"<value>"}}}\''),
    "end for a pipeline": Line(
        "kubectl get kopiamaintenance manual-maintenance -n production "
        "-o jsonpath='{.status.lastManualSync}'"),
    "warm the cache": Line(
        "kubectl apply -f cache-warmer.yaml",
        nowhere="a Job without restartPolicy, which no API server takes, and "
                + REGISTRY),
}

