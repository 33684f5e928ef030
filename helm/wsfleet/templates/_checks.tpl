{{/* What goes together; values.schema.json says what each value may be. Each message: what was found, what is needed. */}}

{{- define "wsfleet.checks" -}}
{{- include "wsfleet.checks.names" . -}}
{{- if eq .Values.image.tag "latest" -}}
{{- fail "image.tag is latest, which is another image tomorrow: expected a version, or image.digest" -}}
{{- end -}}
{{- if and .Values.checkApis (not (.Capabilities.APIVersions.Has "policy/v1")) -}}
{{- fail "this cluster has no policy/v1: expected Kubernetes 1.25 or later" -}}
{{- end -}}
{{- if not (or .Values.coordinator.enabled .Values.agents.enabled) -}}
{{- fail "coordinator.enabled and agents.enabled are both false: nothing would be installed; enable one" -}}
{{- end -}}
{{- if .Values.coordinator.enabled -}}
{{- include "wsfleet.checks.store" . -}}
{{- include "wsfleet.checks.coordinatorTls" . -}}
{{- include "wsfleet.checks.services" . -}}
{{- end -}}
{{- if .Values.agents.enabled -}}
{{- include "wsfleet.checks.agents" . -}}
{{- end -}}
{{- include "wsfleet.checks.monitoring" . -}}
{{- end -}}

{{- define "wsfleet.checks.names" -}}
{{- $name := include "wsfleet.fullname" . -}}
{{- if gt (len $name) 40 -}}
{{- fail (printf "the objects' names begin with %q, which has %d characters: expected 40 at most; set fullnameOverride" $name (len $name)) -}}
{{- end -}}
{{- end -}}

