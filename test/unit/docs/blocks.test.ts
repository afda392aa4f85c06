// Every fenced block of the pages for people, and every example: YAML by schemas and rules, commands by the programs that take them.
import { describe, expect, test } from '@jest/globals';
import { blocksOf, filesBelow, PAGES, placeOf, textOf } from './blocks/pages.js';
import { problemsOf, problemsOfInline } from './blocks/problems.js';

test.each(PAGES)('every block of %s says what it is, and is right', async (page) => {
  const found = await Promise.all(blocksOf(page).map(async (block) => (await problemsOf(block)).map((problem) => `${placeOf(block)}: ${problem}`)));
  expect(found.flat()).toEqual([]);
});

test.each(PAGES)('every command in a sentence of %s is one', async (page) => {
  expect(await problemsOfInline(textOf(page))).toEqual([]);
});

test.each(filesBelow('examples', '.yaml'))('%s can be applied', async (file) => {
  expect(await problemsOf({ page: file, line: 1, language: 'yaml', text: textOf(file) })).toEqual([]);
});

test('there are some', () => {
  expect(PAGES.flatMap((page) => blocksOf(page)).length).toBeGreaterThan(50);
  expect(filesBelow('examples', '.yaml').length).toBeGreaterThan(10);
});

describe('this test would see', () => {
  const seen = (language: string, text: string): Promise<string[]> => problemsOf({ page: 'docs/x.md', line: 1, language, text });
  const CAPTURE = 'apiVersion: packetcapture.dev/v1alpha1\nkind: PacketCapture\nmetadata: {name: x}\n';

  test.each<[what: string, language: string, text: string, said: string]>([
    ['a fence without a language', '', 'kubectl get pods\n', 'says no language'],
    ['a language that nobody looks at', 'bash', 'kubectl get pods\n', 'does not know this language'],
    ['YAML that is none', 'yaml', 'spec: {target: [\n', 'Flow'],
    ['a field that is none', 'yaml', `${CAPTURE}spec: {target: {podName: web-0}, ring: {filesize: 10M}}\n`, 'spec.ring.filesize: the schema has no such field'],
    ['a field that is none, in a fragment', 'yaml', 'spec:\n  durations: 5m\n', 'spec.durations'],
    ['a fragment of nothing', 'yaml', 'whatever: 1\n', 'a fragment of what?'],
    ['a value that the schema refuses', 'yaml', 'duration: 5 minutes\n', 'spec.duration'],
    ['a rule that is broken', 'yaml', 'duration: 0s\n', 'spec.duration "0s"'],
    ['a rule of destinations that is broken', 'yaml', 's3: {bucket: captures, prefix: a/../, auth: {secretRef: {name: x}}}\n', 'spec.s3.prefix'],
    ['an annotation that means nothing', 'yaml', `${CAPTURE.replace('name: x', 'name: x, annotations: {packetcapture.dev/snapshots: "1"}')}spec: {target: {podName: web-0}}\n`, 'means nothing'],
    ['a version that is not served', 'yaml', `${CAPTURE.replace('v1alpha1', 'v1')}spec: {target: {podName: web-0}}\n`, 'no such kind'],
    ['a kind that it does not know', 'yaml', 'apiVersion: example.com/v1\nkind: Thing\n', 'does not know this kind'],
    ['a component that is not there', 'yaml', 'resources: [config/default]\ncomponents: [config/components/nothing]\n', 'config/components/nothing: no such folder'],
    ["an operator's flag that is none", 'yaml', 'args: [operator, --max-durations=1h]\n', '--max-durations'],
    ['a target that the Makefile lacks', 'sh', 'make tea\n', 'no such target'],
    ['a script that package.json lacks', 'sh', 'npm run tea\n', 'no such script'],
    ['a command of the plugin that is none', 'sh', 'kubectl pktcap begin pod/web-0\n', 'begin'],
    ['a flag of the plugin that is none', 'sh', 'kubectl pktcap start pod/web-0 --rings 10M\n', '--rings'],
    ["a flag's value that the plugin refuses", 'sh', 'kubectl pktcap start pod/web-0 -d soon\n', 'soon'],
    ['a filter that names a host', 'sh', 'kubectl pktcap start pod/web-0 -- host example.com\n', 'example.com'],
    ['the plugin in a substitution', 'sh', 'wireshark "$(kubectl pktcap download web --merged)"\n', '--merged'],
    ['the plugin behind a pipe', 'sh', 'true |\n  kubectl pktcap live web --form pcap\n', '--form'],
    ['a command of kubectl that is none', 'sh', 'kubectl gets pods\n', 'kubectl gets'],
    ['a field in a JSONPath that is none', 'sh', "kubectl get pktcap web -o jsonpath='{.status.run.identity}'\n", 'no field identity'],
    ['a field of a list in a JSONPath that is none', 'sh', "kubectl get pktcap -A -o jsonpath='{range .items[*]}{.status.fase}{end}'\n", 'no field fase'],
    ['a condition in a JSONPath that is none', 'sh', `kubectl get pktcap web -o jsonpath='{.status.conditions[?(@.type=="Done")].reason}'\n`, 'no condition Done'],
    ['a condition to wait for that is none', 'sh', 'kubectl wait --for=condition=Completed pktcap/web\n', 'no such condition'],
    ['a file that is not there', 'sh', 'kubectl apply -f examples/nothing.yaml\n', 'examples/nothing.yaml: no such file'],
    ['a program that it does not know', 'sh', 'frobnicate --all\n', 'does not know this program'],
    ['a quote that is not closed', 'sh', "kubectl get 'pods\n", 'is not closed'],
    ['a prompt among commands', 'sh', '$ kubectl get pods\n', 'a console block'],
    ['output without a command', 'console', 'NAME  AGE\n', 'begin with a prompt'],
    ['a wrong command behind a prompt', 'console', '$ make tea\n', 'no such target'],
    ['a column that is none', 'console', '$ kubectl get pktcap\nNAME   TARGET   PHASE   REASON   PACKETS   LOSSES   SIZE   AGE\n', 'LOST SIZE AGE, not'],
    ['JSON that is none', 'json', '{"a": }\n', 'JSON'],
  ])('%s', async (_, language, text, said) => {
    expect((await seen(language, text)).join('\n')).toContain(said);
  });

  test('a command in a sentence', async () => {
    expect(await problemsOfInline('Run `make tea`, or `kubectl pktcap live --merged`, or `kubectl pktcap explain`.')).toEqual([expect.stringContaining('make tea'), expect.stringContaining('--merged')]);
  });

  test.each<[language: string, text: string]>([
    ['yaml', 'upload: {policy: OnDemand}\nduration: 0s\n'],
    ['yaml', 'allowedNamespaces: {from: All}\n'],
    ['yaml', '- apiGroups: [""]\n  resources: [secrets]\n  verbs: [get]\n'],
    ['sh', `A=1 make test  # a comment's quote\nfor pod in $(kubectl get pods -o name); do\n  echo "$pod"\ndone\nkubectl apply -f - <<EOF\nanything: {\nEOF\nkubectl get pods 2>/dev/null | grep -c 'a b' > /tmp/x && true\n`],
    ['sh', `kubectl get pktcap -A -o jsonpath='{range .items[?(@.status.phase=="Failed")]}{.metadata.name}{"\\t"}{.status.conditions[?(@.type=="Ready")].reason}{range .status.live.agents[*]}{.targets}{end}{.status.targets[0].podName}{end}'\n`],
    ['console', '$ kubectl get pktcap -A\nNAMESPACE   NAME   TARGET   PHASE   REASON   PACKETS   LOST   SIZE   AGE\n'],
  ])('and takes %s that is right: %j', async (language, text) => {
    expect(await seen(language, text)).toEqual([]);
  });
});
