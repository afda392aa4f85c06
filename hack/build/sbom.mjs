// A bill of materials, CycloneDX 1.5: the same bytes for the same materials, so without a serial number and a time.

/** `components`: each with its name, version, purl and licence, and with its integrity (as in package-lock.json) where that is known. */
export function sbom({ name, version, license }, components) {
  const bom = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { type: 'application', 'bom-ref': name, name, version, ...(license && { licenses: licences(license) }) } },
    components: components.map((component) => ({
      type: 'library',
      'bom-ref': component.purl,
      name: component.name,
      version: component.version,
      purl: component.purl,
      ...(component.license && { licenses: licences(component.license) }),
      ...(component.integrity && { hashes: [hash(component.integrity)] }),
    })),
  };
  return `${JSON.stringify(bom, null, 1)}\n`;
}

/** An SPDX identifier, or an expression of several. */
const licences = (license) => [/[ (]/.test(license) ? { expression: license } : { license: { id: license } }];

function hash(integrity) {
  const [algorithm, digest] = integrity.split(' ')[0].split('-');
  return { alg: algorithm.toUpperCase().replace('SHA', 'SHA-'), content: Buffer.from(digest, 'base64').toString('hex') };
}

export const npmPurl = ({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`;
