import { parseEnvelope } from '../attestation/index.ts';
import { type Listed, listedAs, listedOtherwise } from '../evidence/index.ts';
import { decodeUtf8, equalBytes, toHex, utf8 } from '../shared/bytes.ts';
import { isCanonical } from '../shared/canonical-json.ts';
import type { AsyncSha256 } from '../shared/signatures.ts';
import { parseBundle } from './bundle.ts';
import type { Report } from './report.ts';

/** What a page shows of a record: its statement as text and as it was read, and what stands in its row. */
export type Shown = {
  readonly statementText: string;
  readonly statement: unknown;
  /** Of the statement, in lower-case hexadecimal. */
  readonly digest: string;
} & {
  readonly [Column in keyof Listed]: Column extends 'kind' ? string : Exclude<Listed[Column], undefined>;
};

export type PageCheck = {
  readonly name: string;
  readonly outcome: Report['checks'][number]['outcome'];
  readonly sentence: string;
  /** null where it passed. */
  readonly code: string | null;
};
/** A report with `shown-as-signed` as its last check. */
export type PageReport = Omit<Report, 'checks'> & { readonly checks: readonly PageCheck[] };

const name = 'shown-as-signed';

/**
 * The report of a bundle, and whether what the page shows is what was signed. The bundle comes from the log and the
 * page from rows beside it: whoever writes another document there would else have it shown as verified.
 */
export async function withShown(
  report: Report,
  bundle: Uint8Array,
  shown: Shown,
  sha256: AsyncSha256,
): Promise<PageReport> {
  const check = await checkShown(report, bundle, shown, sha256);
  const checks = report.checks.map(
    (each): PageCheck => ({ ...each, code: each.outcome === 'pass' ? null : each.code }),
  );
  return { ...report, checks: [...checks, check], holds: report.holds && check.outcome === 'pass' };
}

async function checkShown(
  report: Report,
  bytes: Uint8Array,
  shown: Shown,
  sha256: AsyncSha256,
): Promise<PageCheck> {
  const payload = payloadOf(bytes);
  if (payload === null || report.checks.some((each) => each.name === 'signature' && each.outcome !== 'pass'))
    return {
      name,
      outcome: 'not-run',
      code: 'prerequisite',
      sentence: 'It needs the check "signature", which has not passed.',
    };
  const problem = await whyOtherwise(payload, shown, sha256);
  return problem === null
    ? { name, outcome: 'pass', code: null, sentence: 'What this page shows is what was signed.' }
    : { name, outcome: 'fail', code: 'shown-otherwise', sentence: problem };
}

function payloadOf(bytes: Uint8Array): Uint8Array | null {
  const bundle = parseBundle(bytes);
  const envelope = bundle.ok ? parseEnvelope(bundle.value.envelope) : null;
  return envelope?.ok === true ? envelope.value.payload : null;
}

async function whyOtherwise(payload: Uint8Array, shown: Shown, sha256: AsyncSha256): Promise<string | null> {
  const text = utf8(shown.statementText);
  if (!equalBytes(text, payload) || !isCanonical(shown.statement, shown.statementText))
    return 'The statement that this page shows is another than the one that was signed: believe the bundle, and not this page.';
  if (toHex(await sha256(text)) !== shown.digest)
    return 'The SHA-256 that this page shows is not that of the statement.';
  const signed = listedAs(jsonOf(payload));
  if (signed === null) return null;
  const wrong = differing(signed, shown);
  return wrong.length === 0
    ? null
    : `This page says otherwise than what was signed: ${wrong.join(', ')}. Believe the bundle, and not this page.`;
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(decodeUtf8(payload) ?? '');
  } catch {
    return undefined;
  }
}

const labels: Readonly<Record<keyof Listed, string>> = {
  kind: 'kind',
  contractId: 'contract',
  replayId: 'replay',
  status: 'status',
  confidence: 'confidence_status',
  agreement: 'agreement',
  coverageKind: 'coverage',
  eventsProcessed: 'events_processed',
  duplicatesSkipped: 'duplicates_skipped',
  projectionsChanged: 'projections_changed',
  reconciliationFailures: 'reconciliation_failures',
  requestedBy: 'by whom',
  approvedBy: 'approved by',
  recordedAt: 'recorded',
  generated: 'generated for measuring',
};

/** Which columns of its row say otherwise than the record. */
function differing(signed: Listed, shown: Shown): readonly string[] {
  const names = Object.keys(labels) as readonly (keyof Listed)[];
  const row = Object.fromEntries(names.map((column) => [column, shown[column]]));
  const recordedAt = new Date(shown.recordedAt);
  return listedOtherwise(signed, {
    ...row,
    recordedAt: Number.isNaN(recordedAt.getTime()) ? shown.recordedAt : recordedAt.toISOString(),
  }).map((column) => labels[column]);
}
