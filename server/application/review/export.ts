import type { ReviewDocument } from '../../domain/review/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { notFound, type ReviewDeps } from './deps.ts';
import { bytesOf, documentOf, readParts } from './document.ts';

/** What an export is made from: of a signed revision the very bytes that were signed. */
export type ReviewExport = {
  readonly document: ReviewDocument;
  readonly json: string;
  readonly jsonDigest: string;
  readonly markdown: string;
  readonly markdownDigest: string;
  /** null: it is no signed revision. */
  readonly signed: { readonly by: string; readonly at: string; readonly evidenceId: string } | null;
};

export function createExporting(deps: ReviewDeps) {
  const { reviews, unitOfWork, audit, sha256 } = deps;
  return {
    /** On record. `revision`: a signed one; null: the review as it stands, which of a signed one is what was signed. */
    export: (request: {
      readonly reviewId: string;
      readonly personId: string;
      readonly revision: number | null;
      readonly as: 'md' | 'pdf' | 'zip' | 'json';
    }): Promise<ReviewExport> =>
      unitOfWork.run(async (tx) => {
        const { reviewId, personId, as } = request;
        const row = await reviews.get(tx, reviewId);
        if (row === null) throw notFound(reviewId);
        const revision = request.revision ?? (row.status === 'signed' ? row.revision : null);
        const signing = revision === null ? null : await reviews.signing(tx, reviewId, revision);
        if (revision !== null && signing === null)
          throw new RepriseError(
            'review-not-found',
            `Revision ${revision} of this review was never signed.`,
            {
              where: 'revision',
            },
          );
        await audit.append(tx, {
          actor: personId,
          action: 'review.exported',
          subject: `review:${reviewId}`,
          outcome: 'done',
          detail: { as, revision },
        });
        if (signing !== null) {
          const json = new TextDecoder().decode(signing.document);
          const by = (await reviews.names(tx, [signing.signedBy])).get(signing.signedBy) ?? signing.signedBy;
          return {
            document: JSON.parse(json) as ReviewDocument,
            json,
            jsonDigest: signing.digest,
            markdown: new TextDecoder().decode(signing.markdown),
            markdownDigest: signing.markdownDigest,
            signed: { by, at: signing.signedAt.toISOString(), evidenceId: signing.evidenceId },
          };
        }
        const document = documentOf(await readParts(reviews, tx, row));
        const { json, markdown } = await bytesOf(reviews, tx, document);
        return {
          ...{ document, json, markdown },
          jsonDigest: sha256(json),
          markdownDigest: sha256(markdown),
          signed: null,
        };
      }),
  };
}
