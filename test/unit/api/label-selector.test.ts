// Which labels a selector selects, as Kubernetes has it.
import { describe, expect, test } from '@jest/globals';
import { formatSelector, labelSelectorSchema, matches, selectorProblem, type LabelSelector } from '../../../src/api/label-selector.js';

const expression = (operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist', ...values: string[]): LabelSelector => ({ matchExpressions: [{ key: 'tier', operator, ...(values.length > 0 && { values }) }] });

describe('a selector', () => {
  test.each<[string, LabelSelector, Record<string, string> | undefined, boolean]>([
    ['without requirements selects all', {}, { app: 'web' }, true],
    ['without requirements selects what has no labels', {}, undefined, true],
    ['selects by a label', { matchLabels: { app: 'web' } }, { app: 'web', tier: 'x' }, true],
    ['does not select another value', { matchLabels: { app: 'web' } }, { app: 'api' }, false],
    ['does not select what has no labels', { matchLabels: { app: 'web' } }, undefined, false],
    ['needs all of its labels', { matchLabels: { app: 'web', tier: 'front' } }, { app: 'web' }, false],
    ['selects the empty value', { matchLabels: { app: '' } }, { app: '' }, true],
    ['tells the empty value from none', { matchLabels: { app: '' } }, {}, false],
    ['In: one of the values', expression('In', 'front', 'back'), { tier: 'back' }, true],
    ['In: another value', expression('In', 'front'), { tier: 'back' }, false],
    ['In: no such label', expression('In', 'front'), {}, false],
    ['NotIn: one of the values', expression('NotIn', 'front'), { tier: 'front' }, false],
    ['NotIn: another value', expression('NotIn', 'front'), { tier: 'back' }, true],
    ['NotIn: no such label', expression('NotIn', 'front'), {}, true],
    ['Exists', expression('Exists'), { tier: '' }, true],
    ['Exists: no such label', expression('Exists'), { app: 'web' }, false],
    ['DoesNotExist', expression('DoesNotExist'), { app: 'web' }, true],
    ['DoesNotExist: there it is', expression('DoesNotExist'), { tier: 'x' }, false],
    ['needs labels and expressions', { matchLabels: { app: 'web' }, ...expression('Exists') }, { app: 'web' }, false],
    ['takes no property of every object for a label', { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }, { app: 'web' }, false],
  ])('%s', (_name, selector, labels, selected) => {
    expect(matches(selector, labels)).toBe(selected);
  });

  test('is written as kubectl takes it', () => {
    const selector: LabelSelector = { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'In', values: ['a', 'b'] }, { key: 'x', operator: 'NotIn', values: ['c'] }, { key: 'y', operator: 'Exists' }, { key: 'z', operator: 'DoesNotExist' }] };
    expect(formatSelector(selector)).toBe('app=web,tier in (a,b),x notin (c),y,!z');
  });

  test.each<[string, boolean]>([
    ['app', true],
    ['app.kubernetes.io/name', true],
    ['a_b.c-D', true],
    ['', false],
    ['/x', false],
    ['x/', false],
    ['a/b/c', false],
    ['Upper.io/x', false],
    [`${'a'.repeat(63)}`, true],
    [`${'a'.repeat(64)}`, false],
    [`${'a.'.repeat(126)}a/x`, true],
    [`${'a.'.repeat(127)}a/x`, false],
  ])('has the key %j: %s', (key, valid) => {
    expect(selectorProblem({ matchLabels: { [key]: 'x' } }) === undefined).toBe(valid);
  });

  test('of a list that is null, as some clients write it, is refused with its place', () => {
    expect(labelSelectorSchema.safeParse({ matchLabels: null }).error?.issues[0]?.path).toEqual(['matchLabels']);
  });
});
