// When a tcpdump that says nothing is woken, and when it is given up.
import { expect, test } from '@jest/globals';
import { Answers } from '../../../../src/agent/target/answers.js';

const through = (hasListened: boolean, ...silences: number[]) => {
  const answers = new Answers();
  return silences.map((ms) => answers.after(ms, hasListened));
};

test.each<[string, boolean, number[], string[]]>([
  ['that answers is left alone', true, [0, 1000, 2999, 0], ['wait', 'wait', 'wait', 'wait']],
  ['that is silent is woken once, then given up', true, [3000, 4000, 7999, 8000], ['wake', 'wait', 'wait', 'give up']],
  ['that answered in between is woken again', true, [3000, 0, 3000], ['wake', 'wait', 'wake']],
  ['that never listened has longer, and is not woken', false, [3000, 8000, 29_999, 30_000], ['wait', 'wait', 'wait', 'give up']],
])('one %s', (_, hasListened, silences, expected) => expect(through(hasListened, ...silences)).toEqual(expected));
