{{/* The configuration file: the values below `config`, and what follows from the pod. */}}
{{- define "sip-federation.config" -}}
{{- $listeners := list (dict "host" "0.0.0.0" "port" 5060) -}}
{{- $advertised := include "sip-federation.reachedAt" (dict "root" . "side" "outside" "values" .Values.outside) | fromJsonArray -}}
{{- if .Values.tls.secretName -}}
{{- $listeners = append $listeners (dict "host" "0.0.0.0" "port" 5061) -}}
{{- end -}}
{{- if .Values.inside.enabled -}}
{{- $listeners = append $listeners (dict "host" "0.0.0.0" "port" 5070) -}}
{{- if .Values.tls.secretName -}}
{{- $listeners = append $listeners (dict "host" "0.0.0.0" "port" 5071) -}}
{{- end -}}
{{- $advertised = concat $advertised (include "sip-federation.reachedAt" (dict "root" . "side" "inside" "values" .Values.inside) | fromJsonArray) -}}
{{- end -}}
{{- $ofThePod := dict
  "sip" (dict "listeners" $listeners "advertised" $advertised)
  "kubernetes" (dict "installation" (include "sip-federation.installation" .))
  "monitoring" (dict "host" "::" "port" 8065) -}}
{{- if .Values.tls.secretName -}}
{{- $ofThePod = set $ofThePod "tls" (dict "directory" (include "sip-federation.tlsDirectory" .)) -}}
{{- end -}}
{{- if .Values.xmpp.enabled -}}
{{- $ofThePod = set $ofThePod "xmpp" (include "sip-federation.xmppConfig" . | fromJson) -}}
{{- end -}}
{{- merge $ofThePod .Values.config | toYaml }}
{{- end }}

{{/* Every address by which one side is reached, as JSON: so that no route leads back here. */}}
{{- define "sip-federation.reachedAt" -}}
{{- $fullname := include "sip-federation.fullname" .root -}}
{{- $services := list (printf "%s-%s.%s.svc" $fullname .side .root.Release.Namespace) -}}
{{- if .values.service.separateUdp -}}
{{- $services = append $services (printf "%s-%s-udp.%s.svc" $fullname .side .root.Release.Namespace) -}}
{{- end -}}
{{- $ports := list (dict "service" .values.service.port "advertise" .values.advertise.port) -}}
{{- if .root.Values.tls.secretName -}}
{{- $ports = append $ports (dict "service" .values.service.tlsPort "advertise" .values.advertise.tlsPort) -}}
{{- end -}}
{{- $hosts := list -}}
{{- range $port := $ports -}}
{{- range $services -}}
{{- range list . (printf "%s.cluster.local" .) -}}
{{- $hosts = append $hosts (dict "host" . "port" (int $port.service)) -}}
{{- end -}}
{{- end -}}
{{- range compact (list $.values.advertise.ipv4 $.values.advertise.ipv6) | uniq -}}
{{- $hosts = append $hosts (dict "host" . "port" (default $port.service $port.advertise | int)) -}}
{{- end -}}
{{- end -}}
{{- toJson $hosts }}
{{- end }}

{{- define "sip-federation.tlsDirectory" -}}
/etc/sip-federation-tls
{{- end }}

{{/* An advertised address as the router takes it, host:port: a dict of values, family, and port or tlsPort. */}}
{{- define "sip-federation.advertise" -}}
{{- $port := default "port" .port -}}
{{- $host := index .values.advertise .family -}}
{{- if contains ":" $host }}{{ $host = printf "[%s]" (trimAll "[]" $host) }}{{ end -}}
{{- if $host }}{{ printf "%s:%d" $host (default (index .values.service $port) (index .values.advertise $port) | int) }}{{ end -}}
{{- end }}
