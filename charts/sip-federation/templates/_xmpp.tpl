{{/* What the XMPP gateway asks of the other values. */}}
{{- define "sip-federation.xmppCheck" -}}
{{- if .Values.xmpp.enabled -}}
{{- if gt (int .Values.replicas) 1 -}}
{{- fail "xmpp.enabled needs replicas: 1. Servers of other domains may answer over a connection of their own, which another pod may get. See docs/xmpp.md" -}}
{{- end -}}
{{- if not (include "sip-federation.xmppSecretName" .) -}}
{{- fail "xmpp.enabled needs a certificate for the local domains: set xmpp.tls.secretName, or tls.secretName. See docs/xmpp.md" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* The Secret of the certificate for the local domains. */}}
{{- define "sip-federation.xmppSecretName" -}}
{{- default .Values.tls.secretName .Values.xmpp.tls.secretName -}}
{{- end }}

{{- define "sip-federation.xmppTlsDirectory" -}}
/etc/sip-federation-xmpp-tls
{{- end }}

{{/* Where the secret is by which the operator is admitted as the local domains. */}}
{{- define "sip-federation.xmppComponentSecretFile" -}}
/run/xmpp-component/secret
{{- end }}

{{/* Ports that the containers use among themselves, on loopback. */}}
{{- define "sip-federation.xmppPorts" -}}
{{- dict "component" 5347 "operator" 8066 "router" 8067 | toJson -}}
{{- end }}

{{/* What the operator is told beside `config.xmpp`. */}}
{{- define "sip-federation.xmppConfig" -}}
{{- $ports := include "sip-federation.xmppPorts" . | fromJson -}}
{{- dict
  "enabled" true
  "componentPort" (int $ports.component)
  "componentSecretFile" (include "sip-federation.xmppComponentSecretFile" .)
  "sipPort" (int $ports.operator)
  "routerSipPort" (int $ports.router) | toJson -}}
{{- end }}

{{/* The secret, which is the pod's own: made when the pod starts, kept in memory, and gone with it. */}}
{{- define "sip-federation.xmppComponentSecret" -}}
- name: xmpp-component-secret
  image: {{ include "sip-federation.image" (dict "root" . "image" .Values.images.xmppGateway) }}
  imagePullPolicy: {{ .Values.images.pullPolicy }}
  command:
    - /bin/sh
    - -euc
    - umask 077; head -c 32 /dev/urandom | base64 -w 0 >{{ include "sip-federation.xmppComponentSecretFile" . }}
  securityContext:
    {{- include "sip-federation.containerSecurityContext" . | nindent 4 }}
  resources:
    {{- toYaml .Values.xmpp.resources | nindent 4 }}
  volumeMounts:
    - name: xmpp-component
      mountPath: {{ include "sip-federation.xmppComponentSecretFile" . | dir }}
{{- end }}

{{/* A native sidecar without a say in readiness: where it is down, SIP goes on. */}}
{{- define "sip-federation.xmppGateway" -}}
{{- $domains := list -}}
{{- range .Values.config.localDomains }}{{ $domains = append $domains (trimSuffix "." . | lower) }}{{ end -}}
- name: xmpp-gateway
  image: {{ include "sip-federation.image" (dict "root" . "image" .Values.images.xmppGateway) }}
  imagePullPolicy: {{ .Values.images.pullPolicy }}
  restartPolicy: Always
  env:
    - name: POD_IPS
      valueFrom:
        fieldRef:
          fieldPath: status.podIPs
    - name: XMPP_DOMAINS
      value: {{ join "," $domains | quote }}
    - name: XMPP_COMPONENT_SECRET_FILE
      value: {{ include "sip-federation.xmppComponentSecretFile" . }}
    - name: XMPP_COMPONENT_PORT
      value: {{ (include "sip-federation.xmppPorts" . | fromJson).component | toString | quote }}
    - name: XMPP_S2S_PORT
      value: "5269"
    - name: TLS_DIRECTORY
      value: {{ include "sip-federation.xmppTlsDirectory" . }}
    {{- with .Values.xmpp.dnsServers }}
    - name: XMPP_DNS_SERVERS
      value: {{ join "," . | quote }}
    {{- end }}
    {{- with .Values.xmpp.allowedNetworks }}
    - name: XMPP_ALLOWED_NETWORKS
      value: {{ join "," . | quote }}
    {{- end }}
    {{- range $name, $value := dict
      "XMPP_MAX_CONNECTIONS" .Values.xmpp.maxConnections
      "XMPP_MAX_PER_SOURCE" .Values.xmpp.maxConnectionsPerSource
      "XMPP_LOG_LEVEL" .Values.xmpp.logLevel }}
    {{- if $value }}
    - name: {{ $name }}
      value: {{ $value | toString | quote }}
    {{- end }}
    {{- end }}
    - name: RUN_DIRECTORY
      value: /run/xmpp-gateway
  ports:
    - name: xmpp-server
      containerPort: 5269
  # No startup probe: the operator and the router would wait for it
  livenessProbe:
    tcpSocket:
      port: xmpp-server
    initialDelaySeconds: 10
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 3
  securityContext:
    {{- include "sip-federation.containerSecurityContext" . | nindent 4 }}
  resources:
    {{- toYaml .Values.xmpp.resources | nindent 4 }}
  volumeMounts:
    - name: xmpp-run
      mountPath: /run/xmpp-gateway
    {{- include "sip-federation.xmppComponentMount" . | nindent 4 }}
    - name: xmpp-tls
      mountPath: {{ include "sip-federation.xmppTlsDirectory" . }}
      readOnly: true
{{- end }}

{{- define "sip-federation.xmppComponentMount" -}}
- name: xmpp-component
  mountPath: {{ include "sip-federation.xmppComponentSecretFile" . | dir }}
  readOnly: true
{{- end }}

{{- define "sip-federation.xmppVolumes" -}}
- name: xmpp-component
  emptyDir:
    medium: Memory
    sizeLimit: 1Mi
- name: xmpp-run
  emptyDir:
    medium: Memory
    sizeLimit: 1Mi
- name: xmpp-tls
  projected:
    sources:
      - secret:
          name: {{ include "sip-federation.xmppSecretName" . }}
          items:
            - key: tls.crt
              path: tls.crt
            - key: tls.key
              path: tls.key
      {{- with .Values.xmpp.tls.authorities }}
      {{- if .configMapName }}
      - configMap:
          name: {{ .configMapName }}
          items:
            - key: {{ .key }}
              path: ca.crt
      {{- else }}
      # Where it has none, the public authorities count, which the image has.
      - secret:
          name: {{ include "sip-federation.xmppSecretName" $ }}
          optional: true
          items:
            - key: ca.crt
              path: ca.crt
      {{- end }}
      {{- end }}
{{- end }}
