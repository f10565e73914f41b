import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LagSubjectView } from '../application/lag/read-lag.ts';
import type { DeliveryView } from '../application/ports/delivery-pages.ts';
import { metricsText } from './metrics.ts';

const asOf = '2026-03-14T10:00:10.000Z';
const subject = (own: Partial<LagSubjectView>): LagSubjectView => ({
  contractId: 'inventory',
  contractTitle: 'Inventory',
  kind: 'group',
  name: 'projector',
  topic: 'orders',
  state: 'Stable',
  members: 2,
  partitionCount: 3,
  unknownPartitions: 0,
  records: '12',
  ageMs: 1_500,
  verdict: 'lagging',
  why: '',
  since: null,
  sampledAt: '2026-03-14T10:00:06.000Z',
  stale: false,
  problem: null,
  overMs: 60_000,
  ...own,
});

/** Reads the text format letter by letter, as its specification has it. Throws where a line is none. */
function parse(text: string): { name: string; labels: Record<string, string>; value: number }[] {
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .flatMap((line) => {
      if (/^# (HELP|TYPE) [a-z_]+ \S/.test(line)) return [];
      const [, name = '', rest = ''] = /^([a-zA-Z_:][a-zA-Z0-9_:]*)\{(.*)$/.exec(line) ?? [];
      if (name === '') throw new Error(`no metric: ${line}`);
      const labels: Record<string, string> = {};
      let at = 0;
      while (rest[at] !== '}') {
        const [whole = '', label = ''] = /^,?([a-z_]+)="/.exec(rest.slice(at)) ?? [];
        if (label === '') throw new Error(`no label: ${rest.slice(at)}`);
        at += whole.length;
        let value = '';
        for (; rest[at] !== '"'; at++) {
          if (rest[at] === undefined) throw new Error('a label that does not end');
          if (rest[at] !== '\\') value += rest[at];
          else value += rest[++at] === 'n' ? '\n' : rest[at];
        }
        at += 1;
        labels[label] = value;
      }
      const value = Number(rest.slice(at + 2));
      if (rest[at + 1] !== ' ' || !Number.isFinite(value)) throw new Error(`no value: ${line}`);
      return [{ name, labels, value }];
    });
}
const of = (text: string, name: string) => parse(text).filter((each) => each.name === name);

describe('metrics', () => {
  it('tell lag in records and in seconds, verdict, state and the age of the sample', () => {
    const text = metricsText({ asOf, subjects: [subject({})] }, []);
    const labels = { contract: 'inventory', kind: 'group', name: 'projector' };
    expect(of(text, 'reprise_lag_records')).toEqual([{ name: 'reprise_lag_records', labels, value: 12 }]);
    expect(of(text, 'reprise_lag_seconds')[0]?.value).toBe(1.5);
    expect(of(text, 'reprise_group_state')[0]?.labels).toEqual({ ...labels, state: 'Stable' });
    expect(of(text, 'reprise_sample_age_seconds')[0]?.value).toBe(4);
    expect(
      of(text, 'reprise_lag_verdict')
        .filter(({ value }) => value === 1)
        .map((each) => each.labels.verdict),
    ).toEqual(['lagging']);
  });

  it('have no figure for what is not known, and none for what is no longer measured but its age', () => {
    const unknown = metricsText(
      { asOf, subjects: [subject({ records: null, ageMs: null, members: null })] },
      [],
    );
    expect(of(unknown, 'reprise_lag_records')).toEqual([]);
    expect(of(unknown, 'reprise_lag_seconds')).toEqual([]);
    const stale = metricsText({ asOf, subjects: [subject({ stale: true, verdict: 'unknown' })] }, []);
    expect(of(stale, 'reprise_lag_records')).toEqual([]);
    expect(of(stale, 'reprise_group_state')).toEqual([]);
    expect(of(stale, 'reprise_sample_age_seconds')).toHaveLength(1);
  });

  it('can be read back whatever a group is called', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '{', '}', ',', '=', 'ü', ' ') }),
        (name) => {
          const text = metricsText({ asOf, subjects: [subject({ name })] }, []);
          expect(of(text, 'reprise_lag_records')[0]?.labels.name).toBe(name);
        },
      ),
    );
  });

  it('say why losses are not judged, and for how long, of contracts with an outbox', () => {
    const outbox = {
      startedAt: '2026-03-14T09:00:00.000Z',
      judgedUntil: '2026-03-14T09:58:10.000Z',
      unjudged: { cause: 'open-transaction', waiting: 12 },
    };
    const views = [
      { contractId: 'inventory', missed: { count: 2 }, outbox },
      { contractId: 'accounts', missed: { count: 0 }, outbox: null },
    ] as unknown as readonly DeliveryView[];
    const text = metricsText({ asOf, subjects: [] }, views);
    const figures = parse(text).map(({ name, labels, value }) => [name, labels.cause ?? '', value]);
    expect(figures).toEqual([
      ['reprise_losses_events', '', 2],
      ['reprise_losses_judged_age_seconds', '', 120],
      ['reprise_losses_unjudged', 'open-transaction', 1],
      ['reprise_losses_unjudged', 'catching-up', 0],
      ['reprise_losses_unjudged_events', '', 12],
    ]);
    expect(parse(text).every(({ labels }) => labels.contract === 'inventory')).toBe(true);
  });

  it('are there, with nothing in them, where nothing is measured', () => {
    expect(parse(metricsText({ asOf, subjects: [] }, []))).toEqual([]);
  });
});
