import { describe, expect, it } from 'vitest';
import { parseHealth } from './health-answer.ts';

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
