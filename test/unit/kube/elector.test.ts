import { describe, expect, test } from '@jest/globals';
import { Elector } from '../../../src/kube/elector.js';
import { anError } from './builders.js';
import { FakeClock, settled } from './fake-clock.js';
import { LeaseServer, type LeaseKube } from './lease-server.js';

const TIMING = { leaseDurationMs: 12_000, renewDeadlineMs: 8000, retryPeriodMs: 1500 };
const never = (): AbortSignal => new AbortController().signal;

/** A process of the election. Its clock is its own, unless another's is given. */
function candidate(server: LeaseServer, identity: string, { clock = new FakeClock(), kube = server.client(), random = 1 }: { clock?: FakeClock; kube?: LeaseKube; random?: number } = {}) {
  const elector = new Elector({ kube, namespace: 'system', name: 'operator', identity, timing: TIMING, clock, random: () => random });
  const told: string[] = [];
  void elector.lost.then((reason) => told.push(reason));
  return { elector, clock, told };
}

/** Two on one clock, of which `a` leads. */
async function aPair(kubeOfA?: LeaseKube, server = new LeaseServer()) {
  const clock = new FakeClock();
  const a = candidate(server, 'a', { clock, ...(kubeOfA && { kube: kubeOfA }) });
  const b = candidate(server, 'b', { clock });
  expect(await a.elector.campaign(never())).toBe(true);
  const won = b.elector.campaign(never());
  await settled();
  return { server, clock, a, b, won };
}

