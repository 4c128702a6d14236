{{- define "name" -}}
{{ .Values.fullnameOverride | default .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "labels" -}}
app.kubernetes.io/name: {{ include "name" . }}
{{- end }}

{{/* Not empty when somebody has to show a token to read. */}}
{{- define "takes-tokens" -}}
{{- $flags := .Values.flags -}}
{{- $inspection := index $flags "inspection-bind-address" | default "127.0.0.1:8081" -}}
{{- $on_loopback := regexMatch `^(localhost|127\.[0-9]+\.[0-9]+\.[0-9]+|\[::1\]):` $inspection -}}
{{- if or (eq (index $flags "metrics-access") "token") (not $on_loopback) -}}
yes
{{- end -}}
{{- end -}}
