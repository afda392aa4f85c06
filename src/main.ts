// Entry point of the image: one program; its subcommands are in two bundles, so that the agent starts fast.

const USAGE = 'usage: packetcapture operator [flags] | packetcapture agent | packetcapture sweep';

async function run([subcommand, ...args]: string[]): Promise<number> {
  switch (subcommand) {
    case 'operator':
      return (await import('./operator/main.js')).runOperator(args);
    case 'agent':
      return (await import('./agent/main.js')).runAgent();
    case 'sweep':
      return (await import('./agent/main.js')).runSweep();
    default:
      console.error(subcommand === undefined ? USAGE : `unknown subcommand "${subcommand}"; ${USAGE}`);
      return 64;
  }
}

run(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
