{{- define "amperity-gateway.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- /* Short enough for -admin behind it in the name of a Service. */ -}}
{{- define "amperity-gateway.fullname" -}}
{{- $name := include "amperity-gateway.name" . -}}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- default $full .Values.fullnameOverride | trunc 56 | trimSuffix "-" -}}
{{- end -}}

{{- define "amperity-gateway.selector" -}}
{{- dict
  "app.kubernetes.io/name" (include "amperity-gateway.name" .root)
  "app.kubernetes.io/instance" .root.Release.Name
  "app.kubernetes.io/component" .component
  | toYaml -}}
{{- end -}}

{{- /* Ours win over commonLabels and over those given, or selectors would not find what they are about. */ -}}
{{- define "amperity-gateway.labels" -}}
{{- $ours := include "amperity-gateway.selector" . | fromYaml -}}
{{- $ours = set $ours "app.kubernetes.io/version" .root.Chart.AppVersion -}}
{{- $ours = set $ours "app.kubernetes.io/managed-by" .root.Release.Service -}}
{{- merge $ours (.labels | default dict) .root.Values.commonLabels | toYaml -}}
{{- end -}}

{{- define "amperity-gateway.metadata" -}}
name: {{ include "amperity-gateway.fullname" .root }}{{ .suffix }}
namespace: {{ quote .root.Release.Namespace }}
labels: {{- include "amperity-gateway.labels" . | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) .root.Values.commonAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "amperity-gateway.image" -}}
{{- with .root.Values.global.imageRegistry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- .image.repository -}}
{{- if .image.digest }}@{{ .image.digest }}{{ else }}:{{ .image.tag | default .root.Chart.AppVersion }}{{ end -}}
{{- end -}}

{{- define "amperity-gateway.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "amperity-gateway.fullname" .) "default") -}}
{{- end -}}

{{- /* Pods that there can be at once while nothing is shutting down. */ -}}
{{- define "amperity-gateway.pods" -}}
{{- $base := ternary .Values.autoscaling.maxReplicas .Values.replicaCount .Values.autoscaling.enabled | default 0 | float64 -}}
{{- $surge := eq .Values.strategy.type "Recreate" | ternary "0" (toString .Values.strategy.maxSurge) -}}
{{- if hasSuffix "%" $surge -}}
{{- $surge = divf (mulf $base (trimSuffix "%" $surge | float64)) 100 | ceil -}}
{{- end -}}
{{- addf $base (float64 $surge) | int64 -}}
{{- end -}}

{{- define "amperity-gateway.maxPods" -}}
{{- max 1 (include "amperity-gateway.pods" . | int64) (int64 .Values.fleet.maxPods) -}}
{{- end -}}

{{- /* gateway.yaml: what is written, and the one key that only the chart knows. */ -}}
{{- define "amperity-gateway.settings" -}}
{{- $config := deepCopy .Values.config -}}
{{- $budget := set (dig "budget" (dict) $config) "maxReplicas" (include "amperity-gateway.maxPods" . | int64) -}}
{{- set $config "budget" $budget | toYaml -}}
{{- end -}}

{{- define "amperity-gateway.drainMs" -}}
{{- $drain := dig "drain" (dict) .Values.config -}}
{{- dict "delay" (dig "delayMs" 5000 $drain | float64) "timeout" (dig "timeoutMs" 25000 $drain | float64) | toJson -}}
{{- end -}}

{{- /* Seconds that a pod needs at least between SIGTERM and SIGKILL. */ -}}
{{- define "amperity-gateway.leastGrace" -}}
{{- $drain := include "amperity-gateway.drainMs" . | fromJson -}}
{{- $hook := dig "preStop" "sleep" "seconds" 0 .Values.lifecycle | int64 -}}
{{- add 10 $hook (divf (addf $drain.delay $drain.timeout) 1000 | ceil | int64) -}}
{{- end -}}

{{- define "amperity-gateway.grace" -}}
{{- max (int64 .Values.terminationGracePeriodSeconds) (include "amperity-gateway.leastGrace" . | int64) -}}
{{- end -}}
