// A few letters and digits by chance, to tell names apart that are otherwise the same.
import type { Random } from '../kube/clock.js';

/** No vowels: no word that somebody could mind. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

export const randomWord = (random: Random, length = 4): string => Array.from({ length }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join('');
