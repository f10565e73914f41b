import type { EvidenceLogStore } from '../../application/ports/evidence-log.ts';

type Row = {
  part: 'log' | 'place' | null;
  place: string;
  ran_at: Date;
  size: string;
  compared: number;
  findings: string[];
  is_audited: boolean;
};

/** Each way in which an audit has named a place, whole: the name of one may stand within another's. */
const names = `(starts_with(sentence, 'Of ' || sink.target || ': ')
    OR starts_with(sentence, 'The checkpoints in ' || sink.target || ' could not be read: ')
    OR position(' in ' || sink.target || ' is ' IN sentence) > 0
    OR right(sentence, length(sink.target) + 5) = ' in ' || sink.target || '.')`;

/**
 * The newest of the log itself and of every place, but for places that somebody has retired since. Rows from before
 * these stood apart are of a set of places each. They are read whole, the newest of every set, as long as there are no
 * others, and then what they say of each place (which their sentences name) until an audit has held the log against it.
 */
const standing = `SELECT newest.*, newest.ran_at > clock_timestamp() - interval '3 hours' AS is_audited FROM (
    WITH apart AS (
      SELECT DISTINCT ON (part, place) part, place, id, ran_at, size, compared, findings FROM log_audit
      WHERE part IS NOT NULL ORDER BY part, place, id DESC),
    whole AS (SELECT DISTINCT ON (place) part, place, id, ran_at, size, compared, findings FROM log_audit
      WHERE part IS NULL ORDER BY place, id DESC)
    SELECT * FROM apart
    UNION ALL SELECT * FROM whole WHERE NOT EXISTS (SELECT FROM apart WHERE part = 'log')
    UNION ALL SELECT 'place', sink.target, max(id), max(ran_at), max(size), max(compared), array_agg(DISTINCT sentence)
    FROM whole, unnest(whole.findings) AS found(sentence), (SELECT DISTINCT target FROM checkpoint_sink) sink
    WHERE ${names} AND EXISTS (SELECT FROM apart WHERE part = 'log')
      AND NOT EXISTS (SELECT FROM apart WHERE part = 'place' AND apart.place = sink.target)
    GROUP BY sink.target) newest
  WHERE NOT (part IS NOT DISTINCT FROM 'place' AND EXISTS (SELECT FROM audit_entry a
      WHERE a.subject = 'checkpoints:' || newest.place AND a.action = 'checkpoints.retired' AND a.outcome = 'done'
        AND a.recorded_at > newest.ran_at))`;

/** What audits of the log have found. */
export const auditStore: Pick<EvidenceLogStore, 'noteAudit' | 'latestAudit' | 'foundOfPlace'> = {
  async noteAudit(tx, { size, compared, ofLog, ofPlaces }) {
    const parts = [...[...ofPlaces].map(([place, findings]) => ({ part: 'place', place, findings }))];
    // The log's last, since the newest row says when the audit was.
    for (const { part, place, findings } of [...parts, { part: 'log', place: '', findings: ofLog }])
      await tx.query(
        `INSERT INTO log_audit (ran_at, size, compared, findings, place, part)
         VALUES (clock_timestamp(), $1, $2, $3, $4, $5)`,
        [size, compared, findings, place, part],
      );
  },

  async latestAudit(tx) {
    const rows = await tx.query<Row>(
      `${standing} ORDER BY newest.part = 'log' DESC NULLS LAST, newest.id DESC`,
    );
    const [row] = rows;
    if (row === undefined) return null;
    const findings = [...new Set(rows.flatMap((each) => each.findings))];
    return { ranAt: row.ran_at, size: Number(row.size), compared: row.compared, findings };
  },

  async foundOfPlace(tx, place) {
    const [row] = await tx.query<Row>(`${standing} AND newest.part = 'place' AND newest.place = $1`, [place]);
    return row === undefined || row.findings.length === 0
      ? null
      : { findings: row.findings, isAudited: row.is_audited };
  },
};
