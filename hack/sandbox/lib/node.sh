# A node: containerd with bridge networking, and a kubelet, each with folders, sockets and addresses of its own.
# shellcheck shell=bash

containerd_socket() { printf '%s/%s/containerd.sock\n' "$SANDBOX_RUN" "$1"; }

node_ctr() {
  local node=$1
  shift
  ctr --address "$(containerd_socket "$node")" --namespace k8s.io "$@"
}

write_containerd_config() {
  local node=$1 folder
  folder=$(node_folder "$node")
  mkdir -p "$folder/cni"
  cat >"$folder/containerd.toml" <<END
version = 2
root = "$folder/containerd"
state = "$SANDBOX_RUN/$node/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs"]
[grpc]
address = "$(containerd_socket "$node")"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "$SANDBOX_PAUSE_IMAGE"
# This machine may lack CAP_SYS_RESOURCE (lower OOM scores) and AppArmor.
restrict_oom_score_adj = true
disable_apparmor = true
# Network namespaces of pods are mounted in a folder of ours, where a cleanup can tell them from others'.
netns_mounts_under_state_dir = true
stream_server_address = "127.0.0.1"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "$folder/cni"
END
  cat >"$folder/cni/10-bridge.conflist" <<END
{
  "cniVersion": "0.4.0",
  "name": "packetcapture-sandbox-$node",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "${SANDBOX_POD_BRIDGE[$node]}",
      "isDefaultGateway": true,
      "hairpinMode": true,
      "ipam": {
        "type": "host-local",
        "ranges": [[{"subnet": "${SANDBOX_NODE_POD_NETWORK[$node]}"}]]
      }
    },
    {"type": "portmap", "capabilities": {"portMappings": true}, "snat": true}
  ]
}
END
}

containerd_is_healthy() { node_ctr "$1" --connect-timeout 3s version; }

start_containerd() {
  local node=$1 enter
  make_node_namespace "$node"
  write_containerd_config "$node"
  mkdir -p "$SANDBOX_RUN/$node"
  mapfile -t enter < <(on_node_arguments "$node")
  start_daemon "containerd-$node" "${enter[@]}" containerd --config "$(node_folder "$node")/containerd.toml"
  wait_for_daemon "containerd-$node" 30 containerd_is_healthy "$node"
}

# Evictions would only disturb: the sandbox's disk is the developer's. 100 % keeps images from being collected.
# By the default status frequency a node that is ready says so up to ten seconds later.
write_kubelet_config() {
  local node=$1 folder
  folder=$(node_folder "$node")
  cat >"$folder/kubelet.yaml" <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: ${SANDBOX_NODE_ADDRESS[$node]}
healthzBindAddress: 127.0.0.1
healthzPort: ${SANDBOX_KUBELET_HEALTH_PORT[$node]}
readOnlyPort: 0
tlsCertFile: $(pki "$node.crt")
tlsPrivateKeyFile: $(pki "$node.key")
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: $(pki ca.crt)}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
cgroupRoot: ${SANDBOX_CGROUP_ROOT[$node]}
failSwapOn: false
nodeStatusUpdateFrequency: 1s
nodeStatusReportFrequency: 1m
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 50Mi, nodefs.available: 1%, imagefs.available: 1%, nodefs.inodesFree: 1%}
volumePluginDir: /var/lib/kubelet/volume-plugins
END
}

kubelet_is_healthy() {
  curl -fsS --max-time 3 "http://127.0.0.1:${SANDBOX_KUBELET_HEALTH_PORT[$1]}/healthz"
}

# --containerd is cAdvisor's: with its default it waits five seconds for a socket that is not there.
start_kubelet() {
  local node=$1 folder enter
  folder=$(node_folder "$node")
  make_cgroup "${SANDBOX_CGROUP_ROOT[$node]}"
  write_kubelet_config "$node"
  mapfile -t enter < <(on_node_arguments "$node")
  start_daemon "kubelet-$node" "${enter[@]}" "$(kubernetes_command kubelet)" \
    --config "$folder/kubelet.yaml" --kubeconfig "$SANDBOX_STATE/$node.kubeconfig" \
    --hostname-override "$node" --node-ip "${SANDBOX_NODE_ADDRESS[$node]}" \
    --container-runtime remote --container-runtime-endpoint "unix://$(containerd_socket "$node")" \
    --containerd "$(containerd_socket "$node")" \
    --pod-infra-container-image "$SANDBOX_PAUSE_IMAGE"
}

node_is_ready() {
  [[ $(sandbox_kubectl get node "$1" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}') == True ]]
}

wait_for_kubelet() { wait_for_daemon "kubelet-$1" 60 part_is_healthy "kubelet-$1"; }
