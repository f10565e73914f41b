import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const features = join(import.meta.dirname, '..');

/** A figure, or the name of one: asked again by the clock, whatever else is so. */
const fixed = /refetchInterval:\s*(?:[\d_]+|[A-Z][A-Z_]+|\w+Ms)\b/;

it('no page asks again by the clock alone: it would go on while its live updates are paused', () => {
  const files = readdirSync(features, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.tsx?$/.test(file),
  );
  expect(files.length).toBeGreaterThan(100);
  const deaf = files.filter(
    (file) => !file.endsWith('.test.ts') && fixed.test(readFileSync(join(features, file), 'utf8')),
  );
  expect(deaf).toEqual([]);
});
