// Every program that the agent starts is in the image.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { filesBelow } from '../docs/blocks/pages.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const source = readFileSync(join(root, 'hack/build/image-system.mjs'), 'utf8');
const listOf = (name: string): string[] => [...(new RegExp(`^const ${name} = \\[(.*)\\];$`, 'm').exec(source)?.[1] ?? '').matchAll(/'([^']+)'/g)].map(([, one = '']) => one);
const programs = listOf('PROGRAMS');
const { debianPackages } = (await import(new URL('../../../hack/build/system-packages.mjs', import.meta.url).href)) as { debianPackages: () => { filesOf(name: string): string[] } };
const known = debianPackages();
const programsOf = (name: string): string[] => known.filesOf(name).filter((file) => /^(\/usr)?\/s?bin\/[^/]+$/.test(file)).map((file) => basename(file));

/** Packages that every Debian has. */
const essential = readFileSync('/var/lib/dpkg/status', 'utf8').split(/\n\n+/).filter((entry) => /^Essential: yes$/m.test(entry)).map((entry) => /^Package: (.*)$/m.exec(entry)?.[1] ?? '');
const whole = listOf('PACKAGES').filter((name) => essential.includes(name)).flatMap(programsOf);
const named = [...new Set(['src/agent', 'src/tcpdump'].flatMap((folder) => filesBelow(folder, '.ts')).flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(/'([a-z][a-z0-9-]*)'/g)].map(([, word = '']) => word)))];
/** What the agent says and means no program by. */
const WORDS = ['reset'];

test('what the agent names that is a program of every Debian is in the image', () => {
  const everywhere = new Set(essential.flatMap(programsOf));
  expect([...everywhere].length).toBeGreaterThan(100);
  expect(named.filter((word) => everywhere.has(word) && !programs.includes(word) && !whole.includes(word) && !WORDS.includes(word)).sort()).toEqual([]);
});

test('and nothing else was chosen: the agent names each program that comes in alone', () => {
  expect(programs.filter((program) => program !== 'node' && !named.includes(program))).toEqual([]);
  expect(programs.length).toBeGreaterThan(5);
});

test('the build of the image runs each of them', () => {
  const [, run = ''] = /for tool in (node [a-z ]+); do chroot/.exec(readFileSync(join(root, 'Dockerfile'), 'utf8')) ?? [];
  expect([...run.split(' '), 'ip'].sort()).toEqual(programs.toSorted());
});
