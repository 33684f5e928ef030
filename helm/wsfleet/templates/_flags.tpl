{{/*
What the programs are told: every flag that the chart uses is here. tests/helm holds them against coordinator/options.cc
and agent/options.cc.
*/}}

{{- define "wsfleet.coordinator.flags" -}}
{{- $ports := include "wsfleet.ports" . | fromYaml -}}
{{- $c := .Values.coordinator -}}
- --agent-listen={{ .Values.listenAddress }}:{{ $ports.agents }}
- --client-listen={{ .Values.listenAddress }}:{{ $ports.clients }}
- --http-listen={{ .Values.listenAddress }}:{{ $ports.http }}
{{- if eq $c.tls.mode "ownCa" }}
- --enrol-listen={{ .Values.listenAddress }}:{{ $ports.enrolment }}
- --own-ca
{{- range include "wsfleet.coordinator.certified" . | fromYamlArray }}
- --tls-name={{ . }}
{{- end }}
{{- else }}
- --tls-cert=/etc/wsfleet/tls/tls.crt
- --tls-key=/etc/wsfleet/tls/tls.key
- --tls-ca=/etc/wsfleet/tls/ca.crt
{{- end }}
- --store={{ include "wsfleet.coordinator.store" . }}
- --state-dir=/var/lib/wsfleet/state
- --client-token-file=/etc/wsfleet/client/token
{{- include "wsfleet.fileFlags" (include "wsfleet.coordinator.files" . | fromYaml) }}
{{- if $c.advertise.enabled }}
- --advertise-agents={{ include "wsfleet.coordinator.advertised" (dict "root" . "listener" "agents") }}
- --advertise-clients={{ include "wsfleet.coordinator.advertised" (dict "root" . "listener" "clients") }}
{{- end }}
- --fleet={{ .Values.fleet }}
- --keep={{ $c.keep }}
- --lease-time={{ $c.leaseTime }}
- --max-attempts={{ $c.maxAttempts }}
{{- range $c.evidence.lokiUrls }}
- {{ printf "--evidence-loki=%s" . | quote }}
{{- end }}
{{- if $c.evidence.existingClaim }}
- --evidence-file=/var/log/targets
{{- end }}
- --log-level={{ .Values.logLevel }}
{{- range $c.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{/* The password comes as PGPASSWORD, so that it stands in no process list. */}}
{{- define "wsfleet.coordinator.store" -}}
{{- with .Values.coordinator.store -}}
{{- if eq .type "sqlite" -}}
/var/lib/wsfleet/wsfleet.db
{{- else -}}
{{- with .postgres -}}
{{- $verifies := hasPrefix "verify-" .sslMode -}}
postgres://{{ .user }}@{{ join "," .hosts }}/{{ .database }}?sslmode={{ .sslMode }}{{ if $verifies }}&sslrootcert=/etc/wsfleet/postgres/ca.crt{{ end }}&target_session_attrs=read-write
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Call with (dict "root" $ "region" NAME "settings" SETTINGS). */}}
{{- define "wsfleet.agents.flags" -}}
{{- $ports := include "wsfleet.ports" . | fromYaml -}}
{{- $s := .settings -}}
{{- with .root.Values -}}
- --coordinator={{ include "wsfleet.agents.coordinators" $.root }}
- --ca=/etc/wsfleet/identity/ca.crt
{{- if eq .agents.identity.mode "joinToken" }}
- --join-token-file=/etc/wsfleet/identity/token
- --enrol={{ include "wsfleet.agents.enrolment" $.root }}
- --identity-dir=/var/lib/wsfleet/identity
{{- else }}
- --cert=/etc/wsfleet/identity/tls.crt
- --key=/etc/wsfleet/identity/tls.key
{{- end }}
- --id={{ .agents.idPrefix }}$(POD_NAME)
- --region={{ $.region }}
- --fleet={{ .fleet }}
{{- range $name, $value := $s.labels }}
- {{ printf "--label=%s=%s" $name $value | quote }}
{{- end }}
- --max-shards={{ int $s.maxShards }}
- --max-sessions={{ int $s.maxSessions }}
- --drain-limit={{ int $s.drainSeconds }}s
- --spool-dir=/var/lib/wsfleet/spool
- --spool-mib={{ int $s.spoolMib }}
{{- with $s.nameServers }}
- --name-servers={{ join "," . }}
{{- end }}
{{- include "wsfleet.fileFlags" (include "wsfleet.agents.files" $s | fromYaml) }}
- --http-listen={{ .listenAddress }}:{{ $ports.http }}
- --log-level={{ .logLevel }}
{{- range $s.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* Name in an agent's certificate: a pool, that is all replicas of one StatefulSet; an agent is pool and instance. */}}
{{- define "wsfleet.agents.uri" -}}
spiffe://wsfleet/fleet/{{ .root.Values.fleet }}/region/{{ .region }}/pool/{{ include "wsfleet.agents.name" . }}
{{- end -}}

{{/*
Files of ConfigMaps that are given, each by the folder where it is mounted, /etc/wsfleet/FOLDER: the flag, and the key
that it names.
*/}}
{{- define "wsfleet.coordinator.files" -}}
{{- with .Values.coordinator -}}
{{- with .oidc.existingConfigMap }}
oidc: {configMap: {{ . | quote }}, flag: oidc, key: oidc.yaml}
{{- end }}
{{- with .policy.existingConfigMap }}
policy: {configMap: {{ . | quote }}, flag: fleet-policy, key: policy.yaml}
{{- end }}
{{- with .secrets.existingConfigMap }}
secrets-file: {configMap: {{ . | quote }}, flag: secrets, key: secrets.yaml}
{{- end }}
{{- end -}}
{{- end -}}

{{/* Call with a region's settings. */}}
{{- define "wsfleet.agents.files" -}}
{{- with .policy.existingConfigMap }}
policy: {configMap: {{ . | quote }}, flag: target-policy, key: policy.yaml}
{{- end }}
{{- with .secrets.existingConfigMap }}
secrets-file: {configMap: {{ . | quote }}, flag: secrets, key: secrets.yaml}
{{- end }}
{{- end -}}

{{- define "wsfleet.fileFlags" -}}
{{- range $folder, $file := . }}
- --{{ $file.flag }}=/etc/wsfleet/{{ $folder }}/{{ $file.key }}
{{- end }}
{{- end -}}
