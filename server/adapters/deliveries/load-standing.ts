import type { DeliveryStore } from '../../application/ports/deliveries.ts';
import type { Pass } from '../../domain/deliveries/index.ts';

type AuditRow = { number: number; historyIdentity: string; prunedUntilMs: string };
type CursorRow = {
  partition: number;
  next: string;
  transaction: string | null;
  logEnd: string;
  high: string;
  closedUntil: Date | null;
  markAt: Date | null;
  markEnd: string | null;
  readUntil: Date | null;
  events: string;
  sentFrom: string | null;
};
type SentRow = {
  identity: string;
  top: string;
  settled: string;
  xmin: string;
  markXmax: string;
  markTop: string;
  markAt: Date;
  readAt: Date;
  pruned: boolean;
  reachesBackTo: Date | null;
  lowest: string | null;
  fileNode: string;
  passPosition: string | null;
  passTo: string | null;
  passXmin: string | null;
  passAt: Date | null;
  startedAt: Date;
};

const big = (text: string | null) => (text === null ? null : BigInt(text));

function toPass({ passPosition, passTo, passXmin, passAt }: SentRow): Pass | null {
  if (passPosition === null || passTo === null || passXmin === null || passAt === null) return null;
  return { position: BigInt(passPosition), to: BigInt(passTo), xmin: BigInt(passXmin), at: passAt };
}

/** Where an audit stands: three statements. */
export const loadStanding: DeliveryStore['load'] = async (tx, contractId) => {
  const [audit] = await tx.query<AuditRow>(
    `SELECT number, history_identity AS "historyIdentity", pruned_until_ms::text AS "prunedUntilMs"
     FROM delivery_audit WHERE contract_id = $1`,
    [contractId],
  );
  if (audit === undefined) return null;
  const cursors = await tx.query<CursorRow>(
    `SELECT partition, next::text, transaction, log_end::text AS "logEnd", high::text,
       closed_until AS "closedUntil", mark_at AS "markAt", mark_end AS "markEnd", read_until AS "readUntil", events::text,
       sent_from::text AS "sentFrom"
     FROM delivery_cursor WHERE contract_id = $1 ORDER BY partition`,
    [contractId],
  );
  const [sent] = await tx.query<SentRow>(
    `SELECT identity, top::text, settled::text, seen_xmin AS xmin, mark_xmax AS "markXmax", mark_top::text AS "markTop",
       mark_at AS "markAt", read_at AS "readAt", pruned, reaches_back_to AS "reachesBackTo",
       started_at AS "startedAt", lowest::text, file_node AS "fileNode", pass_position::text AS "passPosition",
       pass_to::text AS "passTo", pass_xmin AS "passXmin", pass_at AS "passAt"
     FROM sent_cursor WHERE contract_id = $1`,
    [contractId],
  );
  return {
    audit: {
      number: audit.number,
      historyIdentity: audit.historyIdentity,
      prunedUntilMs: Number(audit.prunedUntilMs),
    },
    cursors: cursors.map((row) => ({
      partition: row.partition,
      next: BigInt(row.next),
      transaction: big(row.transaction),
      logEnd: BigInt(row.logEnd),
      high: BigInt(row.high),
      closing: {
        closedUntil: row.closedUntil,
        mark:
          row.markAt === null || row.markEnd === null ? null : { at: row.markAt, end: BigInt(row.markEnd) },
      },
      readUntil: row.readUntil,
      events: Number(row.events),
      sentFrom: big(row.sentFrom),
    })),
    sent:
      sent === undefined
        ? null
        : {
            identity: sent.identity,
            top: BigInt(sent.top),
            settled: BigInt(sent.settled),
            xmin: BigInt(sent.xmin),
            mark: { xmax: BigInt(sent.markXmax), top: BigInt(sent.markTop), at: sent.markAt },
            readAt: sent.readAt,
            pruned: sent.pruned,
            lowest:
              sent.lowest === null || sent.reachesBackTo === null
                ? null
                : { position: BigInt(sent.lowest), at: sent.reachesBackTo },
            fileNode: sent.fileNode,
            pass: toPass(sent),
            startedAt: sent.startedAt,
          },
  };
};
