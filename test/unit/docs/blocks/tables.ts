// What `kubectl get` prints of our kinds has the columns of the CRD.
import { kindNamed } from './jsonpath.js';
import { CRDS } from './our-kinds.js';
import { commandsOf } from './shell.js';

export function tableProblem(text: string, output: string): string[] {
  const [{ words } = { words: [] }] = commandsOf(text).slice(-1);
  const [program, verb] = words;
  if (program !== 'kubectl' || verb !== 'get' || /^(No resources|Error)/.test(output) || output.trim() === '') return [];
  const kind = words.slice(2).map(kindNamed).find((found) => found !== undefined);
  const crd = CRDS.find(({ spec }) => spec.names.kind === kind);
  const isTable = !words.some((word, index) => (/^(-o|--output)=?/.test(word) && !/wide$/.test(word) && words[index + 1] !== 'wide') || word === '--no-headers');
  if (crd === undefined || !isTable) return [];
  const isWide = words.some((word) => word.endsWith('wide'));
  const isOfAll = words.some((word) => word === '-A' || word === '--all-namespaces');
  const columns = crd.spec.versions[0].additionalPrinterColumns.filter(({ priority }) => isWide || priority === undefined).map(({ name }) => name.toUpperCase());
  const expected = [...(isOfAll ? ['NAMESPACE'] : []), 'NAME', ...columns];
  const head = (output.split('\n')[0] ?? '').trim().split(/\s+/);
  return head.join(' ') === expected.join(' ') ? [] : [`the columns are ${expected.join(' ')}, not ${head.join(' ')}`];
}
