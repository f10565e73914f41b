import { describe, expect, it } from 'vitest';
import type { BlastRadius } from '@/server/application/views.ts';
import { blastFigures } from './blast-figures.ts';

const unknown = { value: null, basis: 'The history did not answer.' };
const radius: BlastRadius = {
  partitions: { read: 12, of: 12 },
  events: '10000',
  bytes: { value: '2500000', basis: 'From disks.' },
  behind: { value: '40', basis: 'Written since.' },
  keys: { value: '412', basis: 'As many as the last replay compared.' },
  consumers: [
    { derivedState: 'selling', group: 'selling-projector', onHistory: true },
    { derivedState: 'warehouse', group: 'warehouse-projector', onHistory: false },
    { derivedState: 'audit', group: 'audit-projector', onHistory: null },
    { derivedState: 'web', group: null, onHistory: null },
  ],
  rows: [{ derivedState: 'selling', rows: { value: '412', basis: 'Last compared.' } }],
};
const replay = {
  rateLimit: 1000,
  plan: null,
  prediction: { events: 10_000, seconds: 10, basis: 'its own limit of 1000 events/s' },
};
const shown = (label: string, given = radius, of: Parameters<typeof blastFigures>[1] = replay) =>
  blastFigures(given, of).find((figure) => figure.label === label)?.value;

describe('the blast radius', () => {
  it.each([
    ['Partitions', '12 of 12'],
    ['Events', 'about 10,000 events'],
    ['Read from the history', 'about 2.5 MB'],
    ['Load while it reads', 'at most 1,000 records/s, about 250 kB/s'],
    ['Time', 'about 10.0 s'],
    ['Keys', 'about 412 keys'],
    ['Rows of selling', 'about 412 read and compared'],
    ['Behind the plan’s end now', '40 offsets'],
  ])('%s: %s', (label, value) => {
    expect(shown(label)).toBe(value);
  });

  it('names the groups of the derived states, and which of them are not known to read there', () => {
    expect(shown('Consumers beside it')).toBe(
      'selling-projector (selling), warehouse-projector (warehouse, without commits on this history) and audit-projector (audit, whether it reads this history is not known)',
    );
  });

  it('says of each figure that is not known that it is not, and why', () => {
    const dark = {
      ...radius,
      bytes: unknown,
      behind: unknown,
      keys: unknown,
      rows: [{ derivedState: 'selling', rows: unknown }],
    };
    const none = { rateLimit: null, plan: null, prediction: null };
    for (const label of [
      'Read from the history',
      'Keys',
      'Rows of selling',
      'Behind the plan’s end now',
      'Time',
    ]) {
      const figure = blastFigures(dark, none).find((each) => each.label === label);
      expect(figure?.value).toBe('not known');
      expect(figure?.hint).not.toBe('');
    }
    expect(shown('Load while it reads', dark, none)).toBe('as fast as it goes');
    expect(shown('Load while it reads', dark)).toBe('at most 1,000 records/s');
  });
});
