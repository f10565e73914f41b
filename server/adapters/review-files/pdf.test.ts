import { describe, expect, it } from 'vitest';
import { pdf } from './pdf.ts';
import { pagesOf } from './pdf-reader.ts';

const at = new Date('2026-11-26T10:00:00Z');
const print = (markdown: string, foot = 'SHA-256 0123') => pdf({ title: 'A review', markdown, foot, at });
const wordsOf = async (markdown: string) => (await pagesOf(await print(markdown))).join('\n');

describe('a PDF', () => {
  it('holds every word of the Markdown, also of other alphabets, with the foot and number of each page', async () => {
    const many = Array.from({ length: 120 }, (_, at) => `- line ${at} of the timeline`).join('\n');
    const pages = await pagesOf(
      await print(
        `# Review: stock\n\n## Timeline (fact)\n\n${many}\n\n> Žluťoučký кôň — *bad* \`code\`\n\nEnd.`,
      ),
    );
    expect(pages.length).toBeGreaterThan(1);
    pages.forEach((page, index) => {
      expect(page).toContain('SHA-256 0123');
      expect(page).toContain(`page ${index + 1} of ${pages.length}`);
    });
    const all = pages.join('\n');
    for (const words of [
      'Review: stock',
      'Timeline (fact)',
      'line 0 of',
      'line 119 of',
      'Žluťoučký кôň',
      'bad',
      'code',
      'End.',
    ])
      expect(all).toContain(words);
  });

  it('is the same, byte for byte, of the same words', async () => {
    expect(Buffer.from(await print('# a\n\n> b')).equals(Buffer.from(await print('# a\n\n> b')))).toBe(true);
  });

  it('says which character it has no form for', async () => {
    expect(await wordsOf('a 中 b')).toContain('a [U+4E2D] b');
  });

  it('shows HTML as text, pictures as their words, and no address that is none of the web', async () => {
    const bytes = await print(
      '<h1>no</h1>\n\n![a picture](x.png) [go](javascript:alert) [there](https://example.com)',
    );
    const words = (await pagesOf(bytes)).join('\n');
    for (const each of ['<h1>no</h1>', 'a picture', 'go', 'there']) expect(words).toContain(each);
    const raw = Buffer.from(bytes).toString('latin1');
    expect(raw).toContain('(https://example.com)');
    expect(raw).not.toContain('javascript');
  });

  it.each([
    ['nested as nobody reads it', '> '.repeat(3000)],
    ['one word that fits no line', 'x'.repeat(5000)],
    ['empty', ''],
  ])('is made of what is %s', async (_name, markdown) => {
    expect((await pagesOf(await print(markdown))).length).toBeGreaterThan(0);
  });
});
