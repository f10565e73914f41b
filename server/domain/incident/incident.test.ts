import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { incidentClasses } from '../contract/index.ts';
import {
  areRelated,
  COOL_DOWN_MS,
  classOf,
  escalationOrder,
  hearSignal,
  incidentKinds,
  isMoreUrgent,
  type KnownIncident,
  nextToAsk,
  RELATED_MS,
  type Responder,
  typeOfBytes,
} from './index.ts';

describe('the class of what a signal opens', () => {
  it.each([
    ['evidence-log', 'P4', 'P1'],
    ['evidence-log', 'P1', 'P1'],
    ['lost-event', 'P1', 'P1'],
    ['lost-event', 'P4', 'P2'],
    ['budget', 'P2', 'P2'],
    ['budget', 'P4', 'P4'],
    ['duplicate', 'P1', 'P2'],
    ['duplicate', 'P3', 'P3'],
    ['reconciliation', 'P1', 'P1'],
    ['reconciliation', 'P3', 'P2'],
    ['saga', 'P2', 'P2'],
    ['saga', 'P4', 'P3'],
    ['stuck-offset', 'P1', 'P2'],
    ['stuck-offset', 'P4', 'P3'],
    ['by-hand', 'P4', 'P4'],
  ] as const)('%s that suggests %s is %s', (kind, suggestedClass, is) => {
    expect(classOf({ kind, suggestedClass })).toBe(is);
  });

  it('never falls as the suggestion grows more urgent', () => {
    const one = fc.constantFrom(...incidentClasses);
    fc.assert(
      fc.property(fc.constantFrom(...incidentKinds), one, one, (kind, a, b) => {
        if (isMoreUrgent(a, b))
          expect(
            isMoreUrgent(classOf({ kind, suggestedClass: b }), classOf({ kind, suggestedClass: a })),
          ).toBe(false);
      }),
    );
  });
});

describe('a signal', () => {
  const now = new Date('2026-11-26T12:00:00Z');
  const ago = (ms: number) => new Date(now.getTime() - ms);
  const open: KnownIncident = {
    status: 'detected',
    class: 'P2',
    classIsSaid: false,
    recoveredAt: null,
    clearedAt: null,
    lastToldAt: ago(1000),
  };
  const over: KnownIncident = { ...open, status: 'closed', recoveredAt: ago(COOL_DOWN_MS) };
  const signal = { kind: 'budget', suggestedClass: 'P2' } as const;
  const worse = { ...signal, suggestedClass: 'P1' } as const;
  it.each([
    ['of a cause that nobody knows', signal, null, { is: 'new', class: 'P2' }],
    ['of what is open', signal, open, { is: 'same' }],
    ['of what is open, after a while', signal, { ...open, lastToldAt: ago(900_000) }, { is: 'again' }],
    ['of what is acknowledged', signal, { ...open, status: 'acknowledged' }, { is: 'same' }],
    ['that is worse', worse, open, { is: 'worse', class: 'P1', isSaid: false }],
    [
      'that is worse, where a person has said the class',
      worse,
      { ...open, classIsSaid: true },
      { is: 'same' },
    ],
    [
      'of the evidence log, where a person has made it small before nobody could',
      { kind: 'evidence-log', suggestedClass: 'P1' } as const,
      { ...open, class: 'P4' as const, classIsSaid: true },
      { is: 'worse', class: 'P1', isSaid: false },
    ],
    ['that is less', { ...signal, suggestedClass: 'P4' }, open, { is: 'same' }],
    ['of what had been over', signal, { ...open, clearedAt: ago(1) }, { is: 'returned' }],
    [
      'of what had been over, and is over again by now',
      { ...signal, isOver: true },
      { ...open, clearedAt: ago(1) },
      { is: 'same' },
    ],
    ['of what was recovered of late', signal, over, { is: 'back', class: 'P2' }],
    [
      'of what was recovered long ago',
      signal,
      { ...over, recoveredAt: ago(COOL_DOWN_MS + 1) },
      { is: 'new', class: 'P2' },
    ],
    ['that is back and worse', worse, over, { is: 'back', class: 'P1' }],
    ['that is back and less', { ...signal, suggestedClass: 'P4' }, over, { is: 'back', class: 'P2' }],
  ] as const)('%s', (_name, given, known, heard) => {
    expect(hearSignal(given, known, now)).toEqual(heard);
  });

  it('opens a new incident only where none is open', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('detected', 'acknowledged', 'mitigating'),
        fc.constantFrom(...incidentClasses),
        fc.constantFrom(...incidentKinds),
        (status, suggestedClass, kind) => {
          expect(['new', 'back']).not.toContain(
            hearSignal({ kind, suggestedClass }, { ...open, status }, now).is,
          );
        },
      ),
    );
  });

  it('is related to what the same contract had within half an hour, and to nothing of no contract', () => {
    const one = { contractId: 'inventory', openedAt: now };
    expect(areRelated(one, { ...one, openedAt: ago(RELATED_MS) })).toBe(true);
    expect(areRelated(one, { ...one, openedAt: ago(RELATED_MS + 1) })).toBe(false);
    expect(areRelated(one, { ...one, contractId: 'orders' })).toBe(false);
    expect(areRelated({ ...one, contractId: null }, { ...one, contractId: null })).toBe(false);
  });
});

describe('whom to ask where nobody has responded', () => {
  const person = (id: string, roles: Responder['roles'], disabled = false): Responder => ({
    ways: ['e-mail'],
    id,
    name: id.toUpperCase(),
    roles,
    disabled,
    signsIn: true,
  });
  const people = [
    person('zoe', ['operator']),
    person('abe', ['approver']),
    person('ida', ['viewer', 'auditor', 'admin']),
    person('ada', ['operator', 'approver']),
    person('off', ['operator'], true),
  ];
  it('is operators by name, then approvers, and nobody without the right', () => {
    expect(escalationOrder(people, null)).toEqual(['ada', 'zoe', 'abe']);
  });
  it('is nobody who can not sign in, such as the account that a command line acts with', () => {
    const machine = { ...person('aaa', ['operator']), signsIn: false };
    expect(escalationOrder([machine, ...people], 'aaa')).toEqual(['ada', 'zoe', 'abe']);
  });
  it('is first whom it is assigned to, while they may respond', () => {
    expect(escalationOrder(people, 'abe')).toEqual(['abe', 'ada', 'zoe']);
    expect(escalationOrder(people, 'ida')).toEqual(['ada', 'zoe', 'abe']);
  });
  it('is each once, then each once more, then nobody', () => {
    const asked: string[] = [];
    for (let next = nextToAsk(['a', 'b'], asked); next !== null; next = nextToAsk(['a', 'b'], asked))
      asked.push(next);
    expect(asked).toEqual(['a', 'b', 'a', 'b']);
    expect(nextToAsk([], [])).toBeNull();
  });
});

describe('a file', () => {
  it.each([
    ['image/png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1]],
    ['image/jpeg', [0xff, 0xd8, 0xff, 0xe0]],
    ['application/octet-stream', [...new TextEncoder().encode('<html><script>alert(1)</script>')]],
    ['application/octet-stream', [...new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>')]],
    ['application/octet-stream', []],
  ] as const)('is %s by its bytes alone', (type, bytes) => {
    expect(typeOfBytes(Uint8Array.from(bytes))).toBe(type);
  });
});
