// The modules import in one direction, and each only what is its own: see "Modules" in CONTRIBUTING.md.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

const root = new URL('../../../', import.meta.url).pathname;

/** What a folder of src/ may import of the others, and of npm. */
const MAY: Record<string, { folders: string[]; packages: RegExp; node: RegExp }> = {
  api: { folders: [], packages: /^zod$/, node: /^$/ },
  protocol: { folders: ['api'], packages: /^zod$/, node: /^node:crypto$/ },
  plan: { folders: ['api', 'protocol'], packages: /^zod$/, node: /^node:crypto$/ },
  kube: { folders: [], packages: /^(@kubernetes\/client-node|pino|ws|yaml|zod)$/, node: /./ },
  tcpdump: { folders: ['api'], packages: /^$/, node: /^node:child_process$/ },
  pcap: { folders: [], packages: /^$/, node: /^node:fs\/promises$/ },
  storage: { folders: ['api', 'protocol'], packages: /^(minio|pino|zod)$/, node: /./ },
  operator: { folders: ['api', 'protocol', 'plan', 'kube', 'tcpdump', 'storage'], packages: /^(@kubernetes\/client-node|@dot-i\/k8s-operator|pino|zod|prom-client)$/, node: /./ },
  agent: { folders: ['api', 'protocol', 'tcpdump', 'pcap', 'storage'], packages: /^(pino|zod)$/, node: /./ },
  cli: { folders: ['api', 'protocol', 'kube', 'pcap'], packages: /^(commander|yaml|zod|@kubernetes\/client-node)$/, node: /./ },
  // The dispatcher, which loads one of the two at run time.
  '.': { folders: ['operator', 'agent'], packages: /^$/, node: /./ },
};

interface Source {
  path: string;
  folder: string;
  tree: ts.SourceFile;
}

const sources: Source[] = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({
    path,
    folder: path.includes('/') ? (path.split('/')[0] as string) : '.',
    tree: ts.createSourceFile(path, readFileSync(join(root, 'src', path), 'utf8'), ts.ScriptTarget.Latest, true),
  }));

/** Every module that a file names: import, export … from, import(). */
function importsOf({ tree }: Source): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) found.push((node.moduleSpecifier as ts.StringLiteral).text);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) found.push((node.arguments[0] as ts.StringLiteral).text);
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) found.push((node.argument.literal as ts.StringLiteral).text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

const packageOf = (specifier: string): string => specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');

function complaint(source: Source, specifier: string): string | undefined {
  const may = MAY[source.folder];
  if (!may) return `src/${source.folder} has no place in the order of modules`;
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(source.path), specifier);
    const folder = target.includes('/') ? (target.split('/')[0] as string) : '.';
    return folder === source.folder || may.folders.includes(folder) ? undefined : `${source.folder} must not import ${folder}`;
  }
  if (specifier.startsWith('node:')) return may.node.test(specifier) ? undefined : `${source.folder} must not import ${specifier}`;
  return may.packages.test(packageOf(specifier)) ? undefined : `${source.folder} must not import the package ${packageOf(specifier)}`;
}

test('no import points the wrong way', () => {
  const wrong = sources.flatMap((source) =>
    importsOf(source).flatMap((specifier) => {
      const problem = complaint(source, specifier);
      return problem ? [`src/${source.path}: ${problem} (${specifier})`] : [];
    }),
  );
  expect(wrong).toEqual([]);
});

test("the operator's skeleton is wired in one file", () => {
  expect(sources.filter((source) => importsOf(source).includes('@dot-i/k8s-operator')).length).toBeLessThanOrEqual(1);
});

test('no file is imported in a circle', () => {
  const graph = new Map(
    sources.map((source) => [
      source.path,
      importsOf(source).filter((specifier) => specifier.startsWith('.')).map((specifier) => posix.join(posix.dirname(source.path), specifier).replace(/\.js$/, '.ts')),
    ]),
  );
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, trail: string[]): void => {
    if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    if (done.has(path) || trail.includes(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  expect(circles).toEqual([]);
});

describe('decisions are functions of their arguments alone', () => {
  const pure = sources.filter(({ folder }) => ['api', 'protocol', 'plan'].includes(folder));

  /** Where a file asks for the time, for chance or for the process. */
  function impurities({ path, tree }: Source): string[] {
    const found: string[] = [];
    const visit = (node: ts.Node): void => {
      const asks =
        (ts.isPropertyAccessExpression(node) && /^(Date\.now|Math\.random|performance\.now|process\.\w+|globalThis\.\w+)$/.test(node.getText())) ||
        (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length) ||
        (ts.isCallExpression(node) && /^(Date|fetch|setTimeout|setInterval|setImmediate|queueMicrotask|randomUUID|randomBytes|randomInt)$/.test(node.expression.getText()));
      if (asks) found.push(`src/${path}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${node.getText()}`);
      ts.forEachChild(node, visit);
    };
    visit(tree);
    return found;
  }

  test('no clock, no chance, no environment, no timer in api, protocol and plan', () => {
    expect(pure.flatMap(impurities)).toEqual([]);
  });

  test('the test would see one', () => {
    const text = 'Date.now(); new Date(); process.env.X; setTimeout(f); new Date(0); Math.random();';
    const tree = ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest, true);
    expect(impurities({ path: 'x.ts', folder: 'plan', tree })).toHaveLength(5);
  });
});

describe('the test of directions would see', () => {
  test.each([
    ['plan/plan.ts', '../kube/kube.js', 'plan must not import kube'],
    ['plan/plan.ts', 'node:fs', 'plan must not import node:fs'],
    ['agent/main.ts', '@kubernetes/client-node', 'agent must not import the package @kubernetes/client-node'],
    ['agent/main.ts', '../plan/plan.js', 'agent must not import plan'],
    ['agent/main.ts', '../operator/main.js', 'agent must not import operator'],
    ['kube/client.ts', '../api/group.js', 'kube must not import api'],
    ['api/crd.ts', '../protocol/keys.js', 'api must not import protocol'],
    ['storage/s3/client.ts', '../../agent/main.js', 'storage must not import agent'],
    ['utils/x.ts', '../api/group.js', 'src/utils has no place'],
  ])('%s importing %s', (path, specifier, words) => {
    const source = { path, folder: path.split('/')[0] as string, tree: ts.createSourceFile(path, '', ts.ScriptTarget.Latest) };
    expect(complaint(source, specifier)).toContain(words);
  });

  test('every folder that there is', () => {
    expect(new Set(sources.map(({ folder }) => folder))).toEqual(new Set(Object.keys(MAY)));
  });
});
