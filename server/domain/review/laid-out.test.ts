import { fromMarkdown } from 'mdast-util-from-markdown';
import { describe, expect, it } from 'vitest';
import { canBeLaidOut } from './laid-out.ts';

describe('Markdown', () => {
  it.each([
    ['prose', 'Two keys were wrong, *both* of [one order](https://example.com).\n\n- a\n  - b\n\n> c'],
    ['a long list', '- one thing `and` **another**\n'.repeat(1000).replaceAll('`and` **another**', 'more')],
    ['many paragraphs with marks', '*a* and *b*\n\n'.repeat(2000)],
    ['marks that are none', '\\*a\\* '.repeat(2000)],
    ['a rule', '-'.repeat(15)],
  ])('is laid out where it is %s', (_name, text) => expect(canBeLaidOut(text)).toBe(true));

  it.each([
    ['lists within lists', '- '.repeat(500)],
    ['numbered ones', '1. '.repeat(500)],
    ['quotations', '>'.repeat(500)],
    ['quotations in what is quoted already', `> ${'> '.repeat(500)}`],
    ['emphasis in emphasis', `${'**a'.repeat(1000)}${'b**'.repeat(1000)}`],
    ['links in links', '['.repeat(5000)],
    ['emphasis behind backslashes that are letters', `${'\\\\*a'.repeat(300)}${'\\\\* '.repeat(300)}`],
    ['many paragraphs that are each too much', `${'**a'.repeat(200)}\n\n`.repeat(16)],
  ])('is shown as it was written where it is %s', (_name, text) => expect(canBeLaidOut(text)).toBe(false));

  it('takes no long time to lay out at what is taken', () => {
    for (const text of ['- '.repeat(20), '**a'.repeat(120) + 'b**'.repeat(120), '['.repeat(500)]) {
      expect(canBeLaidOut(text)).toBe(true);
      const began = performance.now();
      fromMarkdown(text);
      expect(performance.now() - began).toBeLessThan(2_000);
    }
  });
});
