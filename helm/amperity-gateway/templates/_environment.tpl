{{- /*
Every secret: the values key it is given by, the variable that names its file, the file (and key in the chart's own
Secret), the value in clear, and the Secret and key that hold it otherwise. Those that are not given are left out.
*/ -}}
{{- define "amperity-gateway.secrets" -}}
{{- $v := .Values -}}
{{- $redis := $v.bundledRedis.enabled | ternary (dict "existingSecret" $v.bundledRedis.existingSecret "keys" (dict "password" "redis-password") "tls" (dict)) $v.redis -}}
{{- $secrets := list -}}
{{- range list
  (list "upstream.token.value" "AMPERITY_TOKEN_FILE" "amperity-token" $v.upstream.token.value $v.upstream.token.existingSecret $v.upstream.token.key)
  (list "upstream.oauth.clientSecret" "AMPERITY_CLIENT_SECRET_FILE" "amperity-client-secret" $v.upstream.oauth.clientSecret $v.upstream.oauth.existingSecret $v.upstream.oauth.key)
  (list "teams.value" "TEAMS_FILE" "teams.yaml" ($v.teams.value | empty | ternary "" (dict "teams" $v.teams.value | toYaml)) $v.teams.existingSecret $v.teams.key)
  (list "cacheKeys.value" "CACHE_KEYS_FILE" "cache-keys" $v.cacheKeys.value $v.cacheKeys.existingSecret $v.cacheKeys.key)
  (list "maskKey.value" "MASK_KEY_FILE" "mask-key" $v.maskKey.value $v.maskKey.existingSecret $v.maskKey.key)
  (list "redis.url" "REDIS_URL_FILE" "redis-url" "" $redis.existingSecret $redis.keys.url)
  (list "redis.password" "REDIS_PASSWORD_FILE" "redis-password" $redis.password $redis.existingSecret $redis.keys.password)
  (list "redis.sentinelPassword" "REDIS_SENTINEL_PASSWORD_FILE" "redis-sentinel-password" $redis.sentinelPassword $redis.existingSecret $redis.keys.sentinelPassword)
  (list "redis.tls.caSecret" "REDIS_CA_FILE" "redis-ca.crt" "" $redis.tls.caSecret $redis.tls.caKey)
  (list "redis.tls.certSecret" "REDIS_CERT_FILE" "redis-client.crt" "" $redis.tls.certSecret "tls.crt")
  (list "redis.tls.certSecret" "REDIS_KEY_FILE" "redis-client.key" "" $redis.tls.certSecret "tls.key")
-}}
{{- $value := index . 3 | default "" -}}
{{- $secret := and (index . 5) (index . 4) | default "" -}}
{{- if or $value $secret -}}
{{- $secrets = append $secrets (dict "from" (index . 0) "variable" (index . 1) "file" (index . 2) "value" $value "secret" $secret "key" (index . 5)) -}}
{{- end -}}
{{- end -}}
{{- toJson $secrets -}}
{{- end -}}

{{- define "amperity-gateway.redisUrl" -}}
{{- .Values.bundledRedis.enabled | ternary (printf "redis://%s-redis:6379" (include "amperity-gateway.fullname" .)) .Values.redis.url -}}
{{- end -}}

{{- define "amperity-gateway.hasRedis" -}}
{{- $inFile := and .Values.redis.existingSecret .Values.redis.keys.url -}}
{{- or (include "amperity-gateway.redisUrl" .) $inFile | empty | ternary "" "yes" -}}
{{- end -}}

{{- /* The whole environment that the chart sets, by name. */ -}}
{{- define "amperity-gateway.environment" -}}
{{- $env := dict
  "GATEWAY_CONFIG" "/etc/amperity-gateway/gateway.yaml"
  "HOST" .Values.listenHost "PORT" "8080" "ADMIN_HOST" .Values.listenHost "ADMIN_PORT" "9090"
  "LOG_LEVEL" .Values.logLevel
  "AMPERITY_BASE_URL" .Values.upstream.baseUrl
  "AMPERITY_TENANT" .Values.upstream.tenant
  "AMPERITY_API_VERSION" .Values.upstream.apiVersion
  "AMPERITY_CLIENT_ID" .Values.upstream.oauth.clientId
  "AMPERITY_TOKEN_URL" .Values.upstream.oauth.tokenUrl
  "REDIS_URL" (include "amperity-gateway.redisUrl" .)
  "REDIS_USERNAME" (.Values.bundledRedis.enabled | ternary "" .Values.redis.username) -}}
{{- range include "amperity-gateway.secrets" . | fromJsonArray -}}
{{- $env = set $env .variable (printf "/run/secrets/amperity-gateway/%s" .file) -}}
{{- end -}}
{{- range $name, $value := $env -}}
{{- if not $value }}{{ $env = unset $env $name }}{{ end -}}
{{- end -}}
{{- toJson $env -}}
{{- end -}}
