import { inflateSync } from 'node:zlib';

/** Reads back what was printed, page by page: by the table that each font of a PDF says its letters with. For tests. */
export async function pagesOf(bytes: Uint8Array): Promise<readonly string[]> {
  const raw = Buffer.from(bytes).toString('latin1');
  const objects = new Map(
    [...raw.matchAll(/(?:^|\n)(\d+) 0 obj\n([\s\S]*?)\nendobj/g)].map(([, id = '', body = '']) => [id, body]),
  );
  const of = (reference: string | undefined) => objects.get(reference ?? '') ?? '';
  const pages = [...objects.values()].filter((body) => /\/Type \/Page\n/.test(body));
  return pages.map((page) => {
    const resources = of(/\/Resources (\d+) 0 R/.exec(page)?.[1]) || page;
    const fonts = new Map(
      [...resources.matchAll(/\/(F\d+) (\d+) 0 R/g)].map(([, name = '', id]) => [
        name,
        lettersOf(streamOf(of(/\/ToUnicode (\d+) 0 R/.exec(of(id))?.[1]))),
      ]),
    );
    return wordsOf(streamOf(of(/\/Contents (\d+) 0 R/.exec(page)?.[1])), fonts);
  });
}

function streamOf(body: string): string {
  const from = body.indexOf('stream\n') + 'stream\n'.length;
  const content = Buffer.from(body.slice(from, body.lastIndexOf('\nendstream')), 'latin1');
  return (body.includes('/FlateDecode') ? inflateSync(content) : content).toString('latin1');
}

/** A ToUnicode table: glyph to text (ISO 32000-1, 9.10.3). */
function lettersOf(table: string): ReadonlyMap<number, string> {
  const letters = new Map<number, string>();
  const text = (hex: string) => Buffer.from(hex.replace(/\s/g, ''), 'hex').swap16().toString('utf16le');
  for (const [, from = '', list = ''] of table.matchAll(/<([0-9a-f]+)> <[0-9a-f]+> \[([^\]]*)\]/gi))
    [...list.matchAll(/<([0-9a-f ]+)>/gi)].forEach(([, hex = ''], at) => {
      letters.set(Number.parseInt(from, 16) + at, text(hex));
    });
  return letters;
}

function wordsOf(content: string, fonts: ReadonlyMap<string, ReadonlyMap<number, string>>): string {
  let font: ReadonlyMap<number, string> = new Map();
  let words = '';
  for (const [, name, shown] of content.matchAll(/\/(F\d+) [\d.]+ Tf|\[((?:<[0-9a-f]*>|[-\d. ])*)\] TJ/gi)) {
    if (name !== undefined) font = fonts.get(name) ?? new Map();
    for (const [, glyphs = ''] of (shown ?? '').matchAll(/<([0-9a-f]*)>/gi))
      for (const [glyph] of glyphs.matchAll(/.{4}/g)) words += font.get(Number.parseInt(glyph, 16)) ?? '?';
  }
  return words;
}
