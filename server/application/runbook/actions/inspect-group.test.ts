import { expect, it } from 'vitest';
import { actionContext } from '../../../../demo/testing/action-context.ts';
import type { GroupFound } from '../../ports/consumer-groups.ts';
import { inspectGroup } from './inspect-group.ts';

const now = new Date('2026-03-24T08:00:00Z');

/** A group that stands at offset 4 of 10, and was sampled there since so long. */
function look(sinceMs: number, end = 10n) {
  const found: GroupFound = {
    at: now,
    state: 'Stable',
    memberCount: 1,
    members: [],
    partitions: [
      {
        partition: 0,
        committed: 4n,
        from: 4n,
        end,
        next: { offset: 4n, timestampMs: now.getTime() - sinceMs },
      },
    ],
  };
  const action = inspectGroup({
    groups: { read: () => Promise.resolve(found) },
    standingStill: {
      of: () => Promise.resolve([{ partition: 0, committed: 4n, since: new Date(now.getTime() - sinceMs) }]),
    },
    clock: {
      now: () => now,
      wait: () => Promise.reject(new Error('it is sampled: there is nothing to wait for')),
    },
  });
  return action.perform({ group: 'warehouse', topic: 'stock' }, {}, actionContext());
}

it('tells who looks too early at a group that waits to look again', async () => {
  const { outputs, sentence } = await look(9_000);
  expect(outputs).not.toHaveProperty('stuckOffset');
  expect(outputs).toMatchObject({ stuck: false });
  expect(sentence).toContain('one counts so that has not moved for 15 s. Look again in some seconds.');
});

it('names the offset once it has stood for long enough', async () => {
  const { outputs, sentence } = await look(16_000);
  expect(outputs).toMatchObject({ stuck: true, stuckPartition: 0, stuckOffset: '4' });
  expect(sentence).toContain('Partition 0 stands at offset 4 for 16 s.');
});

it('asks nobody to look again where nothing waits', async () => {
  expect((await look(9_000, 4n)).sentence).toMatch(/No partition stands still\.$/);
});
