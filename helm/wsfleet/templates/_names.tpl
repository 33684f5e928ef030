{{/* Names, labels, addresses, images. */}}

{{- define "wsfleet.name" -}}
{{- default .Chart.Name .Values.nameOverride -}}
{{- end -}}

{{/* First part of every name. _checks.tpl refuses one that is too long for what comes behind it. */}}
{{- define "wsfleet.fullname" -}}
{{- $name := include "wsfleet.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name -}}
{{- end -}}
{{- end -}}

{{- define "wsfleet.coordinator.name" -}}
{{- include "wsfleet.fullname" . }}-coordinator
{{- end -}}

{{/* Call with (dict "root" $ "region" NAME). Pods are NAME-0, NAME-1, …, and so are the agents' ids. */}}
{{- define "wsfleet.agents.name" -}}
{{- include "wsfleet.fullname" .root }}-agent-{{ .region }}
{{- end -}}

{{/* What selectors of a component select; never changes, since a StatefulSet's selector cannot. Call with (dict "root" $ "component" NAME), and "region" for agents. */}}
{{- define "wsfleet.selectorLabels" -}}
app.kubernetes.io/name: {{ include "wsfleet.name" .root | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- with .region }}
wsfleet/region: {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "wsfleet.labels" -}}
{{ include "wsfleet.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: wsfleet
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "wsfleet.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (default $.Chart.AppVersion .tag) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Listeners of the programs: the same number on a pod and on its Service. */}}
{{- define "wsfleet.ports" -}}
agents: 7420
clients: 7421
enrolment: 7423
http: 7424
{{- end -}}

{{/* Services of the coordinator, and the listeners behind each. Enrolment needs the coordinator's own authority; it is reached by the name that agents dial, so that one name in the certificate does for both. */}}
{{- define "wsfleet.coordinator.services" -}}
agents: {{ ternary (list "agents" "enrolment") (list "agents") (eq .Values.coordinator.tls.mode "ownCa") | toJson }}
clients: [clients]
{{- end -}}

{{/* All listeners but the one of health and metrics. */}}
{{- define "wsfleet.coordinator.listeners" -}}
{{- $services := include "wsfleet.coordinator.services" . | fromYaml -}}
{{- concat $services.agents $services.clients | toYaml -}}
{{- end -}}

{{/* host:port of a Service of the coordinator. Call with (dict "root" $ "listener" NAME). */}}
{{- define "wsfleet.coordinator.address" -}}
{{- $ports := include "wsfleet.ports" . | fromYaml -}}
{{- printf "%s-%s.%s.svc.%s:%v" (include "wsfleet.coordinator.name" .root) .listener .root.Release.Namespace .root.Values.clusterDomain (get $ports .listener) -}}
{{- end -}}

{{/* host:port of one replica, $(POD_NAME) in it. */}}
{{- define "wsfleet.coordinator.podAddress" -}}
{{- $ports := include "wsfleet.ports" . | fromYaml -}}
{{- printf "$(POD_NAME).%s-pods.%s.svc.%s:%v" (include "wsfleet.coordinator.name" .root) .root.Release.Namespace .root.Values.clusterDomain (get $ports .listener) -}}
{{- end -}}

{{/* What the coordinator calls itself to agents or clients. Of one replica the Service's name is good, and short. Call with (dict "root" $ "listener" NAME). */}}
{{- define "wsfleet.coordinator.advertised" -}}
{{- $given := get .root.Values.coordinator.advertise .listener -}}
{{- if $given -}}
{{- $given -}}
{{- else if eq .root.Values.coordinator.store.type "postgres" -}}
{{- include "wsfleet.coordinator.podAddress" . -}}
{{- else -}}
{{- include "wsfleet.coordinator.address" . -}}
{{- end -}}
{{- end -}}

{{/* Where this release dials its coordinator: under a name that stands in the certificate. Call with (dict "root" $ "listener" NAME). */}}
{{- define "wsfleet.coordinator.dialled" -}}
{{- if eq .root.Values.coordinator.tls.mode "ownCa" -}}
{{- include "wsfleet.coordinator.advertised" . -}}
{{- else -}}
{{- include "wsfleet.coordinator.address" . -}}
{{- end -}}
{{- end -}}

{{/* Names in the certificate of its own authority: as it is dialled, and through a port-forward. */}}
{{- define "wsfleet.coordinator.certified" -}}
{{- $names := list -}}
{{- range $listener := list "agents" "clients" -}}
{{- $names = append $names (regexReplaceAll ":[0-9]+$" (include "wsfleet.coordinator.advertised" (dict "root" $ "listener" $listener)) "") -}}
{{- end -}}
{{- concat $names (list "localhost" "127.0.0.1") | uniq | toYaml -}}
{{- end -}}

{{/* Where the agents dial: one or more, with commas between them. */}}
{{- define "wsfleet.agents.coordinators" -}}
{{- if .Values.agents.coordinators -}}
{{- join "," .Values.agents.coordinators -}}
{{- else -}}
{{- include "wsfleet.coordinator.dialled" (dict "root" . "listener" "agents") -}}
{{- end -}}
{{- end -}}

{{- define "wsfleet.agents.enrolment" -}}
{{- if .Values.agents.enrolment -}}
{{- .Values.agents.enrolment -}}
{{- else -}}
{{- $ports := include "wsfleet.ports" . | fromYaml -}}
{{- $agents := include "wsfleet.coordinator.dialled" (dict "root" . "listener" "agents") -}}
{{- regexReplaceAll ":[0-9]+$" $agents (printf ":%v" $ports.enrolment) -}}
{{- end -}}
{{- end -}}

{{/* Ports of the addresses of a coordinator that agents dial, or are sent to by it, and that are not those of Services of this release. */}}
{{- define "wsfleet.agents.outside" -}}
{{- $dialled := splitList "," (include "wsfleet.agents.coordinators" .) -}}
{{- if eq .Values.agents.identity.mode "joinToken" -}}
{{- $dialled = append $dialled (include "wsfleet.agents.enrolment" .) -}}
{{- end -}}
{{- if and .Values.coordinator.enabled (not .Values.agents.coordinators) .Values.coordinator.advertise.enabled .Values.coordinator.advertise.agents -}}
{{- $dialled = append $dialled .Values.coordinator.advertise.agents -}}
{{- end -}}
{{- $service := regexReplaceAll ":[0-9]+$" (include "wsfleet.coordinator.address" (dict "root" . "listener" "agents")) "" -}}
{{- $ports := list -}}
{{- range $dialled -}}
{{- if not (and $.Values.coordinator.enabled (hasPrefix (printf "%s:" $service) .)) -}}
{{- $ports = append $ports (regexFind "[0-9]+$" . | int) -}}
{{- end -}}
{{- end -}}
{{- $ports | uniq | toYaml -}}
{{- end -}}

{{/* Secret of TLS files of the coordinator and of a region's agents. */}}
{{- define "wsfleet.coordinator.tlsSecret" -}}
{{- if eq .Values.coordinator.tls.mode "certManager" -}}
{{- include "wsfleet.coordinator.name" . }}-tls
{{- else -}}
{{- .Values.coordinator.tls.existingSecret -}}
{{- end -}}
{{- end -}}

{{/* Call with (dict "root" $ "region" NAME "settings" SETTINGS). */}}
{{- define "wsfleet.agents.secret" -}}
{{- if eq .root.Values.agents.identity.mode "certManager" -}}
{{- include "wsfleet.agents.name" . }}-tls
{{- else -}}
{{- .settings.existingSecret -}}
{{- end -}}
{{- end -}}

{{/* Settings of a region: those of `agents`, each replaced as a whole by the region's. Call with (dict "root" $ "overrides" REGION). */}}
{{- define "wsfleet.agents.settings" -}}
{{- $settings := omit .root.Values.agents "enabled" "coordinators" "enrolment" "idPrefix" "identity" "regions" -}}
{{- range $key, $value := .overrides -}}
{{- $_ := set $settings $key $value -}}
{{- end -}}
{{- toYaml $settings -}}
{{- end -}}
