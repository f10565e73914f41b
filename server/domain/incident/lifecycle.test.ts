import { describe, expect, it } from 'vitest';
import { incidentKinds, whyNoClass, whyNoOtherClass } from './classes.ts';
import {
  actsNow,
  evolveIncident,
  type IncidentAct,
  type IncidentStatus,
  incidentActs,
  incidentStatuses,
  isOpen,
  whyNoProof,
  whyNotOver,
} from './lifecycle.ts';

describe('that an incident is over', () => {
  it('is said by people of all but what an audit of the evidence log still finds', () => {
    expect(whyNotOver({ kind: 'evidence-log', clearedAt: null })).toMatch(/not because somebody says so/);
    expect(whyNotOver({ kind: 'evidence-log', clearedAt: new Date() })).toBeNull();
    for (const kind of incidentKinds)
      if (kind !== 'evidence-log') expect(whyNotOver({ kind, clearedAt: null })).toBeNull();
  });
});

describe('the class that a person gives', () => {
  it('is any, but of the evidence log, which stays a P1', () => {
    for (const kind of incidentKinds)
      for (const wanted of ['P1', 'P2', 'P3', 'P4'] as const)
        expect(whyNoClass(kind, wanted) === null).toBe(kind !== 'evidence-log' || wanted === 'P1');
    // One that was made small before this was so can be put right.
    expect(whyNoOtherClass('evidence-log', 'P4')).toBeNull();
    expect(whyNoOtherClass('evidence-log', 'P1')).toMatch(/is a P1, whoever looks at it/);
    expect(whyNoOtherClass('budget', 'P1')).toBeNull();
  });
});

describe('the life of an incident', () => {
  const transitions: readonly [string, IncidentStatus, IncidentAct, IncidentStatus][] = [
    ['somebody has seen it', 'detected', 'acknowledge', 'acknowledged'],
    ['somebody begins, and so has seen it', 'detected', 'mitigate', 'mitigating'],
    ['somebody begins', 'acknowledged', 'mitigate', 'mitigating'],
    ['it is over before anybody had seen it', 'detected', 'recover', 'recovered'],
    ['it is over before anybody began', 'acknowledged', 'recover', 'recovered'],
    ['it is over', 'mitigating', 'recover', 'recovered'],
    ['it was looked back on', 'recovered', 'review', 'reviewed'],
    ['it is done with', 'reviewed', 'close', 'closed'],
    ['it was not over', 'recovered', 'reopen', 'detected'],
    ['it was not over when it was reviewed', 'reviewed', 'reopen', 'detected'],
    ['it was not over when it was closed', 'closed', 'reopen', 'detected'],
    ['its cause is back', 'recovered', 'return', 'detected'],
    ['its cause is back after the review', 'reviewed', 'return', 'detected'],
    ['its cause is back after it was closed', 'closed', 'return', 'detected'],
  ];
  it.each(transitions)('%s: %s, %s, %s', (_name, from, act, to) => {
    expect(evolveIncident(from, act)).toBe(to);
  });

  const known = new Set(transitions.map(([, from, act]) => `${from} ${act}`));
  const refused = incidentStatuses
    .flatMap((from) => incidentActs.map((act) => [from, act] as const))
    .filter(([from, act]) => !known.has(`${from} ${act}`));
  it.each(refused)('from %s nobody can %s', (from, act) => {
    expect(evolveIncident(from, act)).toBeNull();
  });

  it('is reviewed only after it is recovered, and closed only after it is reviewed', () => {
    expect(incidentStatuses.filter((each) => actsNow(each).includes('review'))).toEqual(['recovered']);
    expect(incidentStatuses.filter((each) => actsNow(each).includes('close'))).toEqual(['reviewed']);
  });

  it('offers people to open again what is not open, and never to return', () => {
    for (const status of incidentStatuses) {
      expect(actsNow(status).includes('reopen')).toBe(!isOpen(status));
      expect(actsNow(status)).not.toContain('return');
    }
  });
});

