import { utf8 } from '../../domain/shared/bytes.ts';
import { counted } from '../../domain/shared/counted.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Viewer } from '../ports/reveals.ts';
import type { NamedFile } from '../ports/review-files.ts';
import type { ExportDeps, ReviewExport } from './export.ts';

/** What became of the records of a review, filled while the archive is packed. */
export type Packed = {
  readonly bundles: string[];
  readonly without: { readonly evidenceId: string; readonly why: string }[];
};

/** Of all bundles together, before they are packed: an archive is held in memory until it is whole. */
const MOST_BYTES = 256 * 1024 * 1024;

/** The files of an archive, each made when the one before it is packed. */
export async function* archiveFiles(
  made: ReviewExport,
  pdf: Uint8Array,
  viewer: Viewer,
  bundle: ExportDeps['bundle'],
  packed: Packed,
): AsyncGenerator<NamedFile> {
  yield { name: 'review.md', content: utf8(made.markdown) };
  yield { name: 'review.pdf', content: pdf };
  yield { name: 'review.json', content: utf8(made.json) };
  let bytes = 0;
  for (const evidenceId of recordsOf(made)) {
    const found = bytes < MOST_BYTES ? await bundleOf(evidenceId, viewer, bundle) : TOO_MUCH;
    const why = typeof found === 'string' ? found : bytes + found.length > MOST_BYTES ? TOO_MUCH : null;
    if (typeof found === 'string' || why !== null) {
      packed.without.push({ evidenceId, why: why ?? '' });
      continue;
    }
    bytes += found.length;
    packed.bundles.push(evidenceId);
    yield { name: `evidence/${evidenceId}.evidence.json`, content: found };
  }
  yield { name: 'README.md', content: utf8(readme(made, packed)) };
}

const TOO_MUCH = `all bundles together would be longer than ${MOST_BYTES / 1024 / 1024} MiB`;

/** Those that its facts name, then that of its signature. */
function recordsOf({ document, signed }: ReviewExport): readonly string[] {
  const ids = document.facts.evidence.map(({ evidenceId }) => evidenceId);
  return [...new Set(signed === null ? ids : [...ids, signed.evidenceId])];
}

/** Or why there is none. */
async function bundleOf(
  evidenceId: string,
  viewer: Viewer,
  bundle: ExportDeps['bundle'],
): Promise<Uint8Array | string> {
  if (!viewer.rights.includes('evidence')) return 'whoever exported this does not hold the right "evidence"';
  try {
    return await bundle(evidenceId, viewer);
  } catch (error) {
    if (error instanceof RepriseError && error.code === 'evidence-not-found') return error.message;
    throw error;
  }
}

const evidenceLines: readonly string[] = [
  '- `evidence/`: the records that it names, each with all that a stranger needs to verify it, but the keys. Take those from elsewhere than from here:',
  '',
  '      reprise evidence verify evidence/<record>.evidence.json --key <the public key of the log>',
];

const recordPlace = (evidenceId: string, { bundles }: Packed): string =>
  bundles.includes(evidenceId)
    ? `evidence/${evidenceId}.evidence.json`
    : `record ${evidenceId}, which is not here`;

function readme({ document, jsonDigest, markdownDigest, signed, at }: ReviewExport, packed: Packed): string {
  const { reviewId, revision, facts } = document;
  return [
    '# A post-incident review, with what it stands on',
    '',
    `Review ${reviewId}, revision ${revision}, of incident ${facts.incident.id}.`,
    '',
    signed === null
      ? `It is a draft of ${at.toISOString()}: nobody has signed it.`
      : `It was signed at ${at.toISOString()}. The record of that is ${recordPlace(signed.evidenceId, packed)}.`,
    '',
    `- \`review.json\`: ${signed === null ? 'what is to be signed. SHA-256' : 'what was signed. SHA-256, which the record names'}:`,
    `  ${jsonDigest}`,
    `- \`review.md\`: the same to be read. SHA-256${signed === null ? '' : ', which the record names too'}:`,
    `  ${markdownDigest}`,
    '- `review.pdf`: the same to be printed. It is made from `review.md` when it is exported, and signed by nobody.',
    ...(packed.bundles.length === 0 ? [] : evidenceLines),
    ...(facts.leftOut === undefined
      ? []
      : [
          '',
          `Too many to be named in the review, and so not here: ${counted(facts.leftOut.evidence, 'record')}, ${counted(facts.leftOut.timeline, 'starred line')} of the timeline. Its figures are of all of them.`,
        ]),
    ...(packed.without.length === 0
      ? []
      : [
          '',
          'Not here:',
          '',
          ...packed.without.map(({ evidenceId, why }) => `- record ${evidenceId}: ${why}`),
        ]),
    '',
  ].join('\n');
}
