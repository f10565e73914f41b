import { describe, expect, it } from 'vitest';
import { problemIn, problemSentence, problems } from './problems.ts';

describe('what went wrong at the issuer', () => {
  it.each(problems)('%s is known by its name, and is told in a sentence', (problem) => {
    expect(problemIn(problem)).toBe(problem);
    expect(problemSentence(problemIn(problem), 'Acme')).toMatch(/^[A-Z].*[.?]$/);
  });

  it.each([null, '', 'constructor', '<b>down</b>'])('%s in the address is no words of ours', (text) => {
    expect(problemIn(text)).toBe('failed');
  });

  it('names the issuer, or what it is where it has no name', () => {
    expect(problemSentence('down', 'Acme')).toMatch(/^Acme does not answer/);
    expect(problemSentence('down', null)).toMatch(/^The sign-in of your company does not answer/);
  });
});
