import { mayExport, type ReviewDocument } from '../../domain/review/index.ts';
import { utf8 } from '../../domain/shared/bytes.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Viewer } from '../ports/reveals.ts';
import type { ReviewFiles } from '../ports/review-files.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { notFound, type ReviewDeps } from './deps.ts';
import { bytesOf, documentOf, readParts } from './document.ts';
import { archiveFiles, type Packed } from './export-archive.ts';

export const reviewFormats = ['md', 'pdf', 'zip', 'json'] as const;
export type ReviewFormat = (typeof reviewFormats)[number];

const mediaTypes: Readonly<Record<ReviewFormat, string>> = {
  md: 'text/markdown; charset=utf-8',
  pdf: 'application/pdf',
  zip: 'application/zip',
  json: 'application/json',
};

/** What an export is made from: of a signed revision the very bytes that were signed. */
export type ReviewExport = {
  readonly document: ReviewDocument;
  readonly json: string;
  readonly jsonDigest: string;
  readonly markdown: string;
  readonly markdownDigest: string;
  readonly at: Date;
  /** null: it is no signed revision. */
  readonly signed: { readonly by: string; readonly evidenceId: string } | null;
};

export type ReviewFile = {
  readonly name: string;
  readonly mediaType: string;
  readonly content: Uint8Array;
};

/** What exporting needs beyond what people's acts do. */
export type ExportDeps = {
  readonly files: ReviewFiles;
  /** The bundle of a record, as far as this viewer may read what stands beside it; on record. */
  readonly bundle: (evidenceId: string, viewer: Viewer) => Promise<Uint8Array>;
};

export type ExportRequest = {
  readonly reviewId: string;
  /** A signed one; null: the review as it stands, which of a signed one is what was signed. */
  readonly revision: number | null;
  readonly as: ReviewFormat;
};

export function createExporting(deps: ReviewDeps & ExportDeps) {
  return {
    /** On record once it is made, and not before. */
    export: async (request: ExportRequest, viewer: Viewer): Promise<ReviewFile & { made: ReviewExport }> => {
      const { reviewId, as } = request;
      if (!mayExport(viewer.rights)) throw new RepriseError('forbidden', mayNotExport);
      const made = await deps.unitOfWork.run((tx) => readExport(deps, tx, request));
      const { document, signed } = made;
      const packed: Packed = { bundles: [], without: [] };
      const content = await contentOf(deps, made, as, viewer, packed);
      await deps.unitOfWork.run((tx) =>
        deps.audit.append(tx, {
          actor: viewer.id,
          action: 'review.exported',
          subject: `review:${reviewId}`,
          outcome: 'done',
          detail: {
            ...{ as, revision: document.revision, signed: signed !== null },
            ...(as === 'zip' ? { bundles: packed.bundles.length, without: packed.without.length } : {}),
          },
        }),
      );
      const state = signed === null ? '-draft' : '';
      const name = `review-${reviewId}-revision-${document.revision}${state}.${as}`;
      return { name, mediaType: mediaTypes[as], content, made };
    },
  };
}

export const mayNotExport =
  'This needs the right "respond", "sign-review" or "evidence", none of which you hold.';

async function contentOf(
  deps: ReviewDeps & ExportDeps,
  made: ReviewExport,
  as: ReviewFormat,
  viewer: Viewer,
  packed: Packed,
): Promise<Uint8Array> {
  switch (as) {
    case 'md':
      return utf8(made.markdown);
    case 'json':
      return utf8(made.json);
    case 'pdf':
      return printed(deps.files, made);
    case 'zip':
      return deps.files.zip(
        archiveFiles(made, await printed(deps.files, made), viewer, deps.bundle, packed),
        made.at,
      );
  }
}

function printed(files: ReviewFiles, { document, markdown, jsonDigest, signed, at }: ReviewExport) {
  const what = signed === null ? 'DRAFT, signed by nobody' : `signed, record ${signed.evidenceId}`;
  return files.pdf({
    title: `Review: ${document.facts.incident.title}`,
    markdown: `${markdown}${signatureLines({ document, signed, at, jsonDigest })}`,
    foot: `Revision ${document.revision}, ${what}`,
    at,
  });
}

/** What a printed page says of its own signature: the signed Markdown can't. */
function signatureLines({
  signed,
  at,
  jsonDigest,
}: Pick<ReviewExport, 'document' | 'signed' | 'at' | 'jsonDigest'>): string {
  if (signed === null) return '';
  const by = signed.by.replace(/[^\p{L}\p{N} .'-]/gu, '');
  return `\nSigned by ${by} at ${at.toISOString()}, evidence record ${signed.evidenceId}, SHA-256 of the document \`${jsonDigest}\`\n`;
}

async function readExport(deps: ReviewDeps, tx: Transaction, request: ExportRequest): Promise<ReviewExport> {
  const { reviews, sha256 } = deps;
  const row = await reviews.get(tx, request.reviewId);
  if (row === null) throw notFound(request.reviewId);
  const revision = request.revision ?? (row.status === 'signed' ? row.revision : null);
  if (revision === null) {
    const document = documentOf(await readParts(reviews, tx, row));
    const { json, markdown } = await bytesOf(reviews, tx, document);
    const draft = `**Draft: this is signed by nobody.**\n\n${markdown}`;
    return {
      ...{ document, json, markdown: draft },
      jsonDigest: sha256(json),
      markdownDigest: sha256(draft),
      at: await reviews.now(tx),
      signed: null,
    };
  }
  const signing = await reviews.signing(tx, request.reviewId, revision);
  if (signing === null)
    throw new RepriseError('review-not-found', `Revision ${revision} of this review was never signed.`, {
      where: 'revision',
    });
  const json = new TextDecoder().decode(signing.document);
  const by = (await reviews.names(tx, [signing.signedBy])).get(signing.signedBy) ?? signing.signedBy;
  return {
    document: JSON.parse(json) as ReviewDocument,
    json,
    jsonDigest: signing.digest,
    markdown: new TextDecoder().decode(signing.markdown),
    markdownDigest: signing.markdownDigest,
    at: signing.signedAt,
    signed: { by, evidenceId: signing.evidenceId },
  };
}
