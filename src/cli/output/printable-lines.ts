// Text of several lines as it may go to a terminal: what a terminal would act on is shown as code points, line ends stay.
import { printable } from '../../api/printable.js';

export const printableLines = (text: string): string => text.split('\n').map((line) => line.replaceAll('\t', '  ')).map(printable).join('\n');
