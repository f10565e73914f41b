import { describe, expect, it } from 'vitest';
import { type Answer, type Dependency, hasReturned, parseHealth } from './health-answer.ts';

const database = { name: 'database', status: 'down', detail: 'connect ECONNREFUSED', latencyMs: null };

describe('a health answer', () => {
  it('gives its dependencies', () => {
    expect(parseHealth({ status: 'down', dependencies: [database] })).toEqual([database]);
  });

  it('of something else than Reprise is none', () => {
    for (const answer of [null, 'Bad gateway', {}, { dependencies: [{ ...database, status: 'unwell' }] }])
      expect(parseHealth(answer)).toBeNull();
  });
});

describe('what is there again', () => {
  const answer = (down: readonly string[]): readonly Dependency[] =>
    ['database', 'kafka', 'notices'].map((name) => ({
      name,
      status: down.includes(name) ? 'down' : 'up',
      detail: '',
      latencyMs: null,
    }));
  it.each<[string, Answer | null, Answer, boolean]>([
    ['at first', null, answer([]), false],
    ['when nothing was down', answer([]), answer(['kafka']), false],
    ['when all is up again', answer(['kafka']), answer([]), true],
    ['when one is up again, and another is not', answer(['kafka', 'notices']), answer(['notices']), true],
    ['when one stays down', answer(['notices']), answer(['notices']), false],
    ['when the web process answers again', 'silent', answer(['notices']), true],
    ['when it does not', answer(['kafka']), 'silent', false],
  ])('%s', (_name, before, now, returned) => {
    expect(hasReturned(before, now)).toBe(returned);
  });
});
