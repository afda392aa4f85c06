# Control plane: etcd, API server, controller manager, scheduler, and kube-proxy. Default feature gates, as users have.
# shellcheck shell=bash

kubernetes_command() { printf '%s/kubernetes/%s\n' "$SANDBOX_STATE" "$1"; }

sandbox_kubectl() {
  "$(kubernetes_command kubectl)" --kubeconfig "$(sandbox_kubeconfig)" --request-timeout=10s "$@"
}

etcd_is_healthy() {
  curl -fsS --max-time 3 "http://127.0.0.1:$SANDBOX_ETCD_CLIENT_PORT/health" | grep -q '"health":"true"'
}

start_etcd() {
  start_daemon etcd "$(kubernetes_command etcd)" \
    --name sandbox --data-dir "$SANDBOX_STATE/etcd" --unsafe-no-fsync \
    --listen-client-urls "http://127.0.0.1:$SANDBOX_ETCD_CLIENT_PORT" \
    --advertise-client-urls "http://127.0.0.1:$SANDBOX_ETCD_CLIENT_PORT" \
    --listen-peer-urls "http://127.0.0.1:$SANDBOX_ETCD_PEER_PORT" \
    --initial-advertise-peer-urls "http://127.0.0.1:$SANDBOX_ETCD_PEER_PORT" \
    --initial-cluster "sandbox=http://127.0.0.1:$SANDBOX_ETCD_PEER_PORT"
  wait_for_daemon etcd 30 etcd_is_healthy
}

api_server_is_ready() {
  sandbox_kubectl get --raw /readyz
}

# Kubelet addresses of type InternalIP only: else logs and exec look the node's name up in DNS.
start_api_server() {
  start_daemon kube-apiserver "$(kubernetes_command kube-apiserver)" \
    --etcd-servers "http://127.0.0.1:$SANDBOX_ETCD_CLIENT_PORT" \
    --bind-address "$SANDBOX_API_ADDRESS" --advertise-address "$SANDBOX_API_ADDRESS" --secure-port "$SANDBOX_API_PORT" \
    --tls-cert-file "$(pki kube-apiserver.crt)" --tls-private-key-file "$(pki kube-apiserver.key)" \
    --client-ca-file "$(pki ca.crt)" \
    --kubelet-certificate-authority "$(pki ca.crt)" \
    --kubelet-client-certificate "$(pki kubelet-client.crt)" --kubelet-client-key "$(pki kubelet-client.key)" \
    --kubelet-preferred-address-types InternalIP \
    --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction --allow-privileged \
    --service-account-issuer https://kubernetes.default.svc.cluster.local \
    --service-account-key-file "$(pki service-account.pub)" \
    --service-account-signing-key-file "$(pki service-account.key)" \
    --service-cluster-ip-range "$SANDBOX_SERVICE_NETWORK"
  wait_for_daemon kube-apiserver 60 api_server_is_ready
}

# The API server's own certificate may use the kubelets' API: logs, exec, port-forward.
# kubeadm, too, gives it to that client by a binding of its own.
bind_kubelet_admin() {
  sandbox_kubectl apply -f - <<'END'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: sandbox-kubelet-api-admin}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:kubelet-api-admin"}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: kube-apiserver-kubelet-client}]
END
}

controller_manager_is_healthy() {
  curl -fsSk --max-time 3 "https://127.0.0.1:$SANDBOX_CONTROLLER_MANAGER_PORT/healthz"
}

start_controller_manager() {
  start_daemon kube-controller-manager "$(kubernetes_command kube-controller-manager)" \
    --kubeconfig "$SANDBOX_STATE/kube-controller-manager.kubeconfig" \
    --bind-address 127.0.0.1 --secure-port "$SANDBOX_CONTROLLER_MANAGER_PORT" --port 0 \
    --cert-dir "$SANDBOX_STATE/kube-controller-manager" \
    --leader-elect=false --use-service-account-credentials \
    --service-account-private-key-file "$(pki service-account.key)" --root-ca-file "$(pki ca.crt)" \
    --cluster-signing-cert-file "$(pki ca.crt)" --cluster-signing-key-file "$(pki ca.key)" \
    --flex-volume-plugin-dir "$SANDBOX_STATE/volume-plugins"
  wait_for_daemon kube-controller-manager 60 controller_manager_is_healthy
}

scheduler_is_healthy() {
  curl -fsSk --max-time 3 "https://127.0.0.1:$SANDBOX_SCHEDULER_PORT/healthz"
}

start_scheduler() {
  start_daemon kube-scheduler "$(kubernetes_command kube-scheduler)" \
    --kubeconfig "$SANDBOX_STATE/kube-scheduler.kubeconfig" \
    --bind-address 127.0.0.1 --secure-port "$SANDBOX_SCHEDULER_PORT" --port 0 \
    --cert-dir "$SANDBOX_STATE/kube-scheduler" \
    --leader-elect=false
  wait_for_daemon kube-scheduler 60 scheduler_is_healthy
}

proxy_is_healthy() {
  curl -fsS --max-time 3 "http://127.0.0.1:$SANDBOX_PROXY_HEALTH_PORT/healthz"
}

# One serves both nodes: they share the machine's network namespace. It may not write the conntrack limit everywhere.
start_proxy() {
  start_daemon kube-proxy "$(kubernetes_command kube-proxy)" \
    --kubeconfig "$SANDBOX_STATE/kube-proxy.kubeconfig" --hostname-override "${SANDBOX_NODES[0]}" \
    --proxy-mode iptables --cluster-cidr "$SANDBOX_POD_NETWORK" \
    --conntrack-max-per-core 0 --conntrack-tcp-timeout-established 0s --conntrack-tcp-timeout-close-wait 0s \
    --nodeport-addresses "$SANDBOX_NODE_NETWORK" --bind-address "${SANDBOX_NODE_ADDRESS[${SANDBOX_NODES[0]}]}" \
    --healthz-bind-address "127.0.0.1:$SANDBOX_PROXY_HEALTH_PORT" \
    --metrics-bind-address "127.0.0.1:$SANDBOX_PROXY_METRICS_PORT"
  wait_for_daemon kube-proxy 30 proxy_is_healthy
}
