// What the licences of bundled packages ask to be handed on: their names and texts.

/** `packages`: of bundledPackages(). A text that several share is there for each: its copyright line is not the same. */
export function notices(packages) {
  const sections = packages.map(({ name, version, license, texts }) => [`${name} ${version}`, license, ...texts.map((text) => `\n${text.replaceAll('\r\n', '\n').trim()}`)].join('\n'));
  return ['The bundles of PacketCapture hold these packages.', ...sections].join(`\n\n${'-'.repeat(80)}\n\n`) + '\n';
}
