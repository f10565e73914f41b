import { describe, expect, it } from 'vitest';
import type { Role } from '@/server/domain/access/index.ts';
import { peopleAnswer, stateOf } from './person-state.ts';

const until = '2026-03-14T09:00:00.000Z';
const person = (name: string, roles: readonly Role[], change = {}) => ({
  name,
  roles,
  disabled: false,
  hasPassword: true,
  issuer: null,
  invitedUntil: null,
  ...change,
});

describe('how somebody stands at the door', () => {
  it.each([
    [{ disabled: false, hasPassword: true, issuer: null, invitedUntil: null }, 'active', null],
    [{ disabled: false, hasPassword: true, issuer: null, invitedUntil: until }, 'active', until],
    [{ disabled: false, hasPassword: false, issuer: null, invitedUntil: until }, 'invited', until],
    [{ disabled: false, hasPassword: false, issuer: null, invitedUntil: null }, 'link is over', null],
    [
      { disabled: false, hasPassword: false, issuer: 'https://login.example', invitedUntil: null },
      'active',
      null,
    ],
    [{ disabled: true, hasPassword: true, issuer: null, invitedUntil: null }, 'disabled', null],
  ])('%j is %s', (stands, word, opens) => {
    expect(stateOf(stands)).toMatchObject({ word, until: opens });
  });
});

describe('what the page of people says first', () => {
  it('warns while one alone can give out roles', () => {
    const { verdict, next } = peopleAnswer([person('Mina', ['admin']), person('Vito', ['viewer'])]);
    expect(verdict).toBe('2 people can sign in.');
    expect(next).toContain('Mina is the only one');
  });

  it('counts as administrators only those who can sign in', () => {
    const people = [
      person('Mina', ['admin']),
      person('Otto', ['admin'], { disabled: true }),
      person('Ida', ['admin'], { hasPassword: false }),
    ];
    expect(peopleAnswer(people)).toMatchObject({
      verdict: '1 person can sign in; 1 has not set a password yet.',
      next: expect.stringContaining('Mina is the only one'),
    });
    expect(peopleAnswer([...people, person('Ada', ['admin'])]).next).not.toContain('only one');
  });
});
