import { expect, test } from '@jest/globals';
import { checkNodes, type NodeSeen } from '../../../../src/cli/check/nodes.js';
import { lines } from './words.js';

const aNode = (name: string, overrides: { labels?: Record<string, string>; spec?: NodeSeen['spec']; os?: string; arch?: string; conditions?: object[] } = {}): NodeSeen => ({
  metadata: { name, uid: name, resourceVersion: '1', labels: overrides.labels ?? {} },
  ...(overrides.spec && { spec: overrides.spec }),
  status: { conditions: (overrides.conditions ?? [{ type: 'Ready', status: 'True' }]) as never, nodeInfo: { operatingSystem: overrides.os ?? 'linux', architecture: overrides.arch ?? 'amd64' } },
});
const found = (...nodes: NodeSeen[]): string[] => lines(checkNodes({ value: nodes }));

test('nodes that are Ready, whatever their taints', () => {
  expect(found(aNode('a'), aNode('b', { spec: { taints: [{ key: 'dedicated', effect: 'NoSchedule' }] } }))).toEqual(['ok: captures can run on 2 of 2 nodes (linux/amd64)']);
});

test('nodes of several kinds of processor', () => {
  expect(found(aNode('a'), aNode('b', { arch: 'arm64' }))).toEqual(['ok: captures can run on 2 of 2 nodes (linux/amd64, linux/arm64)', "warn: nodes are of amd64 and arm64: captures run where the operator's image is built for that"]);
});

test('nodes where captures cannot work are named with the reason, those of one reason together', () => {
  const fargate = { labels: { 'eks.amazonaws.com/compute-type': 'fargate' } };
  expect(
    found(
      aNode('a'),
      aNode('f-1', fargate),
      aNode('f-2', { ...fargate, conditions: [] }),
      aNode('win', { os: 'windows' }),
      aNode('vk', { spec: { taints: [{ key: 'virtual-kubelet.io/provider', effect: 'NoSchedule' }] } }),
      aNode('silent', { conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }] }),
      aNode('full', { conditions: [{ type: 'Ready', status: 'True' }, { type: 'DiskPressure', status: 'True' }] }),
      aNode('drained', { spec: { unschedulable: true } }),
    ),
  ).toEqual([
    'ok: captures can run on 2 of 8 nodes (linux/amd64)',
    'warn: captures cannot run on nodes "f-1", "f-2": it is a Fargate node, which takes no privileged pods',
    'warn: captures cannot run on node "win": its system is windows, and captures need Linux',
    'warn: captures cannot run on node "vk": it is a virtual kubelet, with no node behind it',
    'warn: captures cannot run on node "silent" now: it is not Ready (NodeStatusUnknown)',
    'warn: captures cannot run on node "full" now: it has DiskPressure and takes no new pods',
    'warn: cordoned is node "drained": captures run there too, but a capture pod that is taken away is not put back',
  ]);
});

test('no node', () => {
  expect(found()).toEqual(['fail: the cluster has no nodes']);
  expect(found(aNode('a', { os: 'windows' }))[0]).toBe('fail: captures can run on none of 1 node');
});
