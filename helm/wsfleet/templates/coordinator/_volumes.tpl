{{/* Files of the coordinator; _flags.tpl names the paths. */}}

{{- define "wsfleet.coordinator.mounts" -}}
{{- $c := .Values.coordinator -}}
- {name: tmp, mountPath: /tmp}
- {name: client, mountPath: /etc/wsfleet/client, readOnly: true}
{{- range $name, $_ := include "wsfleet.coordinator.files" . | fromYaml }}
- {name: {{ $name }}, mountPath: /etc/wsfleet/{{ $name }}, readOnly: true}
{{- end }}
{{- if eq $c.store.type "sqlite" }}
- {name: data, mountPath: /var/lib/wsfleet}
{{- else }}
- {name: key, mountPath: /var/lib/wsfleet/state, readOnly: true}
{{- if $c.store.postgres.caSecret }}
- {name: postgres, mountPath: /etc/wsfleet/postgres, readOnly: true}
{{- end }}
{{- end }}
{{- if ne $c.tls.mode "ownCa" }}
- {name: tls, mountPath: /etc/wsfleet/tls, readOnly: true}
{{- end }}
{{- if $c.evidence.existingClaim }}
- {name: evidence, mountPath: /var/log/targets, readOnly: true}
{{- end }}
{{- include "wsfleet.suiteSecretMounts" $c.secretMounts }}
{{- end -}}

{{- define "wsfleet.coordinator.volumes" -}}
{{- $c := .Values.coordinator -}}
- name: tmp
  emptyDir: {sizeLimit: 256Mi}
{{ include "wsfleet.secretVolume" (dict "name" "client" "secret" $c.clientToken.existingSecret "keys" (list "token")) }}
{{- if eq $c.store.type "postgres" }}
{{ include "wsfleet.secretVolume" (dict "name" "key" "secret" $c.store.postgres.keySecret "keys" (list "secrets.key")) }}
{{- with $c.store.postgres.caSecret }}
{{ include "wsfleet.secretVolume" (dict "name" "postgres" "secret" . "keys" (list "ca.crt")) }}
{{- end }}
{{- end }}
{{- if ne $c.tls.mode "ownCa" }}
{{ include "wsfleet.secretVolume" (dict "name" "tls" "secret" (include "wsfleet.coordinator.tlsSecret" .) "keys" (list "tls.crt" "tls.key" "ca.crt")) }}
{{- end }}
{{- include "wsfleet.fileVolumes" (include "wsfleet.coordinator.files" . | fromYaml) }}
{{- with $c.evidence.existingClaim }}
- name: evidence
  persistentVolumeClaim: {claimName: {{ . | quote }}, readOnly: true}
{{- end }}
{{- include "wsfleet.suiteSecretVolumes" $c.secretMounts }}
{{- end -}}
