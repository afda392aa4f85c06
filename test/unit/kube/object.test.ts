import { expect, test } from '@jest/globals';
import { keyOf, objectKey, splitKey } from '../../../src/kube/object.js';
import { anObject } from './builders.js';

test('a key is the namespace and the name, and can be taken apart again', () => {
  expect(keyOf(anObject('web-0'))).toBe('shop/web-0');
  expect(objectKey(undefined, 'node-a')).toBe('node-a');
  expect(splitKey('shop/web-0')).toEqual({ namespace: 'shop', name: 'web-0' });
  expect(splitKey('node-a')).toEqual({ namespace: undefined, name: 'node-a' });
});
