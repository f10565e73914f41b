import { writeFile } from 'node:fs/promises';
import { type ReviewFormat, reviewFormats } from '../../server/application/review/export.ts';
import { reviewStatuses } from '../../server/domain/review/index.ts';
import { RepriseError } from '../../server/domain/shared/errors.ts';
import { checkReviewId } from './ids.ts';
import { optionalNumber } from './number-flag.ts';
import { type ExitCode, exitCodes } from './outcome.ts';
import { json, type Output, sayOlder, table } from './print.ts';
import type { World } from './world.ts';

const statuses = ['unsigned', ...reviewStatuses] as const;

export async function listReviews(
  output: Output,
  { reviews }: World,
  flags: {
    readonly contract?: string;
    readonly status?: string;
    readonly limit?: string;
    readonly json?: boolean;
  },
): Promise<ExitCode> {
  const status = statuses.find((each) => each === flags.status);
  if (flags.status !== undefined && status === undefined)
    throw new RepriseError('input-invalid', `A review is one of ${statuses.join(', ')}.`, {
      where: '--status',
    });
  const limit = optionalNumber(flags.limit, '--limit') ?? 50;
  const page = await reviews.list({ status, contractId: flags.contract }, { limit });
  output.out(
    flags.json
      ? json(page)
      : table([
          ['REVIEW', 'CLASS', 'STATUS', 'REVISION', 'CONTRACT', 'ACTIONS', 'DONE', 'LATE', 'TITLE'],
          ...page.rows.map((row) => [
            ...[row.id, row.class, row.status, String(row.revision), row.contractId ?? ''],
            ...[row.actions, row.done, row.overdue].map(String),
            row.title,
          ]),
        ]),
  );
  sayOlder(output, page);
  return exitCodes.good;
}

/** 2 where something keeps it from being signed. */
export async function showReview(
  output: Output,
  { reviews, actor }: World,
  id: string,
  flags: { readonly json?: boolean },
): Promise<ExitCode> {
  const review = await reviews.get(checkReviewId(id), actor);
  if (review === null) throw notFound(id);
  const { status, revision, facts, missing, signings, actions } = review;
  if (flags.json) output.out(json(review));
  else {
    output.out(`${facts.incident.title} (${facts.incident.class}, incident ${facts.incident.id})`);
    output.out(`revision ${revision}, ${status}`);
    for (const { title, dueOn, daysLate, mark } of actions)
      output.out(
        `  ${mark?.done === true ? '✓' : '·'} ${title}, due ${dueOn ?? 'never said'}${daysLate === null ? '' : ` (late)`}`,
      );
    for (const each of signings)
      output.out(`revision ${each.revision} was signed: record ${each.evidenceId}, sha256 ${each.digest}`);
  }
  if (status === 'draft') for (const sentence of missing) output.err(sentence);
  return status === 'draft' && missing.length > 0 ? exitCodes.notGood : exitCodes.good;
}

/** Writes a review as a file; Markdown and JSON to stdout too. */
export async function exportReview(
  output: Output,
  { reviews, actor }: World,
  id: string,
  flags: { readonly as: string; readonly revision?: string; readonly out?: string },
): Promise<ExitCode> {
  checkReviewId(id);
  const as = formatOf(flags.as);
  if (flags.out === undefined && (as === 'pdf' || as === 'zip'))
    throw new RepriseError('input-invalid', `Say where to: a ${as} is no text.`, { where: '--out' });
  const revision = optionalNumber(flags.revision, '--revision') ?? null;
  const { content } = await reviews.export({ reviewId: id, revision, as }, actor);
  if (flags.out === undefined) output.bytes(new TextDecoder().decode(content));
  else {
    await writeFile(flags.out, content, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
      throw new RepriseError('input-invalid', `${flags.out} could not be written: ${error.message}.`, {
        where: '--out',
      });
    });
    output.out(`${flags.out}: ${content.length} bytes`);
  }
  return exitCodes.good;
}

function formatOf(text: string): ReviewFormat {
  const found = reviewFormats.find((each) => each === text);
  if (found !== undefined) return found;
  throw new RepriseError('input-invalid', `A review is exported as ${reviewFormats.join(', ')}.`, {
    where: '--as',
  });
}

const notFound = (id: string) =>
  new RepriseError('review-not-found', `There is no review ${id}; reprise reviews list names them.`);
