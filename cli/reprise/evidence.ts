import { checkRecord } from '../../server/application/dashboard/evidence-view.ts';
import type { ErasureView, EvidenceDetail } from '../../server/application/views.ts';
import { remarksName } from '../../server/domain/evidence/index.ts';
import { RepriseError } from '../../server/domain/shared/errors.ts';
import { checkEvidenceId } from './ids.ts';
import { optionalNumber } from './number-flag.ts';
import { type ExitCode, exitCodes } from './outcome.ts';
import { json, sayOlder, table } from './print.ts';
import type { CommandContext, World } from './world.ts';

export async function listEvidence(
  context: CommandContext,
  world: World,
  flags: { readonly contract?: string; readonly limit?: string; readonly json?: boolean },
): Promise<ExitCode> {
  const limit = optionalNumber(flags.limit, '--limit') ?? 50;
  const page = await world.queries.evidence({ contractId: flags.contract }, { limit }, world.actor);
  context.output.out(
    flags.json
      ? json(page)
      : table([
          [
            'EVIDENCE',
            'CONTRACT',
            'STATUS',
            'EVENTS',
            'DUPLICATES',
            'CHANGED',
            'FAILURES',
            'CONFIDENCE',
            'AGREEMENT',
            'RECORDED',
          ],
          ...page.rows.map((row) => [
            row.id,
            row.contractId,
            row.generated ? `${row.status} (generated for measuring)` : row.status,
            String(row.eventsProcessed ?? ''),
            String(row.duplicatesSkipped ?? ''),
            String(row.projectionsChanged ?? ''),
            String(row.reconciliationFailures ?? ''),
            row.confidence ?? '',
            row.agreement ?? '',
            row.recordedAt,
          ]),
        ]),
  );
  sayOlder(context.output, page);
  return exitCodes.good;
}

/**
 * Prints a record. `--json` prints the stored bytes as they are: hashing them gives the digest. Whether its verdict
 * follows from its other fields is said on stderr, and 2 where it does not.
 */
export async function showEvidence(
  context: CommandContext,
  world: World,
  id: string,
  flags: { readonly json?: boolean; readonly attachment?: string },
): Promise<ExitCode> {
  checkEvidenceId(id);
  if (flags.attachment !== undefined) return showAttachment(context, world, id, flags.attachment);
  const record = await world.queries.evidenceRecord(id, world.actor);
  if (!record)
    throw new RepriseError(
      'evidence-not-found',
      `There is no evidence record ${id}; reprise evidence list names them.`,
    );
  const check = checkRecord(record);
  if (flags.json) context.output.bytes(record.statementText);
  else {
    const remarks = record.remarks === null ? erasedWords(record, remarksName) : json(record.remarks);
    context.output.out(`${json(record.statement)}\n\nremarks ${remarks}\n\nsha256 ${record.digest}`);
  }
  for (const erasure of record.erasures)
    context.output.err(`Rows or words of its replay were ${erasedAs(erasure)}. The record stays as it was.`);
  context.output.err(check.sentence);
  return check.outcome === 'passed' ? exitCodes.good : exitCodes.notGood;
}

const erasedAs = ({ at, by, reason }: ErasureView) => `erased on ${at} (${by}): ${reason}`;

function erasedWords({ id, erasures, remarksReplaced }: EvidenceDetail, name: string): string {
  if (name === remarksName && remarksReplaced)
    return 'replaced: those beside this record are not those it names';
  const erasure = erasures.find(({ attachments }) => attachments.includes(`${id}/${name}`));
  return erasure === undefined ? 'erased, and by no erasure that is on record' : erasedAs(erasure);
}

async function notAttached(world: World, id: string, name: string): Promise<RepriseError> {
  const record = await world.queries.evidenceRecord(id, world.actor);
  if (record?.erasures.some(({ attachments }) => attachments.includes(`${id}/${name}`)))
    return new RepriseError(
      'rows-erased',
      `Attachment ${name} of evidence record ${id} was ${erasedWords(record, name)}`,
    );
  return new RepriseError(
    'evidence-not-found',
    `Evidence record ${id} has no attachment ${name}, or it was erased; reprise evidence show ${id} names those that it has.`,
  );
}

/** Prints the stored bytes of an attachment as they are; whether they have the digest that the record names, on stderr. */
async function showAttachment(
  context: CommandContext,
  world: World,
  id: string,
  name: string,
): Promise<ExitCode> {
  const attachment = await world.queries.evidenceAttachment(id, name, world.actor);
  if (attachment === null) throw await notAttached(world, id, name);
  context.output.bytes(attachment.text);
  context.output.err(attachment.check.sentence);
  return attachment.check.outcome === 'passed' ? exitCodes.good : exitCodes.notGood;
}
