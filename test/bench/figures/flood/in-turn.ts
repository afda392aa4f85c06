// Floods in turn: what each captured, and how fast the sender was beside it.
import type { Bench } from '../../framework/figure.js';
import { inTurn } from '../../framework/rounds.js';
import type { Share } from './share.js';

export interface Floods<Name extends string> {
  percent: Record<Name, number[]>;
  perSecond: Record<Name, number[]>;
}

export async function floodsInTurn<Name extends string>(bench: Bench, measures: Record<Name, (round: number) => Promise<Share>>): Promise<Floods<Name>> {
  const names = Object.keys(measures) as Name[];
  const perSecond = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  const percentOf = (name: Name) => async (round: number): Promise<number> => {
    const share = await measures[name](round);
    perSecond[name].push(share.perSecond);
    return share.percent;
  };
  const percent = await inTurn(bench, Object.fromEntries(names.map((name) => [name, percentOf(name)])) as Record<Name, (round: number) => Promise<number>>);
  return { percent, perSecond };
}
