{{- define "name" -}}
{{ .Values.fullnameOverride | default .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "labels" -}}
app.kubernetes.io/name: {{ include "name" . }}
{{- end }}

{{/* The inspection's port when others than the pod itself may reach it; empty
when it is on loopback. */}}
{{- define "inspection-port" -}}
{{- $where := get (.Values.flags | default dict) "inspection-bind-address" | default "127.0.0.1:8081" | toString -}}
{{- if or (not (regexMatch `:[1-9][0-9]*$` $where)) (hasSuffix ":8080" $where) -}}
{{- fail (printf "flags.inspection-bind-address %q has no port of its own: [HOST]:PORT, and 8080 is that of the metrics." $where) -}}
{{- end -}}
{{- if not (regexMatch `^(localhost|127\.[0-9]+\.[0-9]+\.[0-9]+|\[::1\]):` $where) -}}
{{- regexFind `[0-9]+$` $where -}}
{{- end -}}
{{- end -}}

{{/* Not empty when /metrics takes a token. */}}
{{- define "metrics-take-tokens" -}}
{{- if eq (get (.Values.flags | default dict) "metrics-access") "token" -}}
yes
{{- end -}}
{{- end -}}
