import type { ChannelState, NoticeStore, TakenDelivery } from '../../application/ports/notices.ts';
import { type NoticeChannel, noticeChannels } from '../../domain/notice/index.ts';
import { subjectFacts } from './subject-facts.ts';

/** The outbox in Reprise's own database. */
export const noticeStore: NoticeStore = {
  async tell(tx, { kind, subject, contractId, contractVersion, requestedBy, audience, ...more }) {
    const { why, except, to, attempt } = more;
    await tx.query(
      `SELECT reprise_tell($1, $2, $3, $4, coalesce(nullif($5::int, 0),
         (SELECT max(version) FROM contract_version WHERE contract_id = $4), 0), $6, $7, $8)`,
      [
        kind,
        subject.kind,
        subject.id,
        contractId,
        contractVersion,
        requestedBy,
        audience,
        JSON.stringify({
          ...(why === undefined ? {} : { why }),
          ...(except === undefined ? {} : { except }),
          ...(to === undefined ? {} : { to }),
          ...(attempt === undefined ? {} : { attempt }),
        }),
      ],
    );
  },

  async tellTest(tx, channel, personId) {
    const [row] = await tx.query<{ id: string }>(
      `WITH told AS (
         INSERT INTO notice (id, kind, subject_kind, subject_id, contract_id, detail)
         VALUES (gen_random_uuid(), 'test', 'channel', gen_random_uuid(), '', json_build_object('person', $2::text))
         RETURNING id)
       INSERT INTO notice_delivery (id, notice_id, channel, person_id)
       SELECT gen_random_uuid(), id, $1, CASE WHEN $1 = 'email' THEN $2 END FROM told RETURNING id::text`,
      [channel, personId],
    );
    return row?.id ?? '';
  },

  async due(tx, limit) {
    const rows = await tx.query<{ id: string }>(
      `SELECT id::text FROM notice_delivery
       WHERE state = 'waiting' AND next_try_at <= clock_timestamp()
         AND (lease_until IS NULL OR lease_until <= clock_timestamp())
       ORDER BY next_try_at LIMIT $1`,
      [limit],
    );
    return rows.map(({ id }) => id);
  },

  async take(tx, id, leaseMs) {
    const [row] = await tx.query<TakenRow>(
      `UPDATE notice_delivery d
       SET tries = d.tries + 1, lease_until = clock_timestamp() + $2 * interval '1 ms'
       FROM notice n
       WHERE d.id = $1 AND n.id = d.notice_id AND d.state = 'waiting' AND d.next_try_at <= clock_timestamp()
         AND (d.lease_until IS NULL OR d.lease_until <= clock_timestamp())
       RETURNING d.id::text, d.channel, d.tries, n.kind, n.subject_kind, n.subject_id::text, n.contract_id,
         n.detail ->> 'why' AS why, n.detail ->> 'attempt' AS attempt, n.detail -> 'to' ->> 0 AS named,
         d.person_id,
         (SELECT email FROM person WHERE id = d.person_id) AS email,
         (SELECT disabled_at IS NULL AND (notices_by_email OR n.kind = 'test') FROM person
           WHERE id = d.person_id) AS wanted`,
      [id, leaseMs],
    );
    return row === undefined ? null : toTaken(row);
  },

  facts: subjectFacts,

  async settle(tx, id, state, problem) {
    await tx.query(
      `UPDATE notice_delivery SET state = $2, problem = $3, lease_until = NULL, ended_at = clock_timestamp()
       WHERE id = $1 AND state = 'waiting'`,
      [id, state, problem],
    );
  },

  async leaveToAnother(tx, { id, channel }, pauseMs) {
    const rows = await tx.query(
      `UPDATE notice_delivery SET tries = tries - 1, lease_until = NULL,
         next_try_at = clock_timestamp() + $3 * interval '1 ms'
       WHERE id = $1 AND state = 'waiting' AND EXISTS (
         SELECT FROM notice_channel WHERE channel = $2 AND configured_at > clock_timestamp() - interval '1 day')
       RETURNING id`,
      [id, channel, pauseMs],
    );
    return rows.length > 0;
  },

  async tryAgain(tx, id, problem, pauseMs) {
    await tx.query(
      `UPDATE notice_delivery SET problem = $2, lease_until = NULL,
         next_try_at = clock_timestamp() + $3 * interval '1 ms'
       WHERE id = $1 AND state = 'waiting'`,
      [id, problem, pauseMs],
    );
  },

  async noteChannel(tx, channel, { configured, target }) {
    await tx.query(
      // What one worker lacks another may have: it is not configured once none has said for a while that it is.
      `INSERT INTO notice_channel AS c (channel, configured, target, configured_at)
       VALUES ($1, $2, $3, CASE WHEN $2 THEN clock_timestamp() END)
       ON CONFLICT (channel) DO UPDATE SET seen_at = clock_timestamp(),
         configured = $2 OR coalesce(c.configured_at > clock_timestamp() - interval '5 minutes', false),
         target = CASE WHEN NOT $2 AND c.configured_at > clock_timestamp() - interval '5 minutes' THEN c.target
           ELSE $3 END,
         configured_at = CASE WHEN $2 THEN clock_timestamp() ELSE c.configured_at END`,
      [channel, configured, target],
    );
  },

  async noteTry(tx, channel, problem) {
    await tx.query(
      problem === null
        ? 'UPDATE notice_channel SET last_success_at = clock_timestamp() WHERE channel = $1'
        : 'UPDATE notice_channel SET last_problem = $2, last_problem_at = clock_timestamp() WHERE channel = $1',
      problem === null ? [channel] : [channel, problem],
    );
  },

  async channels(tx) {
    const rows = await tx.query<ChannelRow>(
      `SELECT c.channel, k.configured, coalesce(k.target, '') AS target, k.last_success_at, k.last_problem,
         k.last_problem_at, count(d.id) FILTER (WHERE d.state = 'waiting')::int AS waiting,
         min(n.created_at) FILTER (WHERE d.state = 'waiting') AS oldest_waiting_at,
         count(d.id) FILTER (WHERE d.state = 'given-up')::int AS given_up,
         count(d.id) FILTER (WHERE d.state = 'given-up' AND d.ended_at > now() - interval '1 day')::int
           AS given_up_lately
       FROM unnest($1::text[]) WITH ORDINALITY AS c(channel, place)
       LEFT JOIN notice_channel k ON k.channel = c.channel
       LEFT JOIN notice_delivery d ON d.channel = c.channel AND d.state IN ('waiting', 'given-up')
       LEFT JOIN notice n ON n.id = d.notice_id
       GROUP BY c.channel, c.place, k.channel ORDER BY c.place`,
      [noticeChannels],
    );
    return rows.map(toChannel);
  },

  async sweep(tx, keepDays) {
    await tx.query(
      `DELETE FROM notice n WHERE n.created_at < now() - make_interval(days => $1)
         AND NOT EXISTS (SELECT FROM notice_delivery d WHERE d.notice_id = n.id AND d.state = 'waiting')`,
      [keepDays],
    );
  },

  async byEmail(tx, personId) {
    const [row] = await tx.query<{ by_email: boolean }>(
      'SELECT notices_by_email AS by_email FROM person WHERE id = $1',
      [personId],
    );
    return row?.by_email === true;
  },

  async setByEmail(tx, personId, byEmail) {
    await tx.query('UPDATE person SET notices_by_email = $2, updated_at = now() WHERE id = $1', [
      personId,
      byEmail,
    ]);
  },
};

