# The project's image: the repository's own Dockerfile, built by buildah on the stand-in for its base image.
# shellcheck shell=bash

# What the Dockerfile may read, relative to the repository; what of it does not exist does not count.
PROJECT_IMAGE_INPUTS=(Dockerfile .dockerignore .npmrc package.json package-lock.json tsconfig.json src hack/build)

repository_folder() { realpath "$SANDBOX_SOURCE/../.."; }

sandbox_image() {
  local started hash archive
  started=$(milliseconds)
  take_lock
  require_nodes
  [[ -s $(repository_folder)/Dockerfile ]] || die "no Dockerfile in $(repository_folder)"
  install_buildah
  if [[ ! -s $(node_base_archive) ]]; then step 'base image: Debian, Node 24, npm' make_node_base; fi
  hash=$(project_image_hash)
  archive=$SANDBOX_CACHE/images/packetcapture-$hash.tar
  if [[ ! -s $archive ]]; then step "$SANDBOX_PROJECT_IMAGE from the Dockerfile" build_project_image "$archive"; fi
  touch "$archive"
  step "$SANDBOX_PROJECT_IMAGE into the nodes" import_once "$archive" packetcapture "$hash"
  forget_old_project_images
  say "done ($(seconds_since "$started"))"
  printf '%s\n' "$SANDBOX_PROJECT_IMAGE"
}

install_buildah() {
  local missing
  mapfile -t missing < <(missing_packages buildah)
  if ((${#missing[@]})); then step 'Debian packages: buildah' install_packages buildah; fi
}

# The names of the inputs count, and the folder of the checkout does not.
project_image_hash() {
  (
    cd "$(repository_folder)" || exit
    {
      for input in "${PROJECT_IMAGE_INPUTS[@]}"; do
        if [[ -e $input ]]; then find "$input" -type f -printf '%m ' -exec sha256sum {} +; fi
      done
      stat -c '%s %Y' "$(node_base_archive)"
    } | sort | sha256sum | cut -c 1-16
  )
}

# A storage of our own: the machine's own images are not touched, and cannot be taken by mistake.
sandbox_buildah() {
  local storage=$SANDBOX_CACHE/buildah
  mkdir -p "$storage" "$SANDBOX_CACHE/work"
  BUILDAH_ISOLATION=chroot STORAGE_DRIVER=overlay TMPDIR=$SANDBOX_CACHE/work \
    buildah --root "$storage" --runroot "$SANDBOX_RUN/buildah" "$@"
}

# Layers of earlier builds are never asked for again once their inputs changed; buildah cannot tell, so all go at once.
BUILD_STORAGE_LIMIT_GIB=8

limit_build_storage() {
  if [[ -d $SANDBOX_CACHE/buildah ]] &&
    (($(du -s --block-size=1G "$SANDBOX_CACHE/buildah" | cut -f 1) > BUILD_STORAGE_LIMIT_GIB)); then
    sandbox_buildah rmi --all --force
  fi
}

build_project_image() {
  local archive=$1
  limit_build_storage
  sandbox_buildah inspect --type image "$NODE_BASE_IMAGE" >/dev/null 2>&1 ||
    sandbox_buildah pull "docker-archive:$(node_base_archive)"
  # --layers: a change in src repeats neither npm ci nor apt-get.
  sandbox_buildah build --layers --pull-never --tag "$SANDBOX_PROJECT_IMAGE" "$(repository_folder)"
  rm -f "$archive.new"
  sandbox_buildah push "$SANDBOX_PROJECT_IMAGE" "docker-archive:$archive.new:$SANDBOX_PROJECT_IMAGE"
  mv "$archive.new" "$archive"
}

# Three are kept, so that checkouts that differ do not build again at every turn.
forget_old_project_images() {
  find "$SANDBOX_CACHE/images" -name 'packetcapture-*.tar*' -printf '%T@ %p\n' | sort -rn | tail -n +4 | cut -d ' ' -f 2- |
    while read -r old; do rm -f "$old"; done
}
