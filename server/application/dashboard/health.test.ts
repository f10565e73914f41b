import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../ports/clock.ts';
import type { DependencyProbe } from '../ports/page-reads.ts';
import { readHealth, rememberHealth } from './health.ts';

/** Waits are a thousandth of what they say. */
const clock: Clock = {
  now: () => new Date(0),
  wait: (ms, signal) => sleep(ms / 1000, undefined, signal === undefined ? {} : { signal }),
};
const reads = (alive: number, problems: number) => ({
  workers: async () => ({ alive, threads: alive * 2 }),
  problems: async () =>
    Array.from({ length: problems }, (_, i) => ({ file: `${i}.ts`, field: null, sentence: 's' })),
});
const probe = (name: string, status: 'up' | 'down' | 'not-configured'): DependencyProbe => ({
  name,
  check: async () => ({ status, detail: '' }),
});

describe('health', () => {
  it.each([
    ['up', 'up', 1, 0, 'up'],
    ['up', 'not-configured', 1, 0, 'up'],
    ['up', 'down', 1, 0, 'degraded'],
    ['up', 'up', 1, 1, 'degraded'],
    ['up', 'up', 0, 0, 'down'],
    ['down', 'up', 1, 0, 'down'],
  ] as const)(
    'with the database %s, kafka %s, %i workers and %i problems is %5$s',
    async (database, kafka, alive, problems, status) => {
      const probes = [probe('database', database), probe('kafka', kafka)];
      expect((await readHealth(clock, reads(alive, problems), probes)).status).toBe(status);
    },
  );

  it('tells of a dependency that hangs or throws, and of the others all the same', async () => {
    const hanging: DependencyProbe = { name: 'kafka', check: () => new Promise(() => undefined) };
    const throwing: DependencyProbe = {
      name: 'schema registry',
      check: () => Promise.reject(new Error('refused')),
    };
    const { dependencies } = await readHealth(clock, reads(1, 0), [
      probe('database', 'up'),
      hanging,
      throwing,
    ]);
    expect(dependencies.map(({ name, status, detail }) => [name, status, detail])).toEqual([
      ['database', 'up', ''],
      ['kafka', 'down', 'kafka did not answer within 3 s'],
      ['schema registry', 'down', 'refused'],
      ['workers', 'up', '1 worker with 2 threads'],
      ['contracts', 'up', 'every file is registered'],
    ]);
  });
});

describe('an answer', () => {
  const remembered = (read: () => Promise<never> | ReturnType<typeof readHealth>) => {
    const time = { ms: 1_000_000 };
    const at: Clock = { ...clock, now: () => new Date(time.ms) };
    return { time, health: rememberHealth(at, read) };
  };

  it('is asked for once by all who want it within three seconds, and anew afterwards', async () => {
    let asked = 0;
    const { time, health } = remembered(() => {
      asked += 1;
      return readHealth(clock, reads(1, 0), []);
    });
    await Promise.all(Array.from({ length: 50 }, health));
    time.ms += 2_999;
    await health();
    expect(asked).toBe(1);
    time.ms += 1;
    await health();
    expect(asked).toBe(2);
    time.ms -= 60_000;
    await health();
    expect(asked).toBe(3);
  });

  it('that failed is not kept', async () => {
    let asked = 0;
    const { health } = remembered(async () => {
      asked += 1;
      throw new Error('away');
    });
    await expect(health()).rejects.toThrow('away');
    await expect(health()).rejects.toThrow('away');
    expect(asked).toBe(2);
  });
});
