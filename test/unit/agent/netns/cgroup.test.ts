// Which pod a process is in, by every way in which cgroups are written.
import { describe, expect, test } from '@jest/globals';
import { podUIDOf } from '../../../../src/agent/netns/cgroup.js';

const UID = '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
const UNDERSCORED = UID.replaceAll('-', '_');
const OTHER = 'ffffffff-4e5f-6071-8293-a4b5c6d7e8f9';

describe('a process is in the pod', () => {
  test.each([
    ['cgroup v1, cgroupfs driver', `12:pids:/kubepods/burstable/pod${UID}/3f2a\n1:name=systemd:/kubepods/burstable/pod${UID}/3f2a\n`],
    ['cgroup v1, guaranteed', `4:memory:/kubepods/pod${UID}/3f2a`],
    ['cgroup v2, systemd driver', `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UNDERSCORED}.slice/cri-containerd-3f2a.scope`],
    ['systemd driver, guaranteed', `0::/kubepods.slice/kubepods-pod${UNDERSCORED}.slice/crio-3f2a.scope`],
    ['from a private cgroup namespace', `0::/../../kubepods-besteffort-pod${UNDERSCORED}.slice/cri-containerd-3f2a.scope`],
    ['a kubelet within a container', `0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod${UNDERSCORED}.slice/x`],
    ['one hierarchy of several', `3:cpuset:/\n2:cpu:/kubepods/besteffort/pod${UID}/3f2a\n0::/`],
    ['below cgroups of its own making', `0::/kubepods/pod${UID}/3f2a/pod${OTHER}/inner`],
  ])('%s', (_, cgroup) => expect(podUIDOf(cgroup)).toBe(UID));
});

describe('a process is not in the pod', () => {
  test.each([
    ['no pod', '0::/system.slice/ssh.service'],
    ['the root', '0::/'],
    ['another pod', `0::/kubepods/pod${OTHER}/3f2a`],
    ['another pod, that made a cgroup with this UID', `0::/kubepods/pod${OTHER}/3f2a/pod${UID}/inner`],
    ['another pod by one hierarchy', `2:cpu:/kubepods/pod${OTHER}/a\n1:pids:/kubepods/pod${UID}/a`],
    ['a UID that only begins alike', `0::/kubepods/pod${UID}0/3f2a`],
    ['the UID elsewhere in the path', `0::/kubepods/${UID}/3f2a`],
    ['a slice that is no pod', '0::/podruntime.slice/kubelet.service'],
    ['nothing', ''],
  ])('%s', (_, cgroup) => expect(podUIDOf(cgroup)).not.toBe(UID));
});
