// Connects by TLS, once for each set of options: tls-client.mjs CA '{"host": …, "port": …}' … Prints what came of each: the protocol, or the error's code.
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';

const [ca, ...all] = process.argv.slice(2);
const results = [];
for (const options of all.map((text) => JSON.parse(text))) {
  results.push(
    await new Promise((resolve) => {
      const socket = connect({ ca: readFileSync(ca), ...options }, () => {
        const protocol = socket.getProtocol();
        socket.resume().on('end', () => resolve(protocol));
      });
      socket.on('error', (error) => resolve(error.code)).on('close', () => resolve('closed'));
    }),
  );
}
console.log(JSON.stringify(results));
