// What runs in the namespaces of network.ts: a web server, its client, a proxy as a mesh puts it beside both, datagrams. Scripts for node -e.

/** Answers with as many bytes as the path says. */
export const webServer = (port: number, host = '0.0.0.0'): string =>
  `require('http').createServer((q, s) => s.end('x'.repeat(Number(q.url.slice(1)) || 5))).listen(${port}, '${host}', () => console.log('listens'))`;

/** Prints how many bytes came. */
export const get = (host: string, port: number, path: string): string =>
  `require('http').get('http://${host}:${port}/${path}', { agent: false }, (s) => { let n = 0; s.on('data', (d) => (n += d.length)).on('end', () => console.log(n)) }).on('error', (e) => { throw e })`;

export const datagrams = (host: string, ports: number[]): string =>
  `const s = require('dgram').createSocket('udp4'); let left = ${ports.length}; for (const p of ${JSON.stringify(ports)}) s.send('x', p, '${host}', () => { if (!--left) s.close() })`;

const PSK = `ciphers: 'PSK', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2'`;

/** Takes what the application says in the clear, and says it to the other side's proxy by TLS. */
export const outboundProxy = (port: number, host: string, hostPort: number): string =>
  `require('net').createServer((app) => { const far = require('tls').connect({ host: '${host}', port: ${hostPort}, ${PSK}, checkServerIdentity: () => undefined, pskCallback: () => ({ psk: Buffer.alloc(32, 1), identity: 'a' }) }); app.pipe(far).pipe(app) }).listen(${port}, () => console.log('listens'))`;

/** The other side: TLS from the network, in the clear to the application. */
export const inboundProxy = (port: number, appPort: number): string =>
  `require('tls').createServer({ ${PSK}, pskCallback: () => Buffer.alloc(32, 1) }, (far) => { const app = require('net').connect(${appPort}, '127.0.0.1'); far.pipe(app).pipe(far) }).listen(${port}, () => console.log('listens'))`;
