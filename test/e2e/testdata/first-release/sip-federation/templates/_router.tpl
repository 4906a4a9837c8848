{{/* The environment of the SIP router: see kamailio-run. */}}
{{- define "sip-federation.routerEnvironment" -}}
{{- $environment := dict
  "SIP_PORT" 5060
  "HEALTH_PORT" 8060
  "WORKERS" .Values.router.workers
  "SHARED_MEMORY_MB" .Values.router.sharedMemoryMiB
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
{{- range $name, $value := $environment }}
{{- if $value }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end }}
{{- end }}
