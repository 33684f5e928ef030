{{/* What the pods of both components have in common. */}}

{{- define "wsfleet.podMetadata" -}}
labels:
  {{- include "wsfleet.selectorLabels" . | nindent 2 }}
  {{- /* Not the chart's version: a chart that changes nothing here restarts nothing. */}}
  app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
  app.kubernetes.io/part-of: wsfleet
  {{- with .root.Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  kubectl.kubernetes.io/default-container: {{ .component }}
  {{- with .root.Values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Call with the root. */}}
{{- define "wsfleet.podIdentity" -}}
automountServiceAccountToken: false
{{/* Kubernetes would set variables such as WSFLEET_AGENT_… for Services of that name, and the programs read variables. */ -}}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  {{- with .Values.podSecurity.runAsUser }}
  runAsUser: {{ int . }}
  runAsGroup: {{ int . }}
  {{- end }}
  {{- with .Values.podSecurity.fsGroup }}
  fsGroup: {{ int . }}
  {{- /* Only a new volume: afterwards it would open the key files to the group, and they would be refused. */}}
  fsGroupChangePolicy: OnRootMismatch
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "wsfleet.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  capabilities:
    drop: [ALL]
  privileged: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
{{- end -}}

{{/* On the plain health port, since probes of Kubernetes have no client certificate. /livez says that the process works, whatever it reaches; /readyz that it serves. */}}
{{- define "wsfleet.probes" -}}
startupProbe:
  httpGet: {path: /livez, port: http}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /livez, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end -}}

{{/* Time for the pod's removal to reach whoever looks at it. Not a signal: a second SIGTERM ends an agent at once. Call with the seconds. */}}
{{- define "wsfleet.preStop" -}}
{{- if gt (int .) 0 -}}
lifecycle:
  preStop:
    exec:
      command: [/bin/sleep, {{ int . | quote }}]
{{- end -}}
{{- end -}}

{{/* Call with (dict "settings" S "selector" LABELS). */}}
{{- define "wsfleet.scheduling" -}}
{{- with .settings.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.topologySpread }}
topologySpreadConstraints:
  {{- range . }}
  - topologyKey: {{ .topologyKey | quote }}
    maxSkew: {{ int .maxSkew }}
    whenUnsatisfiable: {{ .whenUnsatisfiable }}
    labelSelector:
      matchLabels:
        {{- $.selector | nindent 8 }}
  {{- end }}
{{- end }}
{{- with .settings.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- end -}}

{{/* Each file by name, so that a Secret without it keeps the pod from starting and the event names the key. Call with (dict "name" VOLUME "secret" NAME "keys" KEYS). */}}
{{- define "wsfleet.secretVolume" -}}
- name: {{ .name }}
  secret:
    secretName: {{ .secret | quote }}
    defaultMode: 288 # 0440: the files belong to root, the pod's group may read them
    items:
      {{- range .keys }}
      - {key: {{ . }}, path: {{ . }}}
      {{- end }}
{{- end -}}

{{/* Call with what wsfleet.coordinator.files or wsfleet.agents.files says. */}}
{{- define "wsfleet.fileVolumes" -}}
{{- range $folder, $file := . }}
- name: {{ $folder }}
  configMap: {name: {{ $file.configMap | quote }}}
{{- end }}
{{- end -}}

{{/* Secrets that suites refer to. Call with a list of names. */}}
{{- define "wsfleet.suiteSecretVolumes" -}}
{{- range $index, $name := . }}
- name: suite-secret-{{ $index }}
  secret:
    secretName: {{ $name | quote }}
    defaultMode: 288
{{- end }}
{{- end -}}

{{- define "wsfleet.suiteSecretMounts" -}}
{{- range $index, $name := . }}
- name: suite-secret-{{ $index }}
  mountPath: /etc/wsfleet/secrets/{{ $name }}
  readOnly: true
{{- end }}
{{- end -}}

{{/* Labels of a claim never change: a StatefulSet's template of it cannot. Call with (dict "labels" LABELS "volume" SETTINGS). */}}
{{- define "wsfleet.claimTemplate" -}}
metadata:
  name: data
  labels:
    {{- .labels | nindent 4 }}
spec:
  accessModes: [{{ .volume.accessMode | default "ReadWriteOnce" }}]
  {{- with .volume.storageClass }}
  storageClassName: {{ . | quote }}
  {{- end }}
  resources:
    requests:
      storage: {{ .volume.size }}
{{- end -}}
