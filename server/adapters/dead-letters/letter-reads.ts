import {
  GROUPS_SHOWN,
  type LetterFilter,
  type LetterGroup,
  type LetterListPlace,
  type LetterReads,
  type LetterRow,
  type LetterTopicView,
} from '../../application/ports/dead-letters.ts';

type TopicRow = {
  topic: string;
  identity: string | null;
  contract_id: string;
  state: string;
  others: string[];
  read_at: Date | null;
  recreated_at: Date | null;
  problem: string | null;
  retired_at: Date | null;
  missed: string;
};

type GroupRow = {
  topic: string;
  group_id: string;
  exception: string;
  shape: string;
  letters: number;
  gone: number;
  first_at: Date;
  last_at: Date;
  place: number;
  groups: number;
  all_letters: number;
  all_gone: number;
};

type Row = {
  topic: string;
  identity: string;
  partition: number;
  offset: string;
  contract_id: string;
  state: string;
  group_id: string;
  exception: string;
  shape: string;
  event_id: string | null;
  cause: string | null;
  at: Date;
  origin_topic: string | null;
  origin_partition: number | null;
  origin_offset: string | null;
  redrive_id: string | null;
  gone: boolean;
};

const columns = `l.topic, l.identity, l.partition, l."offset"::text, t.contract_id, t.state, l.group_id, g.exception,
  g.shape, l.event_id, l.cause, l.at, l.origin_topic, l.origin_partition, l.origin_offset::text, l.redrive_id, l.gone`;
const joined = `dead_letter l JOIN dead_letter_topic t ON t.topic = l.topic
  JOIN dead_letter_group g ON g.topic = l.topic AND g.group_id = l.group_id`;

