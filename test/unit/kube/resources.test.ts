import { expect, test } from '@jest/globals';
import { JOBS, NODES, PODS, resourcePath } from '../../../src/kube/resources.js';

test.each([
  ['/api/v1/pods', resourcePath(PODS)],
  ['/api/v1/namespaces/shop/pods', resourcePath(PODS, 'shop')],
  ['/api/v1/namespaces/shop/pods/web-0/log', resourcePath(PODS, 'shop', 'web-0', 'log')],
  ['/api/v1/nodes/node-a', resourcePath(NODES, undefined, 'node-a')],
  ['/apis/batch/v1/namespaces/shop/jobs/j', resourcePath(JOBS, 'shop', 'j')],
  ['/api/v1/nodes/a%2Fb%3Fc', resourcePath(NODES, undefined, 'a/b?c')],
])('%s', (path, made) => {
  expect(made).toBe(path);
});

test.each([
  ['a namespaced object without its namespace', () => resourcePath(PODS, undefined, 'web-0'), 'pods "web-0": a namespace is needed'],
  ['a namespace for a cluster-scoped one', () => resourcePath(NODES, 'shop', 'a'), 'nodes are cluster-scoped: no namespace, got "shop"'],
  ['an empty name, which would be the whole collection', () => resourcePath(PODS, 'shop', ''), '"" cannot be part of the path of pods'],
  ['a name that climbs', () => resourcePath(NODES, undefined, '..'), '".." cannot be part of the path of nodes'],
])('refuses %s', (_, make, message) => {
  expect(make).toThrow(message);
});
