import { expect, it } from 'vitest';
import { maskRow } from './read-letters.ts';

const row = {
  topic: 'a.dlq',
  partition: 0,
  offset: '1',
  identity: 'x',
  contractId: 'a',
  state: 's',
  isOwnerKnown: true,
  groupId: 'g',
  exception: 'unknown-person',
  shape: '<id> has no account',
  eventId: 'e',
  cause: 'unknown-person: PERSON-88 has no account',
  at: '2026-11-26T00:00:00.000Z',
  origin: null,
  redriveId: null,
  gone: false,
  reprocessed: false,
};

it('keeps of a cause what reads like a class or a code, and hides the rest', () => {
  expect(maskRow(row)).toMatchObject({
    exception: 'unknown-person',
    cause: expect.stringMatching(/^unknown-person: hidden/),
  });
  expect(JSON.stringify(maskRow(row))).not.toContain('account');
});

it('hides an exception that was indexed before the rule, with a shape or without', () => {
  for (const shape of ['unknown', ''])
    expect(maskRow({ ...row, exception: 'PERSON-88', shape })).toMatchObject({ exception: 'hidden' });
});
