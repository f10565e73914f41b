import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { predicateJsonSchemas } from './index.ts';

const folder = 'docs/evidence';
const files = Object.entries(predicateJsonSchemas()).map(
  ([type, schema]) => [`${type.split('/').slice(-2).join('-')}.schema.json`, schema] as const,
);

describe('the published schemas', () => {
  // `vitest run --project unit -u` with this file's path writes them anew; a new meaning is a new version.
  it.each(files)('have in %s what the code gives', async (file, schema) => {
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(`../../../${folder}/${file}`);
  });

  it('are one for each predicate', async () => {
    const there = (await readdir(folder)).filter((name) => name.endsWith('.json'));
    expect(there.toSorted()).toEqual(files.map(([file]) => file).toSorted());
  });
});
