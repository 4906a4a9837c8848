{{/* The configuration file: the values below `config`, and what follows from the pod. */}}
{{- define "sip-federation.config" -}}
{{- $listeners := list (dict "host" "0.0.0.0" "port" 5060) -}}
{{- $advertised := include "sip-federation.reachedAt" (dict "root" . "side" "outside" "values" .Values.outside) | fromJsonArray -}}
{{- if .Values.inside.enabled -}}
{{- $listeners = append $listeners (dict "host" "0.0.0.0" "port" 5070) -}}
{{- $advertised = concat $advertised (include "sip-federation.reachedAt" (dict "root" . "side" "inside" "values" .Values.inside) | fromJsonArray) -}}
{{- end -}}
{{- $ofThePod := dict
  "sip" (dict "listeners" $listeners "advertised" $advertised)
  "kubernetes" (dict "installation" (include "sip-federation.fullname" . | trunc 40 | trimSuffix "-"))
  "monitoring" (dict "host" "::" "port" 8065) -}}
{{- merge $ofThePod .Values.config | toYaml }}
{{- end }}

{{/* Every address by which one side is reached, as JSON: so that no route leads back here. */}}
{{- define "sip-federation.reachedAt" -}}
{{- $service := printf "%s-%s.%s.svc" (include "sip-federation.fullname" .root) .side .root.Release.Namespace -}}
{{- $port := .values.service.port | int -}}
{{- $hosts := list (dict "host" $service "port" $port) (dict "host" (printf "%s.cluster.local" $service) "port" $port) -}}
{{- range compact (list .values.advertise.ipv4 .values.advertise.ipv6) | uniq -}}
{{- $hosts = append $hosts (dict "host" . "port" (default $port $.values.advertise.port | int)) -}}
{{- end -}}
{{- toJson $hosts }}
{{- end }}

{{/* An advertised address as the router takes it, host:port: a dict of values and family. */}}
{{- define "sip-federation.advertise" -}}
{{- $host := index .values.advertise .family -}}
{{- if contains ":" $host }}{{ $host = printf "[%s]" (trimAll "[]" $host) }}{{ end -}}
{{- if $host }}{{ printf "%s:%d" $host (default .values.service.port .values.advertise.port | int) }}{{ end -}}
{{- end }}
