# Kubernetes binaries: built once from Debian's source package, kept in the cache by package version.
# shellcheck shell=bash

KUBERNETES_COMMANDS=(kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl)

kubernetes_package_version() {
  local options
  mapfile -t options < <(apt_options)
  apt-cache "${options[@]}" showsrc kubernetes 2>/dev/null | awk '$1 == "Version:" { print $2 }' |
    sort --version-sort | tail -n 1
}

kubernetes_is_cached() {
  [[ -x $SANDBOX_CACHE/kubernetes/current/kubectl ]]
}

# The folder follows envtest's convention (KUBEBUILDER_ASSETS): etcd, kube-apiserver and kubectl side by side.
build_kubernetes() {
  local version build tree output
  install_packages golang-1.19-go golang-github-modern-go-reflect2-dev rsync jq dpkg-dev make gcc libc6-dev
  [[ -s $SANDBOX_CACHE/apt/debian.sources ]] || refresh_package_lists
  version=$(kubernetes_package_version)
  if [[ -z $version ]]; then
    refresh_package_lists
    version=$(kubernetes_package_version)
  fi
  [[ $version ]] || die "this machine's apt sources offer no source package of kubernetes"
  output="$SANDBOX_CACHE/kubernetes/$version"
  if [[ ! -x $output/kubectl ]]; then
    build="$SANDBOX_CACHE/work/kubernetes"
    rm -rf "$build" "$output" "$output.new"
    mkdir -p "$build" "$output.new"
    (cd "$build" && apt_get source "kubernetes=$version")
    tree=$(find "$build" -mindepth 1 -maxdepth 1 -type d -name 'kubernetes-*')
    compile_kubernetes "$tree"
    install -m 755 -t "$output.new" "${KUBERNETES_COMMANDS[@]/#/$tree/_output/bin/}"
    mv "$output.new" "$output"
    # Go makes its caches read-only.
    chmod -R u+w "$build"
    rm -rf "$build"
  fi
  ln -sfn /usr/bin/etcd "$output/etcd"
  ln -sfn "$version" "$SANDBOX_CACHE/kubernetes/current"
}

compile_kubernetes() {
  local tree=$1
  # The vendored reflect2 1.0.1, built with Go 1.18 or later, kills the API server at the first custom resource.
  rm -rf "$tree/vendor/github.com/modern-go/reflect2"
  cp -r /usr/share/gocode/src/github.com/modern-go/reflect2 "$tree/vendor/github.com/modern-go/reflect2"
  # GOPATH mode, as in debian/rules.
  mkdir -p "$tree/.go/src/k8s.io"
  ln -sfn ../../.. "$tree/.go/src/k8s.io/kubernetes"
  (
    cd "$tree" || exit
    # The caller's own Go settings must not reach this build.
    env -u GOFLAGS -u GOROOT -u GOTOOLCHAIN \
      PATH="/usr/lib/go-1.19/bin:$PATH" GOPATH="$tree/.go" GOCACHE="$tree/.cache" GO111MODULE=off CGO_ENABLED=0 \
      HOME="$tree/.home" GOLDFLAGS='-s -w' \
      make WHAT="${KUBERNETES_COMMANDS[*]/#/cmd/}"
  )
}