export const letterReads: LetterReads = {
  async topics(tx) {
    const topics = await tx.query<TopicRow>(
      `SELECT t.*, (SELECT coalesce(sum(missed), 0)::text FROM dead_letter_cursor c WHERE c.topic = t.topic) AS missed
       FROM dead_letter_topic t ORDER BY t.retired_at IS NOT NULL, t.contract_id, t.topic`,
    );
    const groups = await tx.query<GroupRow>(
      `SELECT * FROM (SELECT g.*, (row_number() OVER (PARTITION BY topic ORDER BY letters - gone DESC, last_at DESC, group_id))::int AS place,
         (count(*) OVER (PARTITION BY topic))::int AS groups, (sum(letters) OVER (PARTITION BY topic))::int AS all_letters,
         (sum(gone) OVER (PARTITION BY topic))::int AS all_gone FROM dead_letter_group g) ranked
       WHERE place <= ${GROUPS_SHOWN} ORDER BY topic, place`,
    );
    const byTopic = Map.groupBy(groups, ({ topic }) => topic);
    return topics.map((row) => toTopic(row, byTopic.get(row.topic) ?? []));
  },

  async list(tx, filter, after, limit) {
    const { where, values } = asked(filter, after);
    const rows = await tx.query<Row>(
      `SELECT ${columns} FROM ${joined} ${where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`}
       ORDER BY l.at DESC, l.topic DESC, l.partition DESC, l."offset" DESC LIMIT $${values.length + 1}`,
      [...values, limit],
    );
    return rows.map(toRow);
  },

  async find(tx, { topic, partition, offset }) {
    const [row] = await tx.query<Row>(
      `SELECT ${columns} FROM ${joined} WHERE l.topic = $1 AND l.partition = $2 AND l."offset" = $3
       ORDER BY l.identity = t.identity DESC NULLS LAST, l.indexed_at DESC LIMIT 1`,
      [topic, partition, offset],
    );
    return row === undefined ? null : toRow(row);
  },

  standing: (tx, { topic, identity, groupId }, after, limit) =>
    tx.query(
      // By the column, and not by the text that is answered under its name.
      `SELECT l.partition, l."offset"::text, l.event_id AS "eventId" FROM dead_letter l
       WHERE l.topic = $1 AND l.identity = $2 AND NOT l.gone AND (l.partition, l."offset") > ($3::int, $4::bigint)
         AND ($5::text IS NULL OR l.group_id = $5) ORDER BY l.partition, l."offset" LIMIT $6`,
      [topic, identity, after?.partition ?? -1, after?.offset ?? '0', groupId ?? null, limit],
    ),

  async parkedOf(tx, topic, eventIds) {
    const rows = await tx.query<{ id: string }>(
      `SELECT DISTINCT d.event_id AS id FROM dead_letter d WHERE d.topic = $1 AND d.event_id = ANY ($2::text[])
         AND NOT EXISTS (SELECT FROM redrive_letter l WHERE l.topic = d.topic AND l.partition = d.partition
           AND l."offset" = d."offset" AND l.status = 'reprocessed')`,
      [topic, eventIds],
    );
    return new Set(rows.map(({ id }) => id));
  },

  comparedAt: (tx, replayId, key, eventId) =>
    tx.query(
      `SELECT c.derived_state AS "derivedState", c.outcome <> 'could-not-compare' AS "isCompared",
         EXISTS (SELECT FROM shadow_state s WHERE s.replay_id = c.replay_id AND s.key = $2) AS "isInScope",
         d.key IS NOT NULL AS differs,
         EXISTS (SELECT FROM jsonb_array_elements(d.explanation -> 'candidates') AS e
           WHERE e ->> 'eventId' = $3) AS "isExplained"
       FROM replay_comparison c
       LEFT JOIN discrepancy d ON d.replay_id = c.replay_id AND d.key = $2 AND d.derived_state = c.derived_state
       WHERE c.replay_id = $1`,
      [replayId, key, eventId],
    ),

  async explainedBy(tx, replayId, key, eventId) {
    const rows = await tx.query<{ derived_state: string; cause: string; certainty: string }>(
      `SELECT d.derived_state, c ->> 'cause' AS cause, c ->> 'certainty' AS certainty
       FROM discrepancy d, jsonb_array_elements(d.explanation -> 'candidates') AS c
       WHERE d.replay_id = $1 AND d.key = $2 AND c ->> 'eventId' = $3 ORDER BY d.derived_state`,
      [replayId, key, eventId],
    );
    return rows.map(({ derived_state: derivedState, ...rest }) => ({ derivedState, key, ...rest }));
  },
};

function asked({ topic, groupId, eventId, gone }: LetterFilter, after: LetterListPlace | null) {
  const values: unknown[] = [];
  const value = (given: unknown) => `$${values.push(given)}`;
  const where: string[] = [];
  if (topic !== undefined) where.push(`l.topic = ${value(topic)}`);
  if (groupId !== undefined) where.push(`l.group_id = ${value(groupId)}`);
  if (eventId !== undefined) where.push(`l.event_id = ${value(eventId)}`);
  // Written out, so that the indexes of what stands are of use.
  if (gone !== undefined) where.push(gone ? 'l.gone' : 'NOT l.gone');
  if (after !== null) {
    const [at, ...place] = after;
    where.push(
      `(l.at, l.topic, l.partition, l."offset") < (${value(at)}::timestamptz, ${value(place[0])}, ${value(place[1])}::int, ${value(place[2])}::bigint)`,
    );
  }
  return { where, values };
}

function toTopic(row: TopicRow, groups: readonly GroupRow[]): LetterTopicView {
  const [first] = groups;
  return {
    topic: row.topic,
    contractId: row.contract_id,
    state: row.state,
    others: row.others,
    identity: row.identity,
    readAt: row.read_at?.toISOString() ?? null,
    recreatedAt: row.recreated_at?.toISOString() ?? null,
    problem: row.problem,
    retiredAt: row.retired_at?.toISOString() ?? null,
    missed: row.missed,
    letters: first?.all_letters ?? 0,
    gone: first?.all_gone ?? 0,
    groups: groups.map(
      (group): LetterGroup => ({
        groupId: group.group_id,
        exception: group.exception,
        shape: group.shape,
        letters: group.letters,
        gone: group.gone,
        firstAt: group.first_at.toISOString(),
        lastAt: group.last_at.toISOString(),
      }),
    ),
    moreGroups: (first?.groups ?? 0) - groups.length,
  };
}

function toRow(row: Row): LetterRow {
  const { origin_topic: topic, origin_partition: partition, origin_offset: offset } = row;
  return {
    topic: row.topic,
    identity: row.identity,
    partition: row.partition,
    offset: row.offset,
    contractId: row.contract_id,
    state: row.state,
    groupId: row.group_id,
    exception: row.exception,
    shape: row.shape,
    eventId: row.event_id,
    cause: row.cause,
    at: row.at.toISOString(),
    origin: topic === null || partition === null || offset === null ? null : { topic, partition, offset },
    redriveId: row.redrive_id,
    gone: row.gone,
  };
}
