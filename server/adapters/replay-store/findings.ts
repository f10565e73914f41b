import type { Transaction } from '../../application/ports/unit-of-work.ts';
import type { Finding, FindingKind } from '../../domain/replay/index.ts';

/**
 * Adds findings in detail, and their exact counts, of which the details may be only the first ones. A range that is
 * known from its beginning is the same range, which has grown.
 */
export async function insertFindings(
  tx: Transaction,
  replayId: string,
  partition: number,
  findings: readonly Finding[],
  counts: ReadonlyMap<FindingKind, number>,
): Promise<void> {
  if (findings.length > 0) {
    await tx.query(
      `WITH found AS (
         SELECT * FROM unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[],
           $9::text[]) AS f(kind, partition, "offset", "to", key, event_id, event_type, detail)
       ), extended AS (
         UPDATE replay_finding known SET "to" = found."to", detail = found.detail FROM found
         WHERE known.replay_id = $1 AND known.kind = found.kind AND known.partition = found.partition
           AND known."offset" = found."offset" AND known."to" IS NOT NULL AND found."to" IS NOT NULL
         RETURNING known.kind, known.partition, known."offset"
       )
       INSERT INTO replay_finding (replay_id, kind, partition, "offset", "to", key, event_id, event_type, detail)
       SELECT $1, found.* FROM found
       WHERE found."to" IS NULL OR NOT EXISTS (
         SELECT FROM extended e
         WHERE e.kind = found.kind AND e.partition = found.partition AND e."offset" = found."offset")`,
      [
        replayId,
        findings.map((f) => f.kind),
        findings.map((f) => f.partition),
        findings.map((f) => f.offset),
        findings.map((f) => f.to),
        findings.map((f) => storable(f.key)),
        findings.map((f) => storable(f.eventId)),
        findings.map((f) => storable(f.eventType)),
        findings.map((f) => storable(f.detail)),
      ],
    );
  }
  const known = [...counts].filter(([, count]) => count > 0);
  if (known.length === 0) return;
  await tx.query(
    `INSERT INTO replay_finding_count (replay_id, partition, kind, count)
     SELECT $1, $2, c.kind, c.count FROM unnest($3::text[], $4::bigint[]) AS c(kind, count)
     ON CONFLICT (replay_id, partition, kind) DO UPDATE SET count = replay_finding_count.count + excluded.count`,
    [replayId, partition, known.map(([kind]) => kind), known.map(([, count]) => count)],
  );
}

/** Takes back findings about single records; of those that were only counted, the count. */
export async function removeFindings(
  tx: Transaction,
  replayId: string,
  places: readonly { readonly kind: FindingKind; readonly partition: number; readonly offset: string }[],
): Promise<void> {
  if (places.length === 0) return;
  await tx.query(
    `WITH gone AS (
       SELECT * FROM unnest($2::text[], $3::int[], $4::bigint[]) AS g(kind, partition, "offset")
     ), removed AS (
       DELETE FROM replay_finding f USING gone g
       WHERE f.replay_id = $1 AND f.kind = g.kind AND f.partition = g.partition AND f."offset" = g."offset"
     ), fewer AS (
       SELECT kind, partition, count(*) AS by FROM gone GROUP BY kind, partition
     )
     UPDATE replay_finding_count c SET count = c.count - fewer.by FROM fewer
     WHERE c.replay_id = $1 AND c.kind = fewer.kind AND c.partition = fewer.partition`,
    [
      replayId,
      places.map((each) => each.kind),
      places.map((each) => each.partition),
      places.map((each) => each.offset),
    ],
  );
  await tx.query('DELETE FROM replay_finding_count WHERE replay_id = $1 AND count <= 0', [replayId]);
}

/** PostgreSQL's text holds no NUL; what a poison record brings along is shown with a mark in its place. */
function storable(text: string | null): string | null {
  return text === null ? null : text.replaceAll('\u0000', '\uFFFD');
}
