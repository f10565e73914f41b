import type { IndexedLetter, LetterIndex } from '../../application/ports/dead-letters.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import { RepriseError } from '../../domain/shared/errors.ts';

/** The index as rows. Figures of a group change in the transaction of its letters. */
export const letterIndex: LetterIndex = {
  async watch(tx, topics) {
    for (const { topic, contractId, state, others } of topics)
      await tx.query(
        `INSERT INTO dead_letter_topic AS kept (topic, contract_id, state, others) VALUES ($1, $2, $3, $4)
         ON CONFLICT (topic) DO UPDATE SET contract_id = excluded.contract_id, state = excluded.state,
           others = excluded.others, retired_at = NULL
         WHERE (kept.contract_id, kept.state, kept.others, kept.retired_at)
           IS DISTINCT FROM (excluded.contract_id, excluded.state, excluded.others, NULL)`,
        [topic, contractId, state, others],
      );
    await tx.query(
      `UPDATE dead_letter_topic SET retired_at = now() WHERE retired_at IS NULL AND NOT topic = ANY ($1::text[])`,
      [topics.map(({ topic }) => topic)],
    );
  },

  async standing(tx, topic) {
    const [row] = await tx.query<{
      identity: string | null;
      problem: string | null;
      owned_by: string | null;
    }>('SELECT identity, problem, owned_by FROM dead_letter_topic WHERE topic = $1', [topic]);
    const cursors = await tx.query<{
      partition: number;
      next: string;
      start: string;
      owner_next: string | null;
    }>(
      'SELECT partition, next::text, start::text, owner_next::text FROM dead_letter_cursor WHERE topic = $1',
      [topic],
    );
    return {
      identity: row?.identity ?? null,
      problem: row?.problem ?? null,
      ownedBy: row?.owned_by ?? null,
      cursors: new Map(
        cursors.map(({ partition, next, start, owner_next: ownerNext }) => [
          partition,
          {
            next: BigInt(next),
            start: BigInt(start),
            ownerNext: ownerNext === null ? null : BigInt(ownerNext),
          },
        ]),
      ),
    };
  },

  async begin(tx, topic, identity) {
    await tx.query(
      `UPDATE dead_letter_topic SET recreated_at = CASE WHEN identity IS NULL THEN NULL ELSE now() END, identity = $2,
         cut_at = NULL, cut = 0
       WHERE topic = $1 AND identity IS DISTINCT FROM $2`,
      [topic, identity],
    );
    await tx.query('DELETE FROM dead_letter_cursor WHERE topic = $1', [topic]);
    await tx.query('UPDATE dead_letter SET gone = true WHERE topic = $1 AND NOT gone', [topic]);
    await tx.query('UPDATE dead_letter_group SET gone = letters, reprocessed = 0 WHERE topic = $1', [topic]);
  },

  async keep(tx, { topic, identity, partition, from, start, next, missed, letters: found }) {
    const moved =
      from === null
        ? await tx.query(
            `INSERT INTO dead_letter_cursor (topic, partition, next, start, missed) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING RETURNING partition`,
            [topic, partition, next, start, missed],
          )
        : await tx.query(
            `UPDATE dead_letter_cursor SET next = $4, start = $5, missed = missed + $6
             WHERE topic = $1 AND partition = $2 AND next = $3 RETURNING partition`,
            [topic, partition, from, next, start, missed],
          );
    if (moved.length === 0)
      throw new RepriseError('lease-lost', `Another worker has gone on with ${topic}/${partition}.`);
    const back = await cameBack(tx, { topic, identity, partition }, found);
    const letters = found.filter(({ offset }) => !back.has(offset));
    if (letters.length === 0) return;
    await addGroups(tx, topic, letters);
    await tx.query(
      `INSERT INTO dead_letter (topic, identity, partition, "offset", group_id, event_id, cause, at, origin_topic,
         origin_partition, origin_offset, redrive_id, contract_id, state)
       SELECT $1, $2, $3, * FROM unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
         $9::text[], $10::int[], $11::bigint[], $12::text[], $13::text[], $14::text[])`,
      [
        topic,
        identity,
        partition,
        letters.map(({ offset }) => offset),
        letters.map(({ groupId }) => groupId),
        letters.map(({ eventId }) => eventId),
        letters.map(({ cause }) => cause),
        letters.map(({ at }) => at),
        letters.map(({ origin }) => origin?.topic ?? null),
        letters.map(({ origin }) => origin?.partition ?? null),
        letters.map(({ origin }) => origin?.offset ?? null),
        letters.map(({ redriveId }) => redriveId),
        letters.map(({ parkedBy }) => parkedBy?.contractId ?? null),
        letters.map(({ parkedBy }) => parkedBy?.state ?? null),
      ],
    );
  },

  async tellOwners(tx, topic, ownedBy) {
    await tx.query('UPDATE dead_letter_topic SET owned_by = $2 WHERE topic = $1', [topic, ownedBy]);
    if (ownedBy !== null)
      await tx.query('UPDATE dead_letter_cursor SET owner_next = start WHERE topic = $1', [topic]);
  },

  async own(tx, { topic, identity, partition, from, next, letters }) {
    const moved = await tx.query(
      `UPDATE dead_letter_cursor SET owner_next = $4 WHERE topic = $1 AND partition = $2 AND owner_next = $3
       RETURNING partition`,
      [topic, partition, from, next],
    );
    if (moved.length === 0)
      throw new RepriseError('lease-lost', `Another worker has gone on with ${topic}/${partition}.`);
    // What a redrive settles meanwhile it settles before or after this, and not by whose letters were.
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('owners of letters of ' || $1, 0))`, [
      topic,
    ]);
    const changed = await tx.query<{ offset: string }>(
      `WITH held AS (
         SELECT l."offset", o.contract_id, o.state
         FROM dead_letter l JOIN unnest($4::bigint[], $5::text[], $6::text[]) AS o ("offset", contract_id, state) USING ("offset")
         WHERE l.topic = $1 AND l.identity = $2 AND l.partition = $3
           AND (l.contract_id, l.state) IS DISTINCT FROM (o.contract_id, o.state)
         ORDER BY l."offset" FOR UPDATE OF l)
       UPDATE dead_letter l SET contract_id = h.contract_id, state = h.state FROM held h
       WHERE l.topic = $1 AND l.identity = $2 AND l.partition = $3 AND l."offset" = h."offset" RETURNING l."offset"::text`,
      [
        ...[topic, identity, partition, letters.map(({ offset }) => offset)],
        letters.map(({ parkedBy }) => parkedBy?.contractId ?? null),
        letters.map(({ parkedBy }) => parkedBy?.state ?? null),
      ],
    );
    if (changed.length > 0)
      await tx.query('SELECT reprise_settle_owned($1, $2, $3, $4::bigint[])', [
        ...[topic, identity, partition],
        changed.map(({ offset }) => offset),
      ]);
    return changed.length;
  },

  async deletedBefore(tx, topic, identity, partition, start) {
    await tx.query('UPDATE dead_letter_cursor SET start = $3 WHERE topic = $1 AND partition = $2', [
      topic,
      partition,
      start,
    ]);
    const counted = await tx.query<Went>(
      `WITH went AS (
         UPDATE dead_letter SET gone = true
         WHERE topic = $1 AND identity = $2 AND partition = $3 AND "offset" < $4 AND NOT gone RETURNING group_id, reprocessed)
       SELECT group_id, count(*)::int AS count, count(*) FILTER (WHERE reprocessed)::int AS reprocessed
       FROM went GROUP BY group_id ORDER BY group_id`,
      [topic, identity, partition, start],
    );
    await countGone(tx, topic, counted);
    return counted.reduce((sum, { count }) => sum + count, 0);
  },

  async cutOff(tx, { topic, identity, partition, next, end }) {
    const moved = await tx.query(
      `UPDATE dead_letter_cursor SET next = $4, owner_next = CASE WHEN owner_next > $4 THEN $4 ELSE owner_next END
       WHERE topic = $1 AND partition = $2 AND next = $3 RETURNING partition`,
      [topic, partition, next, end],
    );
    if (moved.length === 0)
      throw new RepriseError('lease-lost', `Another worker has gone on with ${topic}/${partition}.`);
    await tx.query('UPDATE dead_letter_topic SET cut_at = now(), cut = cut + $2 WHERE topic = $1', [
      topic,
      next - end,
    ]);
    // As of a topic that was made again: with the identity of what is no more they stand beside what comes to their places.
    const counted = await tx.query<Went>(
      `WITH held AS (
         SELECT "offset", group_id, gone, reprocessed FROM dead_letter
         WHERE topic = $1 AND identity = $2 AND partition = $3 AND "offset" >= $4 ORDER BY "offset" FOR UPDATE),
       went AS (
         UPDATE dead_letter l SET gone = true, identity = $2 || ', cut off ' || now()::text FROM held h
         WHERE l.topic = $1 AND l.identity = $2 AND l.partition = $3 AND l."offset" = h."offset")
       SELECT group_id, count(*)::int AS count, count(*) FILTER (WHERE reprocessed)::int AS reprocessed
       FROM held WHERE NOT gone GROUP BY group_id ORDER BY group_id`,
      [topic, identity, partition, end],
    );
    await countGone(tx, topic, counted);
  },

  async wasRead(tx, topic) {
    await tx.query('UPDATE dead_letter_topic SET read_at = now(), problem = NULL WHERE topic = $1', [topic]);
  },

  async cannotRead(tx, topic, problem) {
    const rows = await tx.query(
      'UPDATE dead_letter_topic SET problem = $2 WHERE topic = $1 AND problem IS DISTINCT FROM $2 RETURNING topic',
      [topic, problem],
    );
    return rows.length > 0;
  },
};

type Went = { readonly group_id: string; readonly count: number; readonly reprocessed: number };

async function countGone(tx: Transaction, topic: string, counted: readonly Went[]): Promise<void> {
  await tx.query(
    `UPDATE dead_letter_group g SET gone = gone + c.count, reprocessed = g.reprocessed - c.reprocessed
     FROM unnest($2::text[], $3::int[], $4::int[]) AS c (group_id, count, reprocessed)
     WHERE g.topic = $1 AND g.group_id = c.group_id`,
    [
      topic,
      counted.map((each) => each.group_id),
      counted.map((each) => each.count),
      counted.map((each) => each.reprocessed),
    ],
  );
}

/**
 * Those that were indexed before their topic gave way to another, and whose topic is the one that is read again: such as
 * where another cluster was named for a while. They stand as they were, with what was reprocessed of them. What is
 * another letter by now keeps its row under a name of its own, as what was cut off does. Answers their offsets.
 */
async function cameBack(
  tx: Transaction,
  place: { readonly topic: string; readonly identity: string; readonly partition: number },
  letters: readonly IndexedLetter[],
): Promise<ReadonlySet<string>> {
  if (letters.length === 0) return new Set();
  // What was erased of a letter stays so.
  const rows = await tx.query<{ offset: string; group_id: string; reprocessed: boolean }>(
    `WITH held AS (
       SELECT l."offset", l.group_id, l.reprocessed, f.contract_id, f.state,
         l.at = f.at AND (l.event_id IS NULL OR l.event_id IS NOT DISTINCT FROM f.event_id) AS same
       FROM dead_letter l JOIN unnest($4::bigint[], $5::text[], $6::timestamptz[], $7::text[], $8::text[])
         AS f ("offset", event_id, at, contract_id, state) USING ("offset")
       WHERE l.topic = $1 AND l.identity = $2 AND l.partition = $3 AND l.gone ORDER BY l."offset" FOR UPDATE OF l),
     renamed AS (
       UPDATE dead_letter l SET identity = $2 || ', before ' || now()::text FROM held h
       WHERE l.topic = $1 AND l.identity = $2 AND l.partition = $3 AND l."offset" = h."offset" AND NOT h.same),
     stands AS (
       UPDATE dead_letter l SET gone = false, contract_id = h.contract_id, state = h.state FROM held h
       WHERE l.topic = $1 AND l.identity = $2 AND l.partition = $3 AND l."offset" = h."offset" AND h.same)
     SELECT "offset"::text, group_id, reprocessed FROM held WHERE same`,
    [
      ...[place.topic, place.identity, place.partition],
      letters.map(({ offset }) => offset),
      letters.map(({ eventId }) => eventId),
      letters.map(({ at }) => at),
      letters.map(({ parkedBy }) => parkedBy?.contractId ?? null),
      letters.map(({ parkedBy }) => parkedBy?.state ?? null),
    ],
  );
  const groups = new Map<string, Went>();
  for (const { group_id: groupId, reprocessed } of rows) {
    const before = groups.get(groupId) ?? { group_id: groupId, count: 0, reprocessed: 0 };
    groups.set(groupId, {
      group_id: groupId,
      count: before.count - 1,
      reprocessed: before.reprocessed - (reprocessed ? 1 : 0),
    });
  }
  // Less than none: what went has come back.
  await countGone(
    tx,
    place.topic,
    [...groups.values()].toSorted((a, b) => (a.group_id < b.group_id ? -1 : 1)),
  );
  return new Set(rows.map(({ offset }) => offset));
}

async function addGroups(tx: Transaction, topic: string, letters: readonly IndexedLetter[]): Promise<void> {
  await tx.query(
    `INSERT INTO dead_letter_group AS kept (topic, group_id, exception, shape, letters, first_at, last_at)
     SELECT $1, group_id, min(exception), min(shape), count(*)::int, min(at), max(at)
     FROM unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[]) AS l (group_id, exception, shape, at)
     GROUP BY group_id ORDER BY group_id
     ON CONFLICT (topic, group_id) DO UPDATE SET letters = kept.letters + excluded.letters,
       first_at = least(kept.first_at, excluded.first_at), last_at = greatest(kept.last_at, excluded.last_at)`,
    [
      topic,
      letters.map(({ groupId }) => groupId),
      letters.map(({ exception }) => exception),
      letters.map(({ shape }) => shape),
      letters.map(({ at }) => at),
    ],
  );
}