describe('a campaign', () => {
  test('is won at once where there is no lease, and writes one that every client can read', async () => {
    const server = new LeaseServer();
    const { elector } = candidate(server, 'a');
    expect(await elector.campaign(never())).toBe(true);
    expect(server.lease).toMatchObject({
      metadata: { name: 'operator' },
      spec: { holderIdentity: 'a', leaseDurationSeconds: 12, acquireTime: '2026-11-20T00:00:00.000000Z', renewTime: '2026-11-20T00:00:00.000000Z', leaseTransitions: 0 },
    });
  });

  test('waits while the leader renews, however long', async () => {
    const { clock, a, b, server } = await aPair();
    for (let second = 0; second < 120; second += 1) {
      await clock.advance(1000);
      expect([a.elector.leads(), b.elector.leads()]).toEqual([true, false]);
    }
    expect(server.lease?.spec).toMatchObject({ holderIdentity: 'a', leaseTransitions: 0, acquireTime: '2026-11-20T00:00:00.000000Z' });
  });

  test('is won within 15 s of the last renewal of a leader that died, whenever that was', async () => {
    for (const diedAt of [0, 1, 700, 1499, 1501, 4000]) {
      let dead = false;
      const server = new LeaseServer();
      const { clock, b } = await aPair(server.client({ before: () => (dead ? new Promise(() => undefined) : Promise.resolve()) }), server);
      await clock.advance(diedAt);
      dead = true;
      await clock.advance(TIMING.leaseDurationMs - TIMING.retryPeriodMs - 1);
      expect(b.elector.leads()).toBe(false);
      await clock.advance(15_000 - (TIMING.leaseDurationMs - TIMING.retryPeriodMs - 1));
      expect([b.elector.leads(), server.holder, server.lease?.spec?.leaseTransitions]).toEqual([true, 'b', 1]);
    }
  });

  test('is won at the next look after a release', async () => {
    const { clock, a, b, server } = await aPair();
    await clock.advance(5000);
    await a.elector.release();
    expect(server.lease?.spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
    expect(a.elector.leads()).toBe(false);
    await clock.advance(TIMING.retryPeriodMs);
    expect([b.elector.leads(), server.holder]).toEqual([true, 'b']);
    await clock.advance(60_000);
    expect([a.told, server.holder]).toEqual([[], 'b']);
  });

  test('looks at no time in the lease: a clock that is hours off changes nothing', async () => {
    const server = new LeaseServer();
    const clock = new FakeClock();
    server.write({ metadata: { name: 'operator', uid: 'u', resourceVersion: '' }, spec: { holderIdentity: 'gone', leaseDurationSeconds: 12, renewTime: '2001-01-01T00:00:00.000000Z', leaseTransitions: 4 } });
    const { elector } = candidate(server, 'a', { clock });
    const won = elector.campaign(never());
    await clock.advance(11_999);
    expect([elector.leads(), server.holder]).toEqual([false, 'gone']);
    await clock.advance(1);
    expect([await won, server.lease?.spec?.leaseTransitions]).toEqual([true, 5]);
  });

  test("goes by the holder's own duration, which may be of another version", async () => {
    const server = new LeaseServer();
    server.write({ metadata: { name: 'operator', uid: 'u', resourceVersion: '' }, spec: { holderIdentity: 'gone', leaseDurationSeconds: 60 } });
    const { elector, clock } = candidate(server, 'a');
    void elector.campaign(never());
    await clock.advance(59_999);
    expect(elector.leads()).toBe(false);
    await clock.advance(1);
    expect(elector.leads()).toBe(true);
  });

  test('is won by one of many that see the lease expire at the same moment', async () => {
    const server = new LeaseServer();
    const clock = new FakeClock();
    server.write({ metadata: { name: 'operator', uid: 'u', resourceVersion: '' }, spec: { holderIdentity: 'gone', leaseDurationSeconds: 12 } });
    const all = ['a', 'b', 'c', 'd'].map((name) => candidate(server, name, { clock }).elector);
    for (const elector of all) void elector.campaign(never());
    for (let second = 0; second < 60; second += 1) {
      await clock.advance(1000);
      expect(all.filter((elector) => elector.leads())).toHaveLength(second < 11 ? 0 : 1);
    }
  });

  test('goes on while the API server cannot be asked, and ends at a signal', async () => {
    const server = new LeaseServer();
    const { elector, clock } = candidate(server, 'a', { kube: server.client({ before: () => Promise.reject(anError(0)) }) });
    const ending = new AbortController();
    const won = elector.campaign(ending.signal);
    await clock.advance(60_000);
    ending.abort();
    expect(await won).toBe(false);
  });

  test('is not won by a write whose answer came after its time', async () => {
    const server = new LeaseServer();
    const clock = new FakeClock();
    const { elector } = candidate(server, 'a', { clock, kube: server.client({ after: async (verb) => void (verb === 'create' && (await clock.advance(20_000))) }) });
    const won = elector.campaign(never());
    await clock.advance(0);
    for (let turns = 0; turns < 10; turns += 1) await settled();
    expect([elector.leads(), server.holder]).toEqual([false, 'a']);
    await clock.advance(1500);
    expect([await won, elector.leads(), server.lease?.spec?.leaseTransitions]).toEqual([true, true, 0]);
  });
});

describe('a leader', () => {
  test('that cannot renew leads until its deadline, counted from the renewal that was taken last, and says why it stopped', async () => {
    let cut = false;
    const server = new LeaseServer();
    const { clock, a, b } = await aPair(server.client({ before: () => (cut ? Promise.reject(anError(0)) : Promise.resolve()) }), server);
    await clock.advance(3000);
    cut = true;
    await clock.advance(7999);
    expect([a.elector.leads(), a.told]).toEqual([true, []]);
    await clock.advance(1);
    expect([a.elector.leads(), a.told]).toEqual([false, ['the lease could not be renewed for 8000 ms']]);
    expect(b.elector.leads()).toBe(false);
    await clock.advance(6000);
    expect(b.elector.leads()).toBe(true);
  });

  test('and those who wait never lead at the same time, whatever gets lost and however late it is', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      let state = seed;
      const random = (): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
      const server = new LeaseServer();
      const clock = new FakeClock();
      const weather = async (): Promise<void> => {
        if (random() < 0.3) await new Promise<void>((resolve) => clock.schedule(random() * 6000, resolve));
        if (random() < 0.3) throw anError(0);
      };
      const all = ['a', 'b', 'c'].map((name) => candidate(server, name, { clock, kube: server.client({ before: weather, after: weather }), random: random() }));
      for (const { elector } of all) void elector.campaign(never());
      for (let tick = 0; tick < 600; tick += 1) {
        await clock.advance(100);
        expect(all.filter(({ elector }) => elector.leads()).length).toBeLessThanOrEqual(1);
      }
    }
  });

  test('whose renewal was taken and whose answer was lost goes on', async () => {
    let lose = false;
    const server = new LeaseServer();
    const kube = server.client({
      after: (verb) => {
        const lost = lose && verb === 'replace';
        lose = false;
        return lost ? Promise.reject(anError(0)) : Promise.resolve();
      },
    });
    const { clock, a } = await aPair(kube, server);
    lose = true;
    await clock.advance(30_000);
    expect([a.elector.leads(), a.told, server.holder]).toEqual([true, [], 'a']);
  });

  test('goes on when somebody annotates the lease, or removes it', async () => {
    const { clock, a, b, server } = await aPair();
    server.write({ ...(server.lease as NonNullable<typeof server.lease>) });
    await clock.advance(2000);
    expect(a.elector.leads()).toBe(true);
    await b.elector.release();
    server.lease = undefined;
    await clock.advance(1500);
    expect([a.elector.leads(), b.elector.leads()].filter(Boolean)).toHaveLength(1);
  });

  test('stops as soon as it sees that another took the lease', async () => {
    const { clock, a, server } = await aPair();
    server.write({ ...(server.lease as NonNullable<typeof server.lease>), spec: { holderIdentity: 'thief', leaseDurationSeconds: 12 } });
    await clock.advance(1500);
    expect([a.elector.leads(), a.told]).toEqual([false, ['the lease was taken by "thief"']]);
  });

  test('that slept over its deadline knows before any timer or answer tells it, and does not lead again', async () => {
    const server = new LeaseServer();
    const clock = new FakeClock();
    let asleep: () => void = () => undefined;
    const kube = server.client({ after: (verb) => (verb === 'replace' ? new Promise((resolve) => (asleep = resolve)) : Promise.resolve()) });
    // Its clock goes on while nothing of it runs.
    const own = Object.assign(Object.create(clock) as FakeClock, { monotonic: () => clock.monotonic() + slept, schedule: clock.schedule.bind(clock), now: clock.now.bind(clock) });
    let slept = 0;
    const { elector, told } = candidate(server, 'a', { clock: own, kube });
    await elector.campaign(never());
    await clock.advance(1500);
    slept = 20_000;
    expect(elector.leads()).toBe(false);
    asleep();
    await settled();
    expect([elector.leads(), told]).toEqual([false, ['the lease could not be renewed for 8000 ms']]);
    expect(elector.overdueMs()).toBe(20_000 + 1500 - 8000);
  });

  test('is not overdue while it leads, nor after a release', async () => {
    const { clock, a } = await aPair();
    await clock.advance(60_000);
    expect(a.elector.overdueMs()).toBe(0);
    await a.elector.release();
    await clock.advance(60_000);
    expect(a.elector.overdueMs()).toBe(0);
  });
});

