import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatSelector, type LabelSelector } from '../../../../src/api/label-selector.js';
import { parseSelector } from '../../../../src/cli/start/selector.js';

const plain = (selector: LabelSelector): LabelSelector => JSON.parse(JSON.stringify(selector)) as LabelSelector;

test.each<[string, LabelSelector]>([
  ['app=web', { matchLabels: { app: 'web' } }],
  ['app==web, tier = front', { matchLabels: { app: 'web', tier: 'front' } }],
  ['app=', { matchLabels: { app: '' } }],
  ['app!=web', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }],
  ['app in (web, api),tier notin (cache)', { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'api'] }, { key: 'tier', operator: 'NotIn', values: ['cache'] }] }],
  ['app,!canary', { matchExpressions: [{ key: 'app', operator: 'Exists' }, { key: 'canary', operator: 'DoesNotExist' }] }],
  ['example.com/app=web', { matchLabels: { 'example.com/app': 'web' } }],
  // Both must be met, as kubectl has it: no pod is selected.
  ['app=web,app=api', { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'app', operator: 'In', values: ['api'] }] }],
])('%s', (text, selector) => expect(plain(parseSelector(text))).toEqual(selector));

test.each(['', ',', 'app=web,', 'a b', 'app in web', 'app in (a,b', 'app>3', '=web', 'app=a=b'])('%j is refused with an example', (text) => {
  expect(() => parseSelector(text)).toThrow('write for example app=web,tier!=cache or "app in (web,api)"');
});

describe('what is written of a selector', () => {
  const key = fc.stringMatching(/^[a-z]([a-z0-9./-]{0,8}[a-z0-9])?$/);
  const value = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  const requirement = fc.oneof(
    fc.record({ key, operator: fc.constantFrom('In' as const, 'NotIn' as const), values: fc.array(value, { minLength: 2, maxLength: 4 }) }),
    fc.record({ key, operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const) }),
  );

  test('reads back as the same', () => {
    fc.assert(
      fc.property(fc.dictionary(key, value, { minKeys: 1, maxKeys: 4 }), fc.array(requirement, { minLength: 1, maxLength: 4 }), (matchLabels, matchExpressions) => {
        expect(plain(parseSelector(formatSelector({ matchLabels, matchExpressions })))).toEqual(plain({ matchLabels, matchExpressions }));
      }),
    );
  });
});