describe('what proves a recovery', () => {
  const incident = {
    contractId: 'inventory',
    kind: 'budget',
    beganAt: new Date('2026-11-02T10:00:00Z'),
    reopened: 0,
    clockFrom: new Date('2026-11-02T10:00:30Z'),
    clearedAt: new Date('2026-11-02T10:05:00Z'),
    returnedAt: null,
  } as const;
  const record = {
    contractId: 'inventory',
    confidence: 'trusted',
    agreement: 'equal',
    coverage: 'whole',
    measuredAt: new Date('2026-11-02T10:00:01Z'),
  };
  it.each([
    ['a trusted record from after it began', record, null],
    ['none', null, /no such record/],
    ['one of another contract', { ...record, contractId: 'orders' }, /another contract/],
    ['a suspect one', { ...record, confidence: 'suspect' }, /is suspect/],
    ['one that found a difference', { ...record, agreement: 'different' }, /still differ/],
    ['one without a verdict', { ...record, confidence: null }, /without a verdict/],
    ['one from before', { ...record, measuredAt: new Date('2026-11-02T09:59:00Z') }, /before the incident/],
    ['one of the moment it began', { ...record, measuredAt: incident.beganAt }, /before the incident/],
  ] as const)('%s', (_name, given, why) => {
    const answer = whyNoProof(incident, given);
    if (why === null) expect(answer).toBeNull();
    else expect(answer).toMatch(why);
  });

  it('is from after it came back: what ended it once does not end it again', () => {
    const back = { ...incident, reopened: 1, clockFrom: new Date('2026-11-02T12:00:00Z') };
    expect(whyNoProof(back, record)).toMatch(/before the incident came back/);
    expect(whyNoProof(back, { ...record, measuredAt: new Date('2026-11-02T12:00:01Z') })).toBeNull();
  });

  it('of states that differed is a comparison that found them equal, and not one that compared nothing', () => {
    const differing = { ...incident, kind: 'reconciliation' } as const;
    expect(whyNoProof(differing, record)).toBeNull();
    for (const agreement of [null, 'not-compared', 'behind'])
      expect(whyNoProof(differing, { ...record, agreement })).toMatch(/compared nothing/);
    expect(whyNoProof(incident, { ...record, agreement: null })).toBeNull();
  });

  it.each(['reconciliation', 'duplicate'] as const)(
    'of a %s is no replay of a part of the history',
    (kind) => {
      for (const coverage of ['part', null])
        expect(whyNoProof({ ...incident, kind }, { ...record, coverage })).toMatch(/a part of the history/);
      expect(whyNoProof(incident, { ...record, coverage: 'part' })).toBeNull();
    },
  );

  it('of states that differed again is what agreed since, and not what did before', () => {
    const returnedAt = new Date('2026-11-02T10:30:00Z');
    const again = { ...incident, kind: 'reconciliation', clearedAt: null, returnedAt } as const;
    expect(whyNoProof(again, record)).toMatch(/before the incident came back/);
    const later = { ...record, measuredAt: new Date('2026-11-02T10:40:00Z') };
    expect(whyNoProof(again, later)).toMatch(/since a difference was found last/);
    const over = { ...again, clearedAt: new Date('2026-11-02T10:39:00Z') };
    expect(whyNoProof(over, later)).toBeNull();
    expect(whyNoProof(over, record)).toMatch(/before the incident came back/);
  });

  it.each(['budget', 'saga', 'stuck-offset', 'lost-event'] as const)(
    'of a %s is no replay while its cause goes on: it does not measure that',
    (kind) => {
      expect(whyNoProof({ ...incident, kind }, record)).toBeNull();
      expect(whyNoProof({ ...incident, kind, clearedAt: null }, record)).toMatch(/its cause goes on/);
    },
  );

  it('of what came twice is a comparison: states that equal history, which takes it once, took no harm', () => {
    const twice = { ...incident, kind: 'duplicate', clearedAt: null } as const;
    expect(whyNoProof(twice, record)).toBeNull();
    expect(whyNoProof(twice, { ...record, agreement: null })).toMatch(/compared nothing/);
  });

  it('of what a person opened is theirs to judge, from a trusted record', () => {
    expect(whyNoProof({ ...incident, kind: 'by-hand', clearedAt: null }, record)).toBeNull();
  });

  it('is no record where the incident is of no contract', () => {
    expect(whyNoProof({ ...incident, contractId: null }, record)).toMatch(/another contract/);
  });
});
