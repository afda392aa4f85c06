# shellcheck shell=bash
# Container images without a registry or an engine: a docker-archive is a layer, a config and a manifest in one tar file.

# make_docker_archive ROOT_FOLDER IMAGE OUTPUT CONFIG_JSON: CONFIG_JSON as in an image's "config" (Cmd, Env, …).
make_docker_archive() {
  local root=$1 image=$2 output=$3 config=$4 work digest
  work=$(mktemp -d "$SANDBOX_CACHE/archive.XXXXXX")
  tar --create --file "$work/layer.tar" --numeric-owner --one-file-system --directory "$root" .
  digest=$(sha256sum "$work/layer.tar" | cut -d ' ' -f 1)
  jq -n --arg digest "sha256:$digest" --arg architecture "$(dpkg --print-architecture)" --argjson config "$config" \
    '{architecture: $architecture, os: "linux", config: $config, rootfs: {type: "layers", diff_ids: [$digest]}}' \
    >"$work/config.json"
  jq -n --arg image "$image" '[{Config: "config.json", RepoTags: [$image], Layers: ["layer.tar"]}]' >"$work/manifest.json"
  tar --create --file "$output.new" --directory "$work" manifest.json config.json layer.tar
  mv "$output.new" "$output"
  rm -rf "$work"
}

# import_archive FILE: into every node.
import_archive() {
  local node
  for node in "${SANDBOX_NODES[@]}"; do
    node_ctr "$node" images import "$1"
  done
}

# import_once FILE NAME: skipped where a node has taken in this very file already.
import_once() {
  local file=$1 name=$2 stamp node mark
  stamp=$(stat -c '%n %s %Y %i' "$file")
  for node in "${SANDBOX_NODES[@]}"; do
    mark=$(node_folder "$node")/images/$name
    if [[ -s $mark && $(<"$mark") == "$stamp" ]]; then continue; fi
    node_ctr "$node" images import "$file"
    mkdir -p "$(dirname "$mark")"
    printf '%s\n' "$stamp" >"$mark"
  done
}
