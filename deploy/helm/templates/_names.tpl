{{- define "name" -}}
{{ .Values.fullnameOverride | default .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "labels" -}}
app.kubernetes.io/name: {{ include "name" . }}
{{- end }}

{{/* Not empty when somebody has to show a token to read. */}}
{{- define "takes-tokens" -}}
{{- $flags := .Values.flags -}}
{{- if or (eq (index $flags "metrics-access") "token") (index $flags "inspection-bind-address") -}}
yes
{{- end -}}
{{- end -}}
