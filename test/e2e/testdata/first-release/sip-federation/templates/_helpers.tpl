{{- define "sip-federation.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
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

{{- define "sip-federation.serviceAccountName" -}}
{{- default (include "sip-federation.fullname" .) .Values.serviceAccount.name }}
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

{{/* One of the SIP Services: a dict of root, side (inside or outside) and values. */}}
{{- define "sip-federation.sipService" -}}
{{- $service := .values.service -}}
{{- $external := has $service.type (list "NodePort" "LoadBalancer") -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "sip-federation.fullname" .root }}-{{ .side }}
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
  {{- if $external }}
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
  ports:
    {{- range $protocol := list "UDP" "TCP" }}
    - name: sip-{{ lower $protocol }}
      protocol: {{ $protocol }}
      port: {{ $service.port }}
      targetPort: {{ $.side }}-{{ lower $protocol }}
      {{- if and $external $service.nodePort }}
      nodePort: {{ $service.nodePort }}
      {{- end }}
    {{- end }}
{{- end }}
