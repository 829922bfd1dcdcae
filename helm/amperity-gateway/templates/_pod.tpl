{{- /* What every pod of the chart has in common. */ -}}
{{- define "amperity-gateway.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- $context := .Values.podSecurityContext | default dict }}
{{- if eq .Values.platform "openshift" }}{{ $context = omit $context "runAsUser" "runAsGroup" "fsGroup" }}{{ end }}
{{- with $context }}
securityContext: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with concat (.Values.global.imagePullSecrets | default list) .Values.image.pullSecrets | uniq }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "amperity-gateway.containerSecurity" -}}
{{- with .Values.securityContext -}}
securityContext: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "amperity-gateway.gatewayImage" -}}
image: {{ include "amperity-gateway.image" (dict "root" . "image" .Values.image) | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end -}}

{{- define "amperity-gateway.volumes" -}}
- name: config
  configMap:
    name: {{ .Values.existingConfigMap | default (include "amperity-gateway.fullname" .) }}
    items: [{key: {{ .Values.existingConfigMap | empty | ternary "gateway.yaml" .Values.existingConfigMapKey | quote }}, path: gateway.yaml}]
- name: secrets
  projected:
    defaultMode: 288 # 0440; YAML 1.2 has no octal numbers of that form
    sources:
      {{- $own := include "amperity-gateway.fullname" . }}
      {{- range include "amperity-gateway.secrets" . | fromJsonArray }}
      - secret:
          name: {{ .secret | default $own | quote }}
          items: [{key: {{ .secret | empty | ternary .file .key | quote }}, path: {{ .file }}}]
      {{- end }}
      {{- with .Values.clusterIdentity }}
      {{- if .enabled }}
      - serviceAccountToken:
          path: cluster-token
          expirationSeconds: {{ int64 .expirationSeconds }}
          {{- with .audience }}
          audience: {{ quote . }}
          {{- end }}
      - configMap:
          name: kube-root-ca.crt
          items: [{key: ca.crt, path: cluster-ca.crt}]
      {{- end }}
      {{- end }}
- name: tmp
  emptyDir: {sizeLimit: 64Mi}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* Asks the gateway about itself, unless the probe says how else to ask. */ -}}
{{- define "amperity-gateway.probe" -}}
{{- $asks := dict "httpGet" (dict "path" .path "port" "admin") -}}
{{- range list "exec" "grpc" "httpGet" "tcpSocket" }}{{ if hasKey $.probe . }}{{ $asks = dict }}{{ end }}{{ end -}}
{{- merge $asks .probe | toYaml -}}
{{- end -}}
