// A sidecar: sidecar.mjs KEY CERTIFICATE UPSTREAM. It takes TLS on 15006 and hands the requests to the application on 127.0.0.1:8080; what the application calls comes in on 15001
// and goes to UPSTREAM by TLS. Where it reaches nobody it answers 503 itself.
import { readFileSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { createServer as createTLSServer, request as askByTLS } from 'node:https';

const [key, certificate, upstream] = process.argv.slice(2);

const proxy = (open) => (request, response) => {
  const asked = open({ path: request.url, method: request.method, headers: request.headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  asked.on('error', () => response.writeHead(503).end('upstream connect error'));
  request.pipe(asked);
};
const inbound = createTLSServer({ key: readFileSync(key), cert: readFileSync(certificate) }, proxy((options, done) => ask({ ...options, host: '127.0.0.1', port: 8080 }, done)));
const outbound = createServer(proxy((options, done) => askByTLS({ ...options, host: upstream, port: 8080, rejectUnauthorized: false }, done)));
inbound.listen(15006, '::', () => outbound.listen(15001, '::', () => console.log('listening')));