{{- define "wsfleet.checks.store" -}}
{{- with .Values.coordinator -}}
{{- if eq .store.type "sqlite" -}}
{{- if ne (int .replicas) 1 -}}
{{- fail (printf "coordinator.replicas is %d, and store.type sqlite is a file of one coordinator: set replicas to 1, or store.type to postgres" (int .replicas)) -}}
{{- end -}}
{{- else -}}
{{- if not .store.postgres.hosts -}}
{{- fail "coordinator.store.type is postgres and store.postgres.hosts is empty: expected host:port of the database" -}}
{{- end -}}
{{- if not .store.postgres.existingSecret -}}
{{- fail "coordinator.store.type is postgres and store.postgres.existingSecret is empty: expected the name of a Secret with the key password" -}}
{{- end -}}
{{- if not .store.postgres.keySecret -}}
{{- fail "coordinator.store.type is postgres and store.postgres.keySecret is empty: expected the name of a Secret with the key secrets.key, 32 random bytes that all replicas share" -}}
{{- end -}}
{{- if and (hasPrefix "verify-" .store.postgres.sslMode) (not .store.postgres.caSecret) -}}
{{- fail (printf "coordinator.store.postgres.sslMode is %s and caSecret is empty: expected the name of a Secret with the key ca.crt, the authority of the database's certificate" .store.postgres.sslMode) -}}
{{- end -}}
{{- end -}}
{{- if and (eq .tls.mode "ownCa") (not .advertise.enabled) -}}
{{- fail "coordinator.tls.mode ownCa takes the names of its certificate from advertise, and advertise.enabled is false: enable it" -}}
{{- end -}}
{{- if and (eq .tls.mode "ownCa") (contains "$(POD_NAME)" (printf "%s%s" .advertise.agents .advertise.clients)) -}}
{{- fail "coordinator.advertise has $(POD_NAME), which is for replicas, and tls.mode is ownCa: expected one name" -}}
{{- end -}}
{{- if ne (empty .advertise.agents) (empty .advertise.clients) -}}
{{- fail "coordinator.advertise.agents and advertise.clients go together: give both or none" -}}
{{- end -}}
{{- if and .advertise.enabled (gt (int .replicas) 1) -}}
{{- range $listener, $address := dict "agents" .advertise.agents "clients" .advertise.clients -}}
{{- if and $address (not (contains "$(POD_NAME)" $address)) -}}
{{- fail (printf "coordinator.advertise.%s is %s for all of %d replicas, and each sends there whom it alone can serve: expected a name of its own for each, with $(POD_NAME) in it, or advertise.enabled false" $listener $address (int $.Values.coordinator.replicas)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "wsfleet.checks.coordinatorTls" -}}
{{- with .Values.coordinator -}}
{{- if and (eq .tls.mode "ownCa") (eq .store.type "postgres") -}}
{{- fail "coordinator.tls.mode ownCa keeps its authority on the volume of store.type sqlite, and store.type is postgres: use tls.mode existingSecret or certManager" -}}
{{- end -}}
{{- if and (eq .tls.mode "existingSecret") (not .tls.existingSecret) -}}
{{- fail "coordinator.tls.mode is existingSecret and tls.existingSecret is empty: expected the name of a Secret with tls.crt, tls.key and ca.crt" -}}
{{- end -}}
{{- if and .tls.dnsNames (ne .tls.mode "certManager") -}}
{{- fail (printf "coordinator.tls.dnsNames goes into the certificate of tls.mode certManager, and tls.mode is %s" .tls.mode) -}}
{{- end -}}
{{- if eq .tls.mode "certManager" -}}
{{- include "wsfleet.checks.certManager" (dict "root" $ "path" "coordinator.tls" "settings" .tls.certManager) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "wsfleet.checks.certManager" -}}
{{- if not .settings.issuerRef.name -}}
{{- fail (printf "%s.mode is certManager and %s.certManager.issuerRef.name is empty: expected the name of an Issuer" .path .path) -}}
{{- end -}}
{{- if and .root.Values.checkApis (not (.root.Capabilities.APIVersions.Has "cert-manager.io/v1")) -}}
{{- fail (printf "%s.mode is certManager, and this cluster has no cert-manager.io/v1: install cert-manager first, or use mode existingSecret (without a cluster: checkApis false, or --api-versions cert-manager.io/v1)" .path) -}}
{{- end -}}
{{- end -}}

{{- define "wsfleet.checks.services" -}}
{{- range $name, $service := .Values.coordinator.services -}}
{{- if and (ne $service.type "LoadBalancer") (or $service.loadBalancerClass $service.loadBalancerSourceRanges) -}}
{{- fail (printf "coordinator.services.%s has settings of a load balancer, and its type is %s: expected LoadBalancer" $name $service.type) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "wsfleet.checks.agents" -}}
{{- $agents := .Values.agents -}}
{{- $mode := $agents.identity.mode -}}
{{- if not $agents.regions -}}
{{- fail "agents.enabled is true and agents.regions is empty: expected at least one, such as eu-west-1: {}" -}}
{{- end -}}
{{- if not (or .Values.coordinator.enabled $agents.coordinators) -}}
{{- fail "agents.coordinators is empty and coordinator.enabled is false: expected host:port of a coordinator's agent listener" -}}
{{- end -}}
{{- if eq $mode "joinToken" -}}
{{- if and $agents.coordinators (not $agents.enrolment) -}}
{{- fail "agents.coordinators is given and agents.enrolment is not: identity.mode joinToken needs host:port of the same coordinator's enrolment listener" -}}
{{- end -}}
{{- if and (not $agents.enrolment) (ne .Values.coordinator.tls.mode "ownCa") -}}
{{- fail (printf "agents.identity.mode is joinToken, and the coordinator of this release has no authority to enrol with (tls.mode %s): use identity.mode existingSecret or certManager" .Values.coordinator.tls.mode) -}}
{{- end -}}
{{- end -}}
{{- if eq $mode "certManager" -}}
{{- include "wsfleet.checks.certManager" (dict "root" . "path" "agents.identity" "settings" $agents.identity.certManager) -}}
{{- end -}}
{{- range $region, $overrides := $agents.regions -}}
{{- $settings := include "wsfleet.agents.settings" (dict "root" $ "overrides" $overrides) | fromYaml -}}
{{- include "wsfleet.checks.region" (dict "root" $ "region" $region "settings" $settings) -}}
{{- end -}}
{{- end -}}

{{- define "wsfleet.checks.region" -}}
{{- $mode := .root.Values.agents.identity.mode -}}
{{- if and (ne $mode "certManager") (not .settings.existingSecret) -}}
{{- $keys := ternary "token and ca.crt" "tls.crt, tls.key and ca.crt" (eq $mode "joinToken") -}}
{{- fail (printf "agents.regions.%s has no existingSecret, and identity.mode is %s: expected the name of a Secret with %s" .region $mode $keys) -}}
{{- end -}}
{{- $name := include "wsfleet.agents.name" . -}}
{{- if gt (len $name) 52 -}}
{{- fail (printf "agents.regions.%s makes the name %q, which has %d characters: expected 52 at most; set fullnameOverride" .region $name (len $name)) -}}
{{- end -}}
{{- if and (eq .settings.volume.type "emptyDir") .settings.volume.storageClass -}}
{{- fail (printf "agents.regions.%s: volume.storageClass goes with volume.type claim, and type is emptyDir" .region) -}}
{{- end -}}
{{- $size := int64 (include "wsfleet.checks.mib" .settings.volume.size) -}}
{{- /* A tenth is for the identity, and for what the spool's own file costs. */ -}}
{{- if gt (mul 10 (int64 .settings.spoolMib)) (mul 9 $size) -}}
{{- fail (printf "agents.regions.%s: spoolMib is %d, and volume.size is %s: expected nine tenths of it at most; beyond its size a volume is full, or the pod is evicted" .region (int64 .settings.spoolMib) .settings.volume.size) -}}
{{- end -}}
{{- end -}}

{{/* A size, such as 1Gi, in MiB. */}}
{{- define "wsfleet.checks.mib" -}}
{{- $number := int64 (regexFind "^[0-9]+" .) -}}
{{- $unit := regexFind "[A-Za-z]+$" . -}}
{{- $whole := dict "Mi" 1 "Gi" 1024 "Ti" 1048576 -}}
{{- $bytes := dict "M" 1000000 "G" 1000000000 "T" 1000000000000 -}}
{{- if hasKey $whole $unit -}}
{{- mul $number (int64 (get $whole $unit)) -}}
{{- else -}}
{{- div (mul $number (int64 (get $bytes $unit))) 1048576 -}}
{{- end -}}
{{- end -}}

{{- define "wsfleet.checks.monitoring" -}}
{{- range $kind := list "serviceMonitor" "prometheusRule" -}}
{{- if and $.Values.checkApis (get $.Values.monitoring $kind).enabled (not ($.Capabilities.APIVersions.Has "monitoring.coreos.com/v1")) -}}
{{- fail (printf "monitoring.%s.enabled is true, and this cluster has no monitoring.coreos.com/v1: install the Prometheus operator first (without a cluster: checkApis false, or --api-versions monitoring.coreos.com/v1)" $kind) -}}
{{- end -}}
{{- end -}}
{{- end -}}
