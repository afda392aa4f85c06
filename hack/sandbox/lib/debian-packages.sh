# Debian packages: our own apt sources and lists, derived from the machine's, which stay untouched.
# shellcheck shell=bash

debian_codename() {
  # shellcheck source=/dev/null
  (. /etc/os-release && printf '%s\n' "${VERSION_CODENAME:?}")
}

# Prints the machine's own Debian entries as deb822 stanzas that also offer source packages.
# An entry counts as Debian's when its suite is the release (or its updates) and its component is main.
derived_debian_sources() {
  local codename files=()
  codename=$(debian_codename)
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    if [[ -f $file ]]; then files+=("$file"); fi
  done
  ((${#files[@]})) || die "no apt sources on this machine (/etc/apt/sources.list, /etc/apt/sources.list.d)"
  awk -v codename="$codename" '
    function wanted(suites, components,   list, count, i) {
      if ((" " components " ") !~ / main /) return 0
      count = split(suites, list, " ")
      for (i = 1; i <= count; i++)
        if (list[i] !~ ("^" codename "(-updates|-security|/updates)?$")) return 0
      return count > 0
    }
    function finish_stanza() {
      if (field["uris"] != "" && (" " field["types"] " ") ~ / deb / && tolower(field["enabled"]) != "no" &&
          wanted(field["suites"], field["components"]))
        print "Types: deb deb-src\n" stanza
      stanza = ""
      split("", field)
      last = ""
    }
    FNR == 1 { finish_stanza() }
    FILENAME ~ /\.sources$/ {
      if ($0 ~ /^#/) next
      if ($0 ~ /^[ \t]*$/) { finish_stanza(); next }
      if ($0 ~ /^[ \t]/) { field[last] = field[last] " " $0 }
      else {
        last = tolower(substr($0, 1, index($0, ":") - 1))
        value = substr($0, index($0, ":") + 1)
        gsub(/^[ \t]+|[ \t]+$/, "", value)
        field[last] = value
      }
      if (last != "types") stanza = stanza $0 "\n"
      next
    }
    $1 == "deb" {
      line = $0
      signed_by = ""
      if (match(line, /\[[^]]*\]/)) {
        options = substr(line, RSTART + 1, RLENGTH - 2)
        sub(/\[[^]]*\]/, "", line)
        count = split(options, option, " ")
        for (i = 1; i <= count; i++)
          if (option[i] ~ /^signed-by=/) signed_by = substr(option[i], 11)
      }
      count = split(line, word, " ")
      components = ""
      for (i = 4; i <= count && word[i] !~ /^#/; i++) components = components " " word[i]
      sub(/^ /, "", components)
      if (wanted(word[3], components)) {
        printf "Types: deb deb-src\nURIs: %s\nSuites: %s\nComponents: %s\n", word[2], word[3], components
        if (signed_by != "") printf "Signed-By: %s\n", signed_by
        print ""
      }
    }
    END { finish_stanza() }
  ' "${files[@]}"
}

# The options that make every apt command here use our own sources and lists.
apt_options() {
  printf '%s\n' \
    -o "Dir::Etc::sourcelist=$SANDBOX_CACHE/apt/debian.sources" \
    -o Dir::Etc::sourceparts=- \
    -o "Dir::State::Lists=$SANDBOX_CACHE/apt/lists"
}

apt_get() {
  local options
  mapfile -t options < <(apt_options)
  DEBIAN_FRONTEND=noninteractive apt-get -q -y "${options[@]}" "$@"
}

refresh_package_lists() {
  mkdir -p "$SANDBOX_CACHE/apt/lists/partial"
  derived_debian_sources >"$SANDBOX_CACHE/apt/debian.sources"
  grep -q '^URIs:' "$SANDBOX_CACHE/apt/debian.sources" ||
    die "found no Debian $(debian_codename) entry with component main in this machine's apt sources"
  apt_get update
}

missing_packages() {
  local package
  for package in "$@"; do
    if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
      printf '%s\n' "$package"
    fi
  done
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  [[ -s $SANDBOX_CACHE/apt/debian.sources ]] || refresh_package_lists
  forbid_service_starts
  # Lists age: when a package is no longer where they say, they are read anew, once.
  if ! apt_get install --no-install-recommends "${missing[@]}"; then
    refresh_package_lists
    apt_get install --no-install-recommends "${missing[@]}"
  fi
  allow_service_starts
}

# Packages that bring a service must not start it: the sandbox starts its own. A policy of the machine's own stays.
SERVICE_POLICY=/usr/sbin/policy-rc.d
SERVICE_POLICY_MARK='put here by hack/sandbox while it installs packages'

forbid_service_starts() {
  [[ ! -e $SERVICE_POLICY ]] || return 0
  trap allow_service_starts EXIT
  printf '#!/bin/sh\n# %s\nexit 101\n' "$SERVICE_POLICY_MARK" >"$SERVICE_POLICY"
  chmod 755 "$SERVICE_POLICY"
}

allow_service_starts() {
  if grep -qs "$SERVICE_POLICY_MARK" "$SERVICE_POLICY"; then rm -f "$SERVICE_POLICY"; fi
}