describe('a release', () => {
  test('comes after a renewal that is under way', async () => {
    const server = new LeaseServer();
    let answer: () => void = () => undefined;
    let hold = false;
    const { clock, a } = await aPair(server.client({ after: (verb) => (hold && verb === 'replace' ? new Promise((resolve) => (answer = resolve)) : Promise.resolve()) }), server);
    hold = true;
    await clock.advance(1500);
    hold = false;
    const released = a.elector.release();
    expect(a.elector.leads()).toBe(false);
    await settled();
    expect(server.holder).toBe('a');
    answer();
    await released;
    expect(server.holder).toBe('');
  });

  test('leaves a lease alone that is another one’s by now', async () => {
    const { a, server } = await aPair();
    server.write({ ...(server.lease as NonNullable<typeof server.lease>), spec: { holderIdentity: 'thief', leaseDurationSeconds: 12 } });
    await a.elector.release();
    expect(server.holder).toBe('thief');
  });

  test('that nobody hears is no error', async () => {
    let cut = false;
    const server = new LeaseServer();
    const { a } = await aPair(server.client({ before: () => (cut ? Promise.reject(anError(0)) : Promise.resolve()) }), server);
    cut = true;
    await a.elector.release();
    expect([a.elector.leads(), server.holder]).toEqual([false, 'a']);
  });
});
