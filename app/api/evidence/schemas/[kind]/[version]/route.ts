import { predicateJsonSchemas } from '@/server/domain/evidence/index.ts';
import { settings } from '@/server/env.ts';
import { foreignHost } from '../../../../same-origin.ts';

export const dynamic = 'force-dynamic';

/** By the end of the predicate's type, such as `replay/v1`. They are as the code is: made once. */
const schemas = new Map(
  Object.entries(predicateJsonSchemas()).map(([type, schema]) => [
    type.split('/').slice(-2).join('/'),
    JSON.stringify(schema, null, 2),
  ]),
);

/** What the fields of a record mean, as JSON Schema, to anybody: who verifies evidence may have no account here. */
export async function GET(
  request: Request,
  { params }: { params: Promise<{ kind: string; version: string }> },
) {
  const foreign = foreignHost(request, settings().origin);
  if (foreign !== null) return text(403, foreign);
  const { kind, version } = await params;
  const schema = schemas.get(`${kind}/${version}`);
  if (schema === undefined)
    return text(404, `There is no such schema. They are: ${[...schemas.keys()].join(', ')}.`);
  return new Response(`${schema}\n`, {
    headers: {
      'content-type': 'application/schema+json',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
  });
}

const text = (status: number, body: string) =>
  new Response(`${body}\n`, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  });
