# Container images without a registry or an engine: a docker-archive is a layer, a config and a manifest in one tar file.
# shellcheck shell=bash

# A folder beside what is kept, so that it is moved there and not copied. What is left in it by a killed command is removed
# by the next.
work_folder() {
  mkdir -p "$SANDBOX_CACHE/work"
  mktemp -d "$SANDBOX_CACHE/work/XXXXXX"
}

# make_docker_archive ROOT_FOLDER IMAGE OUTPUT CONFIG_JSON: CONFIG_JSON as in an image's "config" (Cmd, Env, …).
make_docker_archive() {
  local root=$1 image=$2 output=$3 config=$4 work digest
  work=$(work_folder)
  tar --create --file "$work/layer.tar" --numeric-owner --one-file-system --directory "$root" .
  digest=$(sha256sum "$work/layer.tar" | cut -d ' ' -f 1)
  jq -n --arg digest "sha256:$digest" --arg architecture "$(dpkg --print-architecture)" --argjson config "$config" \
    '{architecture: $architecture, os: "linux", config: $config, rootfs: {type: "layers", diff_ids: [$digest]},
      history: [{created_by: "hack/sandbox"}]}' \
    >"$work/config.json"
  jq -n --arg image "$image" '[{Config: "config.json", RepoTags: [$image], Layers: ["layer.tar"]}]' >"$work/manifest.json"
  tar --create --file "$output.new" --directory "$work" manifest.json config.json layer.tar
  mv "$output.new" "$output"
  rm -rf "$work"
}

# import_archive FILE: into every node, at the same time.
import_archive() {
  local node imports=() import failed=0
  for node in "${SANDBOX_NODES[@]}"; do
    node_ctr "$node" images import "$1" &
    imports+=("$!")
  done
  for import in "${imports[@]}"; do wait "$import" || failed=1; done
  return "$failed"
}

# import_once FILE NAME VERSION: skipped when the nodes have taken in this version already.
import_once() {
  local file=$1 mark=$SANDBOX_STATE/images/$2 version=$3
  if [[ -s $mark && $(<"$mark") == "$version" ]]; then return 0; fi
  import_archive "$file"
  mkdir -p "$SANDBOX_STATE/images"
  printf '%s\n' "$version" >"$mark"
}

file_version() { stat -c '%s %Y' "$1"; }
