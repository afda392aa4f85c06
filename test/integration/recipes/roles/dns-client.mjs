// Looks names up, one after the other, as an application's resolver does: dns-client.mjs SERVER NAME … Prints what came of each: addresses, or the error's code.
import { Resolver } from 'node:dns/promises';

const [server, ...names] = process.argv.slice(2);
const results = [];
for (const name of names) {
  // Of a name that nobody answers: asked twice, a second each.
  const resolver = new Resolver(name.startsWith('never') ? { timeout: 1000, tries: 2 } : { timeout: 30_000, tries: 1 });
  resolver.setServers([server]);
  results.push(await resolver.resolve4(name).catch((error) => error.code));
}
console.log(JSON.stringify(results));
