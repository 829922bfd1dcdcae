{{- /* Everything that is wrong with the values, said at once. */ -}}
{{- define "amperity-gateway.validate" -}}
{{- $problems := list -}}
{{- range list "upstream" "settings" "redis" "fleet" "network" -}}
{{- range include (printf "amperity-gateway.validate.%s" .) $ | fromJsonArray -}}
{{- if index . 0 }}{{ $problems = append $problems (index . 1) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- $problems = concat $problems (include "amperity-gateway.validate.names" . | fromJsonArray) -}}
{{- if $problems -}}
{{- fail (printf "\n\nThe values of %s cannot work:\n  - %s\n" .Release.Name (join "\n  - " $problems)) -}}
{{- end -}}
{{- end -}}

{{- /* Each row: whether something is wrong, and what. */ -}}
{{- define "amperity-gateway.validate.upstream" -}}
{{- $token := .Values.upstream.token -}}
{{- $oauth := .Values.upstream.oauth -}}
{{- $hasToken := or $token.value $token.existingSecret -}}
{{- $hasOauth := or $oauth.clientId $oauth.tokenUrl $oauth.clientSecret $oauth.existingSecret -}}
{{- toJson (list
  (list (empty .Values.image.repository) "image.repository: is missing; where your image of the gateway lies")
  (list (empty .Values.upstream.baseUrl) "upstream.baseUrl: is missing, such as https://app.amperity.com/api")
  (list (contains "@" (print .Values.upstream.baseUrl $oauth.tokenUrl)) "upstream: a URL with @ would show a credential to everybody who sees the Deployment; leave it out")
  (list (empty .Values.upstream.tenant) "upstream.tenant: is missing, your tenant of Amperity")
  (list (not (or $hasToken $hasOauth)) "upstream.token.existingSecret: no credential for Amperity; name a Secret that holds the token, or fill in upstream.oauth")
  (list (and $hasToken $hasOauth) "upstream.token, upstream.oauth: two credentials for Amperity; keep one of them")
  (list (and $hasOauth (not $oauth.clientId)) "upstream.oauth.clientId: is missing beside the rest of upstream.oauth")
  (list (and $hasOauth (not $oauth.tokenUrl)) "upstream.oauth.tokenUrl: is missing beside the rest of upstream.oauth")
  (list (and $hasOauth (not (or $oauth.clientSecret $oauth.existingSecret))) "upstream.oauth.existingSecret: is missing beside the rest of upstream.oauth")
  (list (and $token.value $token.existingSecret) "upstream.token: value and existingSecret are both set; keep one of them")
  (list (and $oauth.clientSecret $oauth.existingSecret) "upstream.oauth: clientSecret and existingSecret are both set; keep one of them")
) -}}
{{- end -}}

{{- define "amperity-gateway.validate.settings" -}}
{{- $v := .Values -}}
{{- $drain := include "amperity-gateway.drainMs" . | fromJson -}}
{{- $wait := dig "queue" "maxWaitMs" 10000 $v.config | float64 -}}
{{- range $v.teams.value }}{{ $wait = maxf $wait (dig "maxWaitMs" 0 . | float64) }}{{ end -}}
{{- toJson (list
  (list (not (or $v.teams.value $v.teams.existingSecret)) "teams.existingSecret: no teams, so nobody could call; name a Secret that holds the file, or write teams.value")
  (list (and $v.teams.value $v.teams.existingSecret) "teams: value and existingSecret are both set; keep one of them")
  (list (and $v.cacheKeys.value $v.cacheKeys.existingSecret) "cacheKeys: value and existingSecret are both set; keep one of them")
  (list (and $v.maskKey.value $v.maskKey.existingSecret) "maskKey: value and existingSecret are both set; keep one of them")
  (list (and $v.existingConfigMap $v.config) "config: existingConfigMap is set too; keep one of them")
  (list (regexMatch "^(127\\..*|::1|localhost)$" $v.listenHost) "listenHost: is loopback, where neither probes nor callers arrive; write 0.0.0.0 or ::")
  (list (hasKey $v.config "teams") "config.teams: belongs in teams.value or in the Secret that teams.existingSecret names")
  (list (dig "budget" (dict) $v.config | keys | has "maxReplicas") "config.budget.maxReplicas: is computed; to raise it set fleet.maxPods")
  (list (dig "auth" "modes" (list) $v.config | has "open") "config.auth.modes: open lets everybody in, and the gateway refuses it outside loopback; write apiKey or jwt")
  (list (lt $drain.timeout $wait) "config.drain.timeoutMs: is shorter than queue.maxWaitMs or that of a team, so waiting calls would be lost at each rollout; raise it")
) -}}
{{- end -}}

