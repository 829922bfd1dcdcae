{{- /*
Names that would stand twice in a pod, which server-side apply refuses, and variables that belong to values keys.
*/ -}}
{{- define "amperity-gateway.validate.names" -}}
{{- $problems := list -}}
{{- $reserved := include "amperity-gateway.reservedVariables" . | fromYaml -}}
{{- range .Values.extraEnv -}}
{{- $name := .name -}}
{{- with get $reserved $name }}{{ $problems = append $problems (printf "extraEnv: %s is set by %s" $name .) }}{{ end -}}
{{- end -}}
{{- range list
  (list "extraEnv" "name" list .Values.extraEnv)
  (list "extraVolumes" "name" (list "config" "secrets" "tmp") .Values.extraVolumes)
  (list "extraVolumeMounts" "mountPath" (list "/etc/amperity-gateway" "/run/secrets/amperity-gateway" "/tmp") .Values.extraVolumeMounts)
  (list "extraContainers" "name" (list "gateway") (concat .Values.extraInitContainers .Values.extraContainers))
-}}
{{- $key := index . 0 -}}
{{- $member := index . 1 -}}
{{- $seen := index . 2 -}}
{{- range index . 3 -}}
{{- $name := get . $member | trimSuffix "/" -}}
{{- if has $name $seen }}{{ $problems = append $problems (printf "%s: %s stands there twice or is taken by the chart" $key $name) }}{{ end -}}
{{- $seen = append $seen $name -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{- define "amperity-gateway.reservedVariables" -}}
GATEWAY_CONFIG: config
TEAMS_FILE: teams.existingSecret
HOST: listenHost
PORT: the chart (service.port is the port outside)
ADMIN_HOST: listenHost
ADMIN_PORT: the chart
WORKERS: the chart (replicaCount says how many replicas there are)
LOG_LEVEL: logLevel
AMPERITY_BASE_URL: upstream.baseUrl
AMPERITY_TENANT: upstream.tenant
AMPERITY_API_VERSION: upstream.apiVersion
AMPERITY_TOKEN: upstream.token.existingSecret
AMPERITY_TOKEN_FILE: upstream.token.existingSecret
AMPERITY_CLIENT_ID: upstream.oauth.clientId
AMPERITY_CLIENT_SECRET: upstream.oauth.existingSecret
AMPERITY_CLIENT_SECRET_FILE: upstream.oauth.existingSecret
AMPERITY_TOKEN_URL: upstream.oauth.tokenUrl
REDIS_URL: redis.url
REDIS_URL_FILE: redis.keys.url
REDIS_USERNAME: redis.username
REDIS_PASSWORD: redis.existingSecret
REDIS_PASSWORD_FILE: redis.existingSecret
REDIS_SENTINEL_PASSWORD: redis.keys.sentinelPassword
REDIS_SENTINEL_PASSWORD_FILE: redis.keys.sentinelPassword
REDIS_CA_FILE: redis.tls.caSecret
REDIS_CERT_FILE: redis.tls.certSecret
REDIS_KEY_FILE: redis.tls.certSecret
CACHE_KEYS: cacheKeys.existingSecret
CACHE_KEYS_FILE: cacheKeys.existingSecret
MASK_KEY: maskKey.existingSecret
MASK_KEY_FILE: maskKey.existingSecret
{{- end -}}
