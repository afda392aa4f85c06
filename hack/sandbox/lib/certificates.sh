# Certificates and kubeconfigs: one authority a sandbox, made by openssl, thrown away with the sandbox.
# shellcheck shell=bash

pki() { printf '%s/pki/%s\n' "$SANDBOX_STATE" "$1"; }

make_certificates() {
  local node
  mkdir -p "$SANDBOX_STATE/pki"
  chmod 700 "$SANDBOX_STATE/pki"
  if [[ -s $(pki complete) ]]; then return 0; fi
  openssl ecparam -name prime256v1 -genkey -noout -out "$(pki ca.key)"
  openssl req -x509 -new -key "$(pki ca.key)" -subj /CN=packetcapture-sandbox -days 3650 -out "$(pki ca.crt)"
  openssl genrsa -out "$(pki service-account.key)" 2048
  openssl rsa -in "$(pki service-account.key)" -pubout -out "$(pki service-account.pub)"

  issue_certificate kube-apiserver /CN=kube-apiserver serverAuth \
    "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,IP:$SANDBOX_API_ADDRESS,IP:$SANDBOX_API_SERVICE_ADDRESS"
  issue_certificate kubelet-client /CN=kube-apiserver-kubelet-client clientAuth
  issue_certificate admin /O=system:masters/CN=sandbox-admin clientAuth
  issue_certificate kube-controller-manager /CN=system:kube-controller-manager clientAuth
  issue_certificate kube-scheduler /CN=system:kube-scheduler clientAuth
  issue_certificate kube-proxy /CN=system:kube-proxy clientAuth
  for node in "${SANDBOX_NODES[@]}"; do
    issue_certificate "$node" "/O=system:nodes/CN=system:node:$node" clientAuth,serverAuth \
      "DNS:$node,IP:${SANDBOX_NODE_ADDRESS[$node]}"
  done
  date >"$(pki complete)"
}

# issue_certificate NAME SUBJECT USAGES [ALTERNATIVE_NAMES]
issue_certificate() {
  local name=$1 subject=$2 usages=$3 alternatives=${4:-} extensions
  extensions="keyUsage=digitalSignature
extendedKeyUsage=$usages"
  if [[ $alternatives ]]; then extensions+=$'\n'"subjectAltName=$alternatives"; fi
  openssl ecparam -name prime256v1 -genkey -noout -out "$(pki "$name.key")"
  openssl req -new -key "$(pki "$name.key")" -subj "$subject" |
    openssl x509 -req -CA "$(pki ca.crt)" -CAkey "$(pki ca.key)" -CAcreateserial -days 3650 \
      -extfile <(printf '%s\n' "$extensions") -out "$(pki "$name.crt")"
}

# write_kubeconfig FILE CERTIFICATE_NAME: holds the certificates themselves, so that the file may be copied.
write_kubeconfig() {
  local file=$1 name=$2
  (
    umask 077
    cat >"$file" <<END
apiVersion: v1
kind: Config
current-context: packetcapture-sandbox
contexts:
- {name: packetcapture-sandbox, context: {cluster: packetcapture-sandbox, user: $name}}
clusters:
- name: packetcapture-sandbox
  cluster:
    server: https://$SANDBOX_API_ADDRESS:$SANDBOX_API_PORT
    certificate-authority-data: $(base64 -w0 "$(pki ca.crt)")
users:
- name: $name
  user:
    client-certificate-data: $(base64 -w0 "$(pki "$name.crt")")
    client-key-data: $(base64 -w0 "$(pki "$name.key")")
END
  )
}

sandbox_kubeconfig() { printf '%s/kubeconfig\n' "$SANDBOX_STATE"; }

write_kubeconfigs() {
  local name
  for name in kube-controller-manager kube-scheduler kube-proxy "${SANDBOX_NODES[@]}"; do
    write_kubeconfig "$SANDBOX_STATE/$name.kubeconfig" "$name"
  done
  write_kubeconfig "$(sandbox_kubeconfig)" admin
}
