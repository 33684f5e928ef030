{{/* Rules that the policies of both components have. */}}

{{/* The kubelet's probes come from the node and need none. */}}
{{- define "wsfleet.scrapeRule" -}}
- ports:
    - {port: {{ (include "wsfleet.ports" . | fromYaml).http }}, protocol: TCP}
  {{- with .Values.networkPolicy.scrapeFrom }}
  from:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "wsfleet.nameRule" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
{{- end -}}
