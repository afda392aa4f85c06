// What the container of a capture may do on its node, by the operator's --capture-privileges: the whole of the node, or a list of capabilities.

export const CAPTURE_PRIVILEGES = ['Privileged', 'Capabilities'] as const;
export type CapturePrivileges = (typeof CAPTURE_PRIVILEGES)[number];

/** With fewer no agent captures, or, without the last, none keeps its spool within bounds where all processors are taken. docs/capture-pods.md has them one by one. */
export const CAPABILITIES = ['NET_RAW', 'SETGID', 'SYS_ADMIN', 'SYS_NICE', 'SYS_PTRACE'];

const ROOT = { runAsUser: 0, runAsNonRoot: false, readOnlyRootFilesystem: true };

/** On nodes with SELinux a container sees neither folders of the node nor other pods' processes otherwise. */
export const UNCONFINED_BY_SELINUX = { seLinuxOptions: { type: 'spc_t' } };

/** `allowPrivilegeEscalation` is left out: beside SYS_ADMIN it says nothing, and some API servers refuse the pair (by its spelling). */
export function securityContext(privileges: CapturePrivileges): object {
  switch (privileges) {
    case 'Privileged':
      return { ...ROOT, privileged: true };
    case 'Capabilities':
      return { ...ROOT, privileged: false, capabilities: { drop: ['ALL'], add: CAPABILITIES }, ...UNCONFINED_BY_SELINUX };
    default:
      return privileges satisfies never;
  }
}

/** The default profile of container runtimes denies a look at processes of other profiles. A node without AppArmor heeds no `unconfined`. */
export const appArmorAnnotations = (privileges: CapturePrivileges, container: string): Record<string, string> =>
  privileges === 'Capabilities' ? { [`container.apparmor.security.beta.kubernetes.io/${container}`]: 'unconfined' } : {};
