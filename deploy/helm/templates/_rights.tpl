{{/* What the operator may, as rules. Where: rbac.yaml. */}}

{{- define "rights-on-claims" -}}
- apiGroups: [volsync.backube]
  resources: [replicationsources, kopiamaintenances]
  verbs: [get, list, watch]
- apiGroups: [volsync.backube]
  resources: [replicationsources/status, kopiamaintenances/status]
  verbs: [patch]
# The fork's finalizer goes when its object does.
- apiGroups: [volsync.backube]
  resources: [kopiamaintenances]
  verbs: [patch]
# A certificate authority may be a ConfigMap; they are watched as metadata only.
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, watch]
{{- end }}

{{- define "rights-to-maintain" -}}
# Sources name their secret in their own namespace. Secrets are watched as
# metadata and read when they change.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch]
# A repository on a volume is recognised by its claim; and a KopiaMaintenance
# may want one for its cache.
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  verbs: [get, list, watch, create, patch, delete]
# Runs that somebody else started hold the repository's lock, too.
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
- apiGroups: [batch]
  resources: [cronjobs, jobs]
  verbs: [get, list, watch, create, patch, delete]
# lastScheduleTime is moved before a schedule changes, or the past slot of the
# new schedule would run at once.
- apiGroups: [batch]
  resources: [cronjobs/status]
  verbs: [patch]
# The pods' own, without rights and without a token.
- apiGroups: [""]
  resources: [serviceaccounts]
  resourceNames: [volsync-kopia-maintenance]
  verbs: [list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- end }}

{{/* Empty when there are none. */}}
{{- define "rights-beyond-namespaces" -}}
{{- if or (not .Values.namespaces) .Values.readPersistentVolumes }}
# What a claim is bound to tells two claims on one volume apart from two volumes.
- apiGroups: [""]
  resources: [persistentvolumes]
  verbs: [get]
{{- end }}
{{- if not .Values.namespaces }}
# Other installs in the cluster are looked for by their Leases, once.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [list]
{{- end }}
{{- if or (include "metrics-take-tokens" .) (include "inspection-port" .) }}
# Whose token it is that a reader shows, and what he may read.
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
- apiGroups: [authorization.k8s.io]
  resources: [subjectaccessreviews]
  verbs: [create]
{{- end }}
{{- end }}

{{/* Gives the operator a role of its own name; of a dict with the root as
`top`, `kind` and `ns`. */}}
{{- define "binding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}Binding
metadata:
  name: {{ include "name" .top }}
  {{- with .ns }}
  namespace: {{ . }}
  {{- end }}
  labels:
    app.kubernetes.io/name: {{ include "name" .top }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ include "name" .top }}
subjects:
- kind: ServiceAccount
  name: {{ include "name" .top }}
  namespace: {{ .top.Release.Namespace }}
{{- end }}
