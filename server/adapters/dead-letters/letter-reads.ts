import {
  GROUPS_SHOWN,
  type LetterFilter,
  type LetterGroup,
  type LetterListPlace,
  type LetterReads,
  type LetterRow,
  type LetterTopicView,
} from '../../application/ports/dead-letters.ts';
import { isTaken } from './taken.ts';

type TopicRow = {
  topic: string;
  identity: string | null;
  contract_id: string;
  state: string;
  others: string[];
  read_at: Date | null;
  recreated_at: Date | null;
  cut_at: Date | null;
  cut: string;
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
  reprocessed: number;
  first_at: Date;
  last_at: Date;
  place: number;
  groups: number;
  all_letters: number;
  all_gone: number;
  all_reprocessed: number;
};

type Row = {
  topic: string;
  identity: string;
  partition: number;
  offset: string;
  contract_id: string;
  state: string;
  is_owner_known: boolean;
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
  reprocessed: boolean;
};

const columns = `l.topic, l.identity, l.partition, l."offset"::text, coalesce(l.contract_id, t.contract_id) AS contract_id,
  coalesce(l.state, t.state) AS state, l.state IS NOT NULL OR cardinality(t.others) = 0 AS is_owner_known, l.group_id,
  g.exception, g.shape, l.event_id, l.cause, l.at, l.origin_topic, l.origin_partition, l.origin_offset::text, l.redrive_id,
  l.gone, l.reprocessed`;
/** Where nobody says whose it is, it is of the one state that parks there, or of nobody that is known. */
const isOf = (letter: string, contractId: string, state: string) =>
  `coalesce((${letter}.contract_id, ${letter}.state) = (${contractId}, ${state}), cardinality(t.others) = 0)`;
const taken = {
  ...{ topic: 'stands.topic', identity: 'stands.identity', partition: 'stands.partition' },
  ...{ offset: 'stands."offset"', contractId: '$7', state: '$8' },
};
const joined = `dead_letter l JOIN dead_letter_topic t ON t.topic = l.topic
  JOIN dead_letter_group g ON g.topic = l.topic AND g.group_id = l.group_id`;

export const letterReads: LetterReads = {
  async topics(tx, { topic, groupId }) {
    const topics = await tx.query<TopicRow>(
      `SELECT t.*, (SELECT coalesce(sum(missed), 0)::text FROM dead_letter_cursor c WHERE c.topic = t.topic) AS missed
       FROM dead_letter_topic t ORDER BY t.retired_at IS NOT NULL, t.contract_id, t.topic`,
    );
    const groups = await tx.query<GroupRow>(
      `SELECT * FROM (SELECT g.*, (row_number() OVER (PARTITION BY topic ORDER BY letters - gone - reprocessed DESC, letters - gone DESC, last_at DESC, group_id))::int AS place,
         (count(*) OVER (PARTITION BY topic))::int AS groups, (sum(letters) OVER (PARTITION BY topic))::int AS all_letters,
         (sum(gone) OVER (PARTITION BY topic))::int AS all_gone,
         (sum(reprocessed) OVER (PARTITION BY topic))::int AS all_reprocessed FROM dead_letter_group g) ranked
       WHERE place <= ${GROUPS_SHOWN} OR (topic, group_id) = ($1, $2) ORDER BY topic, place`,
      [topic ?? null, groupId ?? null],
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

  standing: (tx, { topic, identity, groupId, contractId, state }, after, limit) =>
    tx.query(
      // By the column, and not by the text that is answered under its name.
      `SELECT stands.partition, stands."offset"::text, stands.event_id AS "eventId", CASE
           WHEN NOT ${isOf('stands', '$7', '$8')} THEN 'not-known'
           WHEN stands.reprocessed OR ${isTaken(taken)} THEN 'taken'
           WHEN EXISTS (SELECT FROM dead_letter n WHERE n.event_id = stands.event_id AND n.topic = stands.topic AND n.identity = stands.identity
             AND NOT n.gone AND (n.at, n.partition, n."offset") > (stands.at, stands.partition, stands."offset") AND ${isOf('n', '$7', '$8')})
           THEN 'parked-again' ELSE 'free' END AS standing
       FROM dead_letter stands JOIN dead_letter_topic t ON t.topic = stands.topic
       WHERE stands.topic = $1 AND stands.identity = $2 AND NOT stands.gone AND (stands.partition, stands."offset") > ($3::int, $4::bigint)
         AND ($5::text IS NULL OR stands.group_id = $5) AND (stands.state IS NULL OR (stands.contract_id, stands.state) = ($7, $8))
       ORDER BY stands.partition, stands."offset" LIMIT $6`,
      [
        ...[topic, identity, after?.partition ?? -1, after?.offset ?? '0', groupId ?? null, limit],
        ...[contractId, state],
      ],
    ),

  async remaining(tx, { topic, identity, groupId, contractId, state }) {
    const [row] = await tx.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM dead_letter l JOIN dead_letter_topic t ON t.topic = l.topic
       WHERE l.topic = $1 AND l.identity = $2 AND ($3::text IS NULL OR l.group_id = $3) AND NOT l.gone AND NOT l.reprocessed
         AND ${isOf('l', '$4', '$5')}`,
      [topic, identity, groupId ?? null, contractId, state],
    );
    return row?.count ?? 0;
  },

  async parkedOf(tx, topic, { contractId, state }, eventIds) {
    const rows = await tx.query<{ id: string }>(
      `SELECT DISTINCT event_id AS id FROM dead_letter WHERE topic = $1 AND event_id = ANY ($2::text[]) AND NOT reprocessed
         AND (state IS NULL OR (contract_id, state) = ($3, $4))`,
      [topic, eventIds, contractId, state],
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
    cutAt: row.cut_at?.toISOString() ?? null,
    cut: String(row.cut),
    problem: row.problem,
    retiredAt: row.retired_at?.toISOString() ?? null,
    missed: row.missed,
    letters: first?.all_letters ?? 0,
    gone: first?.all_gone ?? 0,
    reprocessed: first?.all_reprocessed ?? 0,
    groups: groups.map(
      (group): LetterGroup => ({
        groupId: group.group_id,
        exception: group.exception,
        shape: group.shape,
        letters: group.letters,
        gone: group.gone,
        reprocessed: group.reprocessed,
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
    isOwnerKnown: row.is_owner_known,
    groupId: row.group_id,
    exception: row.exception,
    shape: row.shape,
    eventId: row.event_id,
    cause: row.cause,
    at: row.at.toISOString(),
    origin: topic === null || partition === null || offset === null ? null : { topic, partition, offset },
    redriveId: row.redrive_id,
    gone: row.gone,
    reprocessed: row.reprocessed,
  };
}
