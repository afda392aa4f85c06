# A minimal Debian root folder by debootstrap, that can install packages the way this machine can.
# shellcheck shell=bash

debian_base_archive() { printf '%s/images/debian-base.tar\n' "$SANDBOX_CACHE"; }

make_debian_base() {
  local root mirror codename
  if [[ -s $(debian_base_archive) ]]; then return 0; fi
  mkdir -p "$SANDBOX_CACHE/images"
  [[ -s $SANDBOX_CACHE/apt/debian.sources ]] || refresh_package_lists
  codename=$(debian_codename)
  mirror=$(debian_mirror "$codename")
  root=$(work_folder)
  chmod 755 "$root"
  debootstrap --variant=minbase --include=ca-certificates "$codename" "$root" "$mirror"
  carry_machine_settings "$root"
  rm -rf "$root/var/cache/apt/archives"/*.deb "$root/var/lib/apt/lists"/* "$root/var/log"/*
  tar --create --file "$(debian_base_archive).new" --numeric-owner --one-file-system --directory "$root" .
  mv "$(debian_base_archive).new" "$(debian_base_archive)"
  rm -rf "$root"
}

# The first place of the machine's own that has the release itself.
debian_mirror() {
  awk -v codename="$1" '
    /^URIs:/ { uri = $2 }
    /^Suites:/ { for (i = 2; i <= NF; i++) if ($i == codename) { print uri; exit } }
  ' "$SANDBOX_CACHE/apt/debian.sources"
}

# What RUN steps need to reach what this machine reaches: apt sources and how to fetch from them, and the authorities it trusts.
carry_machine_settings() {
  local root=$1
  rm -f "$root/etc/apt/sources.list"
  sed 's/^Types: deb deb-src$/Types: deb/' "$SANDBOX_CACHE/apt/debian.sources" >"$root/etc/apt/sources.list.d/debian.sources"
  while read -r keyring; do
    install -D -m 644 "$keyring" "$root$keyring"
  done < <(awk '/^Signed-By: \// { print $2 }' "$SANDBOX_CACHE/apt/debian.sources" | sort -u)
  apt-config dump | grep -E '^Acquire::(Check-|Retries|https?::)' >"$root/etc/apt/apt.conf.d/90machine" || true
  if [[ -s /etc/ssl/certs/ca-certificates.crt ]]; then
    install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  fi
}

unpack_debian_base() {
  tar --extract --file "$(debian_base_archive)" --numeric-owner --directory "$1"
  chmod 755 "$1"
}

# In a mount namespace of its own, so that nothing stays mounted whatever happens.
install_in_root() {
  local root=$1
  shift
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare --mount --propagation private bash -euc '
    root=$1
    shift
    mount -t proc proc "$root/proc"
    mount --bind /dev "$root/dev"
    for file in /etc/resolv.conf /etc/hosts; do
      touch "$root$file"
      mount --bind "$(realpath "$file")" "$root$file"
    done
    export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
    chroot "$root" apt-get -q update
    chroot "$root" apt-get -q -y install --no-install-recommends "$@"
    chroot "$root" apt-get clean
  ' bash "$root" "$@"
  rm -rf "$root/var/lib/apt/lists"/*
}
