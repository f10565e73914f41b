import type { ReviewStore, Signing } from '../../application/ports/reviews.ts';

type SigningRecord = {
  id: string;
  review_id: string;
  revision: number;
  digest: string;
  markdown_digest: string;
  signed_by: string;
  signed_at: Date;
  evidence_id: string;
};
const columns =
  'id::text, review_id::text, revision, digest, markdown_digest, signed_by, signed_at, evidence_id::text';
const toSigning = (row: SigningRecord): Omit<Signing, 'document' | 'markdown'> => ({
  id: row.id,
  reviewId: row.review_id,
  revision: row.revision,
  digest: row.digest,
  markdownDigest: row.markdown_digest,
  signedBy: row.signed_by,
  signedAt: row.signed_at,
  evidenceId: row.evidence_id,
});

export const signingStore: Pick<ReviewStore, 'sign' | 'signings' | 'signing'> = {
  async sign(tx, signing) {
    await tx.query(
      `INSERT INTO review_signing (id, review_id, revision, document, digest, markdown, markdown_digest, signed_by,
         signed_at, evidence_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        signing.id,
        signing.reviewId,
        signing.revision,
        Buffer.from(signing.document),
        signing.digest,
        Buffer.from(signing.markdown),
        signing.markdownDigest,
        signing.signedBy,
        signing.signedAt,
        signing.evidenceId,
      ],
    );
  },

  async signings(tx, id) {
    const rows = await tx.query<SigningRecord>(
      `SELECT ${columns} FROM review_signing WHERE review_id = $1 ORDER BY revision DESC`,
      [id],
    );
    return rows.map(toSigning);
  },

  async signing(tx, id, revision) {
    const [row] = await tx.query<SigningRecord & { document: Buffer; markdown: Buffer }>(
      `SELECT ${columns}, document, markdown FROM review_signing WHERE review_id = $1 AND revision = $2`,
      [id, revision],
    );
    return row === undefined ? null : { ...toSigning(row), document: row.document, markdown: row.markdown };
  },
};
