{{/* A rule of ingress: a dict of from, and of sip, tls (ports), or tcp (a list of them). No from: everybody. */}}
{{- define "sip-federation.admit" -}}
- ports:
    {{- with .sip }}
    - { protocol: UDP, port: {{ . }} }
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
    {{- with .tls }}
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
    {{- range .tcp }}
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
  {{- with .from }}
  from:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* What the pods may reach, where that is restricted. */}}
{{- define "sip-federation.egress" -}}
{{- $egress := .Values.networkPolicy.egress -}}
{{- $config := .Values.config -}}
{{- $dnsPorts := list 53 -}}
{{- range concat (default list $config.nextHops.dnsServers) .Values.xmpp.dnsServers -}}
{{- $port := regexFind "(@|\\]:)[0-9]+$|^[0-9.]+:[0-9]+$" . | regexFind "[0-9]+$" -}}
{{- if $port }}{{ $dnsPorts = append $dnsPorts (int $port) }}{{ end -}}
{{- end -}}
- ports:
    {{- range uniq $dnsPorts }}
    - { protocol: UDP, port: {{ . }} }
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
  {{- with $egress.dns }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
- ports:
    {{- range $egress.apiServerPorts }}
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
  {{- with $egress.apiServer }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
# SIP and XMPP: a next hop, and the other end of a dialog, may have any port
- to:
    {{- range $family := list "0.0.0.0/0" "::/0" }}
    {{- $except := list }}
    {{- range $config.dialogs.refusedNetworks }}
    {{- if eq (contains ":" .) (contains ":" $family) }}{{ $except = append $except . }}{{ end }}
    {{- end }}
    - ipBlock:
        cidr: {{ $family | quote }}
        {{- with $except }}
        except:
          {{- toYaml . | nindent 10 }}
        {{- end }}
    {{- end }}
    {{- range concat $config.insideNetworks $config.dialogs.allowedNetworks | uniq }}
    - ipBlock:
        cidr: {{ . | quote }}
    {{- end }}
    {{- with $egress.to }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
