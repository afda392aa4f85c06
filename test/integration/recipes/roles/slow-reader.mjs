// Asks for something large and does not read it until told by SIGUSR2: slow-reader.mjs URL. Prints how many bytes it got.
import { get } from 'node:http';
import { clearInterval, setInterval } from 'node:timers';

// A socket that is not read does not keep Node from ending.
const alive = setInterval(() => {}, 60_000);
get(process.argv[2], { agent: false }, (response) => {
  let bytes = 0;
  const end = () => {
    console.log(JSON.stringify(bytes));
    clearInterval(alive);
  };
  // Without a listener for its data nothing is read.
  process.on('SIGUSR2', () => response.on('data', (data) => (bytes += data.length)).on('end', end));
});