type TakenRow = {
  id: string;
  channel: NoticeChannel;
  tries: number;
  kind: TakenDelivery['kind'];
  subject_kind: TakenDelivery['subject']['kind'];
  subject_id: string;
  contract_id: string;
  why: string | null;
  attempt: string | null;
  named: string | null;
  person_id: string | null;
  email: string | null;
  wanted: boolean | null;
};

function toTaken(row: TakenRow): TakenDelivery {
  return {
    id: row.id,
    channel: row.channel,
    tries: row.tries,
    kind: row.kind,
    subject: { kind: row.subject_kind, id: row.subject_id },
    contractId: row.contract_id,
    why: row.why,
    attempt: row.attempt,
    to: row.named,
    person:
      row.person_id === null || row.email === null
        ? null
        : { id: row.person_id, email: row.email, wanted: row.wanted === true },
  };
}

type ChannelRow = {
  channel: NoticeChannel;
  configured: boolean | null;
  target: string;
  last_success_at: Date | null;
  last_problem: string | null;
  last_problem_at: Date | null;
  waiting: number;
  oldest_waiting_at: Date | null;
  given_up: number;
  given_up_lately: number;
};

function toChannel(row: ChannelRow): ChannelState {
  return {
    channel: row.channel,
    configured: row.configured,
    target: row.target,
    lastSuccessAt: row.last_success_at?.toISOString() ?? null,
    lastProblem: row.last_problem,
    lastProblemAt: row.last_problem_at?.toISOString() ?? null,
    waiting: row.waiting,
    oldestWaitingAt: row.oldest_waiting_at?.toISOString() ?? null,
    givenUp: row.given_up,
    givenUpLately: row.given_up_lately,
  };
}
