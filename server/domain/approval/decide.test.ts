import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Decision, type Request, standingOf, whyNotDecide } from './index.ts';

const now = new Date('2026-01-01T12:00:00Z');
const later = '2026-01-01T13:00:00.000Z';
const earlier = '2026-01-01T11:00:00.000Z';
const request: Request = {
  planHash: 'p1',
  requestedBy: 'omar',
  approvalsNeeded: 2,
  authors: ['Rosa', 'kai@example.test'],
};
const decision = (personId: string, change: Partial<Decision> = {}): Decision => ({
  id: personId,
  personId,
  planHash: 'p1',
  verdict: 'approved',
  reason: 'read it',
  decidedAt: earlier,
  expiresAt: later,
  voidReason: null,
  ...change,
});
const approver = (id: string, email = `${id}@example.test`) => ({ id, email, roles: ['approver'] as const });

describe('what waits for approval', () => {
  it.each<[string, readonly Decision[], string, number]>([
    ['nobody', [], 'waiting', 0],
    ['one of two', [decision('ada')], 'waiting', 1],
    ['two', [decision('ada'), decision('lin')], 'approved', 2],
    ['one person twice', [decision('ada'), decision('ada')], 'waiting', 1],
    ['one for another plan', [decision('ada'), decision('lin', { planHash: 'p2' })], 'waiting', 1],
    ['one that has expired', [decision('ada'), decision('lin', { expiresAt: earlier })], 'waiting', 1],
    [
      'one that expires now',
      [decision('ada'), decision('lin', { expiresAt: now.toISOString() })],
      'waiting',
      1,
    ],
    ['one that is void', [decision('ada'), decision('lin', { voidReason: 'right lost' })], 'waiting', 1],
    [
      'a rejection',
      [decision('ada'), decision('lin'), decision('kim', { verdict: 'rejected' })],
      'rejected',
      2,
    ],
    ['a void rejection', [decision('kim', { verdict: 'rejected', voidReason: 'right lost' })], 'waiting', 0],
  ])('by %s is %#', (_name, decisions, state, given) => {
    expect(standingOf(request, decisions, now)).toEqual({ state, given, needed: 2 });
  });

  it('never counts more approvals than there are people', () => {
    const someone = fc.constantFrom('ada', 'lin', 'kim');
    const any = fc.record({ who: someone, plan: fc.constantFrom('p1', 'p2'), dead: fc.boolean() });
    fc.assert(
      fc.property(fc.array(any), (given) => {
        const decisions = given.map(({ who, plan, dead }) =>
          decision(who, { planHash: plan, voidReason: dead ? 'dead' : null }),
        );
        const alive = new Set(given.filter(({ plan, dead }) => plan === 'p1' && !dead).map(({ who }) => who));
        expect(standingOf(request, decisions, now).given).toBe(alive.size);
      }),
    );
  });
});

describe('who decides', () => {
  it.each([
    ['an approver', approver('ada'), null],
    [
      'somebody without the role',
      { ...approver('ada'), roles: ['operator', 'admin'] as const },
      /role approver/,
    ],
    ['who requested it', approver('omar'), /You requested it/],
    ['an author by name', approver('r1', 'ROSA@example.test'), /author/],
    ['an author by address', approver('k1', 'kai@example.test'), /author/],
  ])('%s', (_name, person, why) => {
    const said = whyNotDecide(person, request, [], now);
    if (why === null) expect(said).toBeNull();
    else expect(said).toMatch(why);
  });

  it('decides once, and again when that does not count any more', () => {
    expect(whyNotDecide(approver('ada'), request, [decision('ada')], now)).toMatch(/already/);
    expect(whyNotDecide(approver('ada'), request, [decision('ada', { expiresAt: earlier })], now)).toBeNull();
    expect(whyNotDecide(approver('ada'), request, [decision('ada', { planHash: 'p0' })], now)).toBeNull();
  });
});
