{{/* What would be open to others in the network of the node is refused. */}}
{{- define "sip-federation.hostNetworkCheck" -}}
{{- if .Values.hostNetwork.enabled -}}
{{- if .Values.inside.enabled -}}
{{- fail "hostNetwork.enabled needs inside.enabled=false: whoever reaches port 5070 of the node would count as inside. Name your own platform in config.insideNetworks" -}}
{{- end -}}
{{- if .Values.xmpp.enabled -}}
{{- fail "hostNetwork.enabled and xmpp.enabled do not go together: whatever runs on the node could speak as any XMPP domain, over loopback" -}}
{{- end -}}
{{- if .Values.networkPolicy.enabled -}}
{{- fail "hostNetwork.enabled and networkPolicy.enabled do not go together: a NetworkPolicy has no effect on pods in the network of their node. Use a firewall of the node" -}}
{{- end -}}
{{- if not (and .Values.hostNetwork.dedicatedNodes (or .Values.nodeSelector .Values.affinity)) -}}
{{- fail "hostNetwork.enabled needs nodes of its own: the router is programmed over loopback, which every process of the node and every other pod in its network can reach. Taint and label nodes, set nodeSelector (or affinity) and tolerations, and say hostNetwork.dedicatedNodes=true. See docs/how-to/expose.md" -}}
{{- end -}}
{{- end -}}
{{- end }}
