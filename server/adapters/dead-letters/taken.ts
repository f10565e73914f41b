/** What of a letter is asked about, as SQL. */
type Asked = Readonly<Record<'topic' | 'identity' | 'partition' | 'offset' | 'contractId' | 'state', string>>;

const holds = `(l.status IN ('sending', 'sent') OR l.awaited
  OR l.status = 'waiting' AND r.status IN ('awaiting-approval', 'queued', 'running', 'paused'))`;

/**
 * Whether a letter is to be sent for a state by no other redrive: one has reprocessed it or its event since, or holds it
 * or another letter of its event. The database asks the same of what joins a redrive. No function of its own, since
 * PostgreSQL makes none that looks into tables a part of the query that calls it, and calls it for each row. `OFFSET 0`
 * keeps it from putting all letters there are into a hash, once for each page.
 */
export const isTaken = ({ topic, identity, partition, offset, contractId, state }: Asked) =>
  `(EXISTS (SELECT FROM redrive_letter l JOIN redrive r ON r.id = l.redrive_id AND r.identity = ${identity}
      WHERE l.topic = ${topic} AND l.partition = ${partition} AND l."offset" = ${offset} AND (l.status = 'reprocessed' OR ${holds}) OFFSET 0)
    OR EXISTS (SELECT FROM dead_letter d WHERE d.topic = ${topic} AND d.identity = ${identity} AND d.partition = ${partition}
      AND d."offset" = ${offset} AND (d.reprocessed OR EXISTS (SELECT FROM dead_letter o
        JOIN redrive_letter l ON l.topic = o.topic AND l.partition = o.partition AND l."offset" = o."offset"
        JOIN redrive r ON r.id = l.redrive_id AND r.identity = o.identity
        WHERE o.event_id = d.event_id AND o.topic = d.topic AND o.identity = d.identity
          AND (o.partition, o."offset") <> (d.partition, d."offset")
          AND r.contract_id = ${contractId} AND r.state = ${state} AND ${holds} OFFSET 0)) OFFSET 0))`;
