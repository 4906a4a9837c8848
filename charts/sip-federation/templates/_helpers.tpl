{{- define "sip-federation.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{/* Helm's --reuse-values takes the values of the release before, defaults and all, so that new ones are missing. */}}
{{- define "sip-federation.valuesCheck" -}}
{{- range list "xmpp" "podDisruptionBudget" "networkPolicy" "hostNetwork" "monitoring" "tests" -}}
{{- if not (index $.Values .) -}}
{{- fail (printf "There is no value %s, as with values of an earlier release: upgrade with --reset-then-reuse-values instead of --reuse-values" .) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Short enough for the longest suffix of an object's name. */}}
{{- define "sip-federation.fullname" -}}
{{- $name := include "sip-federation.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "sip-federation.selectorLabels" -}}
app.kubernetes.io/name: {{ include "sip-federation.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sip-federation.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "sip-federation.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* Of the pod of `helm test`, which no Service may select. */}}
{{- define "sip-federation.testLabels" -}}
app.kubernetes.io/name: {{ include "sip-federation.name" . }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sip-federation.serviceAccountName" -}}
{{- default (include "sip-federation.fullname" .) .Values.serviceAccount.name }}
{{- end }}

{{/* Whether the metrics are read by anybody. */}}
{{- define "sip-federation.hasScrapers" -}}
{{- if or .Values.monitoring.enabled .Values.monitoring.serviceMonitor.enabled }}yes{{ end -}}
{{- end }}

{{/* The account that may read the metrics, and the Secret of its token. */}}
{{- define "sip-federation.scraperName" -}}
{{- include "sip-federation.fullname" . }}-metrics
{{- end }}

{{/* What the operator calls this installation. */}}
{{- define "sip-federation.installation" -}}
{{- include "sip-federation.fullname" . | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* Takes a dict of root and image. */}}
{{- define "sip-federation.image" -}}
{{- printf "%s:%s" .image.repository (default .root.Chart.AppVersion .image.tag) }}
{{- end }}

{{/* Pod Security "restricted", and nothing writable but what is mounted. */}}
{{- define "sip-federation.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* A Service that peers reach, but for its ports: a dict of root, side, values, and suffix, which goes after the side. */}}
{{- define "sip-federation.service" -}}
{{- $service := .values.service -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "sip-federation.fullname" .root }}-{{ .side }}{{ .suffix }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "sip-federation.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .side }}
  {{- with $service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ $service.type }}
  ipFamilyPolicy: {{ .root.Values.ipFamilyPolicy }}
  {{- if include "sip-federation.isExternal" $service }}
  externalTrafficPolicy: {{ $service.externalTrafficPolicy }}
  {{- end }}
  {{- if eq $service.type "LoadBalancer" }}
  {{- with $service.loadBalancerClass }}
  loadBalancerClass: {{ . }}
  {{- end }}
  {{- with $service.loadBalancerSourceRanges }}
  loadBalancerSourceRanges:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  selector:
    {{- include "sip-federation.selectorLabels" .root | nindent 4 }}
{{- end }}

{{/* Whether a Service has ports on the nodes. */}}
{{- define "sip-federation.isExternal" -}}
{{- if has .type (list "NodePort" "LoadBalancer") }}yes{{ end -}}
{{- end }}

{{/* The SIP Services of one side: a dict of root, side (inside or outside) and values. */}}
{{- define "sip-federation.sipServices" -}}
{{- if and .values.service.separateUdp .values.service.nodePort -}}
{{- fail (printf "%s.service.separateUdp and %s.service.nodePort do not go together: two Services cannot have the same node port" .side .side) -}}
{{- end -}}
{{- if .values.service.separateUdp -}}
{{ include "sip-federation.sipService" (merge (dict "protocols" (list "TCP")) .) }}
---
{{ include "sip-federation.sipService" (merge (dict "protocols" (list "UDP") "suffix" "-udp") .) }}
{{- else -}}
{{ include "sip-federation.sipService" (merge (dict "protocols" (list "UDP" "TCP")) .) }}
{{- end -}}
{{- end }}

{{- define "sip-federation.sipService" -}}
{{- $service := .values.service -}}
{{ include "sip-federation.service" . }}
  ports:
    {{- range $protocol := .protocols }}
    - name: sip-{{ lower $protocol }}
      protocol: {{ $protocol }}
      port: {{ $service.port }}
      targetPort: {{ $.side }}-{{ lower $protocol }}
      {{- if and (include "sip-federation.isExternal" $service) $service.nodePort }}
      nodePort: {{ $service.nodePort }}
      {{- end }}
    {{- end }}
    {{- if and .root.Values.tls.secretName (has "TCP" .protocols) }}
    - name: sip-tls
      protocol: TCP
      port: {{ $service.tlsPort }}
      targetPort: {{ .side }}-tls
    {{- end }}
{{- end }}

{{/* Where both containers find the certificate, if there is one. */}}
{{- define "sip-federation.tlsMount" -}}
{{- if .Values.tls.secretName -}}
- name: tls
  mountPath: {{ include "sip-federation.tlsDirectory" . }}
  readOnly: true
{{- end -}}
{{- end }}
