import { expect, it } from 'vitest';
import { actionContext } from '../../../../demo/testing/action-context.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import { type SetGroupOffsetDeps, setGroupOffset } from './set-group-offset.ts';

const params = { group: 'g', topic: 't', partition: 0, to: '5' };
const frozen = { topicId: 'id', before: '4', to: '5', row: null, contract: null };

/** A group that nobody is in stands at 4, and the broker answers the commit so. */
function moving(commit: SetGroupOffsetDeps['groups']['commit']) {
  const found = {
    at: new Date(0),
    state: 'Empty',
    memberCount: 0,
    members: [],
    partitions: [{ partition: 0, committed: 4n }],
  };
  return setGroupOffset({
    groups: { mayCommit: null, read: async () => found, commit },
    records: { ends: async () => ({ topicId: 'id', logStart: 0n, lastStable: 9n, highWatermark: 9n }) },
  } as unknown as SetGroupOffsetDeps);
}

it.each([
  ['has not the right to', true, 'history-unavailable', false],
  ['got no answer', false, 'history-unavailable', true],
] as const)('one that %s may have changed something: %s', async (_who, lasting, code, begun) => {
  const context = actionContext();
  const error = new RepriseError(code, 'Group g: GROUP_AUTHORIZATION_FAILED.', { lasting });
  const ended = moving(() => Promise.reject(error)).perform(params, frozen, context);
  await expect(ended).rejects.toBe(error);
  expect(context.begun()).toBe(begun);
});

it('one that somebody joined meanwhile is refused, and has changed nothing', async () => {
  const context = actionContext();
  const ended = moving(async () => 'has-members').perform(params, frozen, context);
  await expect(ended).rejects.toMatchObject({ code: 'runbook-refused' });
  expect(context.begun()).toBe(false);
});
