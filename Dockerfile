# One image for operator and capture pods: Node, the three bundles, tcpdump and what enters a network namespace.
# A release names its base by digest: hack/build/image --release.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY hack/build hack/build
COPY src src
RUN npm run build

FROM ${NODE_IMAGE} AS system
# netbase: the port names of filters. iproute2: the interface table of manifests. util-linux: nsenter, setpriv, prlimit, unshare.
# gzip and zstd: upload.compression.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates gzip iproute2 netbase tcpdump util-linux zstd \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* /var/log/*.log /var/log/apt /usr/share/doc/*/changelog* /usr/share/man /usr/share/locale \
      /usr/local/include /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
      /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn* /root/.npm /tmp/*

# What is in the image, while it can be asked; then nobody installs anything more into it. dpkg's list of packages stays, for scanners.
COPY hack/build/sbom.mjs hack/build/system-sbom.mjs /tmp/
RUN mkdir /app \
 && dpkg-query --show --showformat '${Package}\t${Version}\t${Architecture}\n' | node /tmp/system-sbom.mjs "$(. /etc/os-release && echo "$VERSION_CODENAME")" > /app/sbom-system.cdx.json \
 && rm -rf /tmp/* /usr/bin/apt* /usr/bin/dpkg* /usr/sbin/dpkg* /usr/lib/apt /usr/lib/dpkg /usr/lib/*/libapt-* /etc/apt /etc/dpkg \
      /var/lib/apt /var/cache/apt /var/cache/debconf /var/lib/dpkg/info /usr/share/bash-completion \
 && for tool in apt apt-get apt-cache dpkg dpkg-deb npm npx corepack yarn yarnpkg; do if command -v "$tool"; then echo "$tool is left" >&2; exit 1; fi; done \
 && test -s /var/lib/dpkg/status && test -s /app/sbom-system.cdx.json

# Flattened, so that the package managers that were removed are not in a layer below.
FROM scratch
COPY --from=system / /
COPY --from=build /src/dist /app
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_ENV=production
# The operator's. Capture pods ask for root in their own security context.
USER 65532:65532
# DEP0040: a dependency of the Kubernetes client still loads punycode.
ENTRYPOINT ["node", "--disable-warning=DEP0040", "/app/packetcapture.mjs"]
