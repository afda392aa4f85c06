// The table of reasons and the code say the same words: none is said that the table does not explain, none is explained that nobody says.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { REASONS, type ReasonEntry } from '../../../src/api/reason-table.js';

const root = new URL('../../../src/', import.meta.url).pathname;
const TABLE = 'api/reason-table.ts';
const trees = new Map(
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && path !== TABLE && !path.startsWith('kube/'))
    .map((path) => [path, ts.createSourceFile(path, readFileSync(root + path, 'utf8'), ts.ScriptTarget.Latest, true)]),
);

function nodes(node: ts.Node): ts.Node[] {
  const found = [node];
  ts.forEachChild(node, (child) => void found.push(...nodes(child)));
  return found;
}
const everyNode = [...trees].flatMap(([path, tree]) => nodes(tree).map((node) => ({ path, node })));

/** Constants such as STOP_REASON: the word of each of their names. */
const constants = new Map<string, string>(
  everyNode.flatMap(({ node }) => {
    if (!ts.isVariableDeclaration(node) || !/_REASON$/.test(node.name.getText()) || !node.initializer) return [];
    const literal = nodes(node.initializer).find(ts.isObjectLiteralExpression);
    return (literal?.properties ?? []).flatMap((property) => (ts.isPropertyAssignment(property) && ts.isStringLiteral(property.initializer) ? [[`${node.name.getText()}.${property.name.getText()}`, property.initializer.text] as const] : []));
  }),
);

/** The words that an expression may come to, as far as they stand in it. */
function wordsIn(expression: ts.Expression): string[] {
  if (ts.isStringLiteral(expression)) return [expression.text];
  if (ts.isConditionalExpression(expression)) return [...wordsIn(expression.whenTrue), ...wordsIn(expression.whenFalse)];
  if (ts.isParenthesizedExpression(expression)) return wordsIn(expression.expression);
  if (ts.isBinaryExpression(expression) && expression.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) return [...wordsIn(expression.left), ...wordsIn(expression.right)];
  return [];
}

/** What a cluster says, in an object that is made to look like one of its own. */
const NOT_OURS = new Set(['FailedCreate']);

/** Where a reason is said as an object's field, in an Event, or by a name of its own. Those said by waiting(), refused(), verdict() and tell() the compiler checks. */
const said = everyNode.flatMap(({ path, node }): { word: string; where: string }[] => {
  const found =
    ts.isPropertyAssignment(node) && /^(reason|stopReason)$/.test(node.name.getText()) ? wordsIn(node.initializer)
    : ts.isVariableDeclaration(node) && /^(REASON|UPLOAD_INCOMPLETE)$|reason$/i.test(node.name.getText()) && node.initializer ? wordsIn(node.initializer)
    : ts.isCallExpression(node) && /\.event$/.test(node.expression.getText()) && node.arguments[2] ? wordsIn(node.arguments[2])
    : [];
  return found.filter((word) => !NOT_OURS.has(word)).map((word) => ({ word, where: path }));
});

test('every reason that is said is in the table', () => {
  expect([...said, ...[...constants].map(([where, word]) => ({ word, where }))].filter(({ word }) => !Object.hasOwn(REASONS, word))).toEqual([]);
});

test('the test sees where reasons are said', () => {
  expect(said.map(({ word }) => word)).toEqual(expect.arrayContaining(['LeftoversRemoved', 'UploadIncomplete', 'RecordUnreadable', 'StartTimeout', 'NodeUnreachable']));
  expect(constants.get('STOP_REASON.duration')).toBe('Duration');
  expect(constants.size).toBeGreaterThan(40);
});

test('every constant is used', () => {
  const named = new Set(everyNode.flatMap(({ node }) => (ts.isPropertyAccessExpression(node) ? [node.getText()] : [])));
  expect([...constants.keys()].filter((name) => !named.has(name))).toEqual([]);
});

test('every reason of the table is said by somebody', () => {
  const used = new Set(
    everyNode.flatMap(({ path, node }) => {
      if (ts.isStringLiteral(node) && path !== 'api/reasons.ts') return [node.text];
      const word = ts.isPropertyAccessExpression(node) ? constants.get(node.getText()) : undefined;
      return word === undefined ? [] : [word];
    }),
  );
  expect(Object.keys(REASONS).filter((reason) => !used.has(reason))).toEqual([]);
});

describe('the table is fit to be read', () => {
  test.each(Object.entries<ReasonEntry>(REASONS))('%s', (reason, { type, places, means, remedy }) => {
    expect(reason).toMatch(/^([A-Z][a-z]*)+$/);
    expect(places.length).toBeGreaterThan(0);
    for (const text of [means, ...(remedy === undefined ? [] : [remedy])]) expect(text).toMatch(/^[`A-Zt].*[.?]$/);
    if (type === 'Warning' && places.includes('Ready')) expect(remedy ?? means).not.toBe('');
  });
});
