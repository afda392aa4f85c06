// Which pod a process belongs to, read from its cgroup paths.

/**
 * A path segment that stands for a pod: `pod<uid>` (cgroupfs driver) or `kubepods-burstable-pod<uid with underscores>.slice` (systemd).
 * UIDs are UUIDs, or 32 hexadecimal digits for static pods; `podruntime.slice` is no pod.
 */
const POD_SEGMENT = /^(?:[a-z0-9]+-)*pod([0-9a-f][0-9a-f_-]{7,}?)(?:\.slice)?$/i;

/** The UID in one path's first pod segment: those below it are the pod's own making. Dashes, as the API writes it. */
function podUIDOfPath(path: string): string | undefined {
  for (const segment of path.split('/')) {
    const match = POD_SEGMENT.exec(segment);
    if (match?.[1] !== undefined) return match[1].replaceAll('_', '-');
  }
  return undefined;
}

/**
 * UID of the pod that `/proc/PID/cgroup` puts a process into. Lines are `hierarchy:controllers:path` (cgroups(7)); from a private cgroup
 * namespace a path may begin with `/../..`. A process that two hierarchies put into different pods is nobody's.
 */
export function podUIDOf(cgroup: string): string | undefined {
  const found = new Set(cgroup.split('\n').flatMap((line) => podUIDOfPath(line.split(':').slice(2).join(':')) ?? []));
  return found.size === 1 ? [...found][0] : undefined;
}
