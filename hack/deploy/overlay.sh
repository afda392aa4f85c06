# shellcheck shell=bash
# A kustomization over config/default with another image, as a user's own would be.

# make_overlay IMAGE[:TAG] FOLDER
make_overlay() {
  local image=$1 folder=$2 root name tag=latest
  root=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
  name=$image
  if [[ ${image##*/} == *:* ]]; then
    name=${image%:*} tag=${image##*:}
  fi
  cat >"$folder/kustomization.yaml" <<END
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
bases:
- $(realpath --relative-to="$folder" "$root/config/default")
images:
- name: packetcapture
  newName: $name
  newTag: "$tag"
END
}