{{- define "amperity-gateway.validate.redis" -}}
{{- $v := .Values -}}
{{- $redis := $v.redis -}}
{{- $hasRedis := include "amperity-gateway.hasRedis" . -}}
{{- $external := or $redis.url $redis.existingSecret $redis.username $redis.password $redis.sentinelPassword $redis.tls.caSecret $redis.tls.certSecret -}}
{{- $plain := and $redis.url (not (hasPrefix "rediss" $redis.url)) -}}
{{- $noSentinel := and $redis.url (not (contains "+sentinel:" $redis.url)) -}}
{{- toJson (list
  (list (and $hasRedis (not (or $v.cacheKeys.value $v.cacheKeys.existingSecret))) "cacheKeys.existingSecret: is missing; what goes to Redis is encrypted with cache keys")
  (list (and $v.bundledRedis.enabled $external) "bundledRedis.enabled: redis names one of yours too; keep one of them")
  (list (and $external (not $hasRedis)) "redis.url: is missing beside the rest of redis; set it or redis.keys.url")
  (list (and $redis.url $redis.existingSecret $redis.keys.url) "redis.url: redis.keys.url is set too; keep one of them")
  (list (and $redis.keys.url (not $redis.existingSecret)) "redis.existingSecret: is missing, the Secret that holds redis.keys.url")
  (list (and $redis.keys.sentinelPassword (not $redis.existingSecret)) "redis.existingSecret: is missing, the Secret that holds redis.keys.sentinelPassword")
  (list (regexMatch "//[^@]*:[^@]*@|[?#]" $redis.url) "redis.url: holds a password or parameters, which everybody who sees the Deployment could read; put the URL into a Secret and name its key in redis.keys.url")
  (list (and $redis.password $redis.existingSecret $redis.keys.password) "redis.password: redis.existingSecret holds one too; keep one of them, or empty redis.keys.password")
  (list (and $redis.sentinelPassword $redis.existingSecret $redis.keys.sentinelPassword) "redis.sentinelPassword: redis.existingSecret holds one too; keep one of them")
  (list (and $redis.username (not (or $redis.password (and $redis.existingSecret $redis.keys.password)))) "redis.username: has no password; name a Secret that holds it in redis.existingSecret")
  (list (and $noSentinel (or $redis.sentinelPassword $redis.keys.sentinelPassword)) "redis.keys.sentinelPassword: redis.url names no Sentinels; write redis+sentinel:// or leave it out")
  (list (and $plain (or $redis.tls.caSecret $redis.tls.certSecret)) "redis.tls: redis.url does not ask for TLS; write rediss instead of redis")
) -}}
{{- end -}}

{{- define "amperity-gateway.validate.fleet" -}}
{{- $v := .Values -}}
{{- $pods := include "amperity-gateway.pods" . | int64 -}}
{{- $least := include "amperity-gateway.leastGrace" . | int64 -}}
{{- $outside := and (kindIs "invalid" $v.replicaCount) (not $v.autoscaling.enabled) -}}
{{- $single := and (eq $v.strategy.type "Recreate") (eq $pods 1) (not $v.autoscaling.enabled) (not $outside) (le (int64 $v.fleet.maxPods) 1) -}}
{{- $stuck := and (regexMatch "^0%?$" (toString $v.strategy.maxSurge)) (regexMatch "^0%?$" (toString $v.strategy.maxUnavailable)) -}}
{{- toJson (list
  (list (not (or $single (include "amperity-gateway.hasRedis" .))) "redis.url: is missing, and without Redis each pod would spend the whole budget; name a Redis, or set replicaCount 1 and strategy.type Recreate, without autoscaling")
  (list (and (gt (int64 $v.fleet.maxPods) 0) (lt (int64 $v.fleet.maxPods) $pods)) (printf "fleet.maxPods: replicas and surge make %d; raise it or leave it 0" $pods))
  (list (and $outside (eq (int64 $v.fleet.maxPods) 0)) "fleet.maxPods: is missing; without replicaCount the chart cannot know how many pods there can be")
  (list (and (gt (int64 $v.terminationGracePeriodSeconds) 0) (lt (int64 $v.terminationGracePeriodSeconds) $least)) (printf "terminationGracePeriodSeconds: config.drain needs %d; raise it or leave it 0" $least))
  (list (gt (int64 $v.autoscaling.minReplicas) (int64 $v.autoscaling.maxReplicas)) "autoscaling.minReplicas: is above autoscaling.maxReplicas")
  (list (and (eq $v.strategy.type "RollingUpdate") $stuck) "strategy.maxSurge, strategy.maxUnavailable: are both 0, so no rollout could begin")
) -}}
{{- end -}}

{{- define "amperity-gateway.validate.network" -}}
{{- $v := .Values -}}
{{- $outside := and (include "amperity-gateway.hasRedis" .) (not $v.bundledRedis.enabled) -}}
{{- $alerts := list -}}
{{- range (.Files.Get "files/alerts.yaml" | fromYaml).groups }}{{ range .rules }}{{ $alerts = append $alerts .alert }}{{ end }}{{ end -}}
{{- $rule := $v.metrics.prometheusRule -}}
{{- $strangers := without (concat $rule.disabled (keys $rule.overrides)) "" | uniq -}}
{{- range $alerts }}{{ $strangers = without $strangers . }}{{ end -}}
{{- toJson (list
  (list (and $v.networkPolicy.enabled $outside (not $v.networkPolicy.egress.redis)) "networkPolicy.egress.redis: is missing; the chart cannot tell from a URL who may be reached")
  (list (and $v.ingress.enabled (not $v.ingress.hosts)) "ingress.hosts: is missing")
  (list (gt (len $strangers) 0) (printf "metrics.prometheusRule: there are no alerts called %s" (join ", " $strangers)))
  (list (and $v.httpRoute.enabled (not $v.httpRoute.parentRefs)) "httpRoute.parentRefs: is missing, the Gateways to attach to")
) -}}
{{- end -}}
