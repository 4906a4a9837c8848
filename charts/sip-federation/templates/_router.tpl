{{/* The environment of the SIP router: see kamailio-run. */}}
{{- define "sip-federation.routerEnvironment" -}}
{{- $own := include "sip-federation.reachedAt" (dict "root" . "side" "outside" "values" .Values.outside) | fromJsonArray -}}
{{- if .Values.inside.enabled -}}
{{- $own = concat $own (include "sip-federation.reachedAt" (dict "root" . "side" "inside" "values" .Values.inside) | fromJsonArray) -}}
{{- end -}}
{{- $names := list -}}
{{- range $own }}{{ $names = append $names .host }}{{ end -}}
{{- $environment := dict
  "OWN_HOSTS" (join "," (uniq $names))
  "SIP_PORT" 5060
  "HEALTH_PORT" 8060
  "WORKERS" .Values.router.workers
  "HOLD_MS" (mulf 1000 (default 2 .Values.config.discovery.timeoutSeconds) | int)
  "HOLD_LIMIT" .Values.config.discovery.maxQuestions
  "SHARED_MEMORY_MB" .Values.router.sharedMemoryMiB
  "MAX_CONNECTIONS" .Values.router.maxConnections
  "MAX_PER_SOURCE" .Values.router.maxConnectionsPerSource
  "SERVING_LOG_LEVEL" .Values.router.logLevel
  "RUN_DIRECTORY" "/run/sip-router"
  "SNAPSHOT_DIRECTORY" "/var/lib/sip-federation"
  "ADVERTISED_IPV4" (include "sip-federation.advertise" (dict "values" .Values.outside "family" "ipv4"))
  "ADVERTISED_IPV6" (include "sip-federation.advertise" (dict "values" .Values.outside "family" "ipv6")) -}}
{{- if .Values.inside.enabled -}}
{{- $environment = merge $environment (dict
  "SIP_INSIDE_PORT" 5070
  "INSIDE_ADVERTISED_IPV4" (include "sip-federation.advertise" (dict "values" .Values.inside "family" "ipv4"))
  "INSIDE_ADVERTISED_IPV6" (include "sip-federation.advertise" (dict "values" .Values.inside "family" "ipv6"))) -}}
{{- end -}}
{{- if .Values.tls.secretName -}}
{{- $environment = merge $environment (dict
  "TLS_DIRECTORY" (include "sip-federation.tlsDirectory" .)
  "TLS_PORT" 5061
  "ADVERTISED_TLS_IPV4" (include "sip-federation.advertise" (dict "values" .Values.outside "family" "ipv4" "port" "tlsPort"))
  "ADVERTISED_TLS_IPV6" (include "sip-federation.advertise" (dict "values" .Values.outside "family" "ipv6" "port" "tlsPort"))) -}}
{{- if .Values.inside.enabled -}}
{{- $environment = merge $environment (dict
  "TLS_INSIDE_PORT" 5071
  "INSIDE_ADVERTISED_TLS_IPV4" (include "sip-federation.advertise" (dict "values" .Values.inside "family" "ipv4" "port" "tlsPort"))
  "INSIDE_ADVERTISED_TLS_IPV6" (include "sip-federation.advertise" (dict "values" .Values.inside "family" "ipv6" "port" "tlsPort"))) -}}
{{- end -}}
{{- end -}}
{{- if .Values.xmpp.enabled -}}
{{- $ports := include "sip-federation.xmppPorts" . | fromJson -}}
{{- $environment = merge $environment (dict "GATEWAY_PORT" $ports.operator "GATEWAY_LISTEN_PORT" $ports.router) -}}
{{- end -}}
{{- range $name, $value := $environment }}
{{- if $value }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end }}
{{- end }}
