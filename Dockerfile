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
# netbase: the port names of filters. iproute2: the interface table of manifests. util-linux: nsenter, setpriv, prlimit, unshare, flock.
# gzip and zstd: upload.compression.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates gzip iproute2 netbase tcpdump util-linux zstd

# Of all this the image gets what runs in it, and no package manager: docs/adr/0036. What came in is told while dpkg can be asked;
# its list of those packages comes along, for scanners.
COPY hack/build/sbom.mjs hack/build/image-system.mjs hack/build/system-packages.mjs hack/build/system-root.mjs hack/build/system-sbom.mjs /tmp/
RUN mkdir -p /image/app \
 && node /tmp/image-system.mjs /image > /tmp/packages \
 && ldconfig -r /image \
 && xargs dpkg-query --show --showformat '${Package}\t${Version}\t${Architecture}\n' < /tmp/packages > /tmp/versions \
 && node /tmp/system-sbom.mjs "$(. /etc/os-release && echo "$VERSION_CODENAME")" < /tmp/versions > /image/app/sbom-system.cdx.json \
 && for tool in apt apt-get apt-cache dpkg dpkg-deb npm npx corepack yarn yarnpkg; do if chroot /image sh -c "command -v $tool"; then echo "$tool is left" >&2; exit 1; fi; done \
 && for tool in node tcpdump nsenter setpriv prlimit unshare flock gzip zstd; do chroot /image "$tool" --version || exit 1; done && chroot /image ip -V

FROM scratch
COPY --from=system /image /
COPY --from=build /src/dist /app
# MALLOC_ARENA_MAX: of the C library's memory each of Node's threads would have its own, which only grows.
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_ENV=production MALLOC_ARENA_MAX=1 NODE_COMPILE_CACHE=/app/compile-cache
# What V8 made of the agent's program, for the root of a capture pod: one without a job ends with 78. Another Node or V8 passes it over.
RUN node /app/packetcapture.mjs agent 2> /dev/null; [ $? = 78 ] && [ -n "$(find /app/compile-cache -type f)" ]
# The operator's. Capture pods ask for root in their own security context.
USER 65532:65532
# DEP0040: a dependency of the Kubernetes client still loads punycode.
ENTRYPOINT ["node", "--disable-warning=DEP0040", "/app/packetcapture.mjs"]
