import { describe, expect, it } from 'vitest';
import { utf8 } from '../../domain/shared/bytes.ts';
import type { Viewer } from '../ports/reveals.ts';
import type { ReviewExport } from './export.ts';
import { archiveFiles } from './export-archive.ts';

const made = (leftOut?: { readonly timeline: number; readonly evidence: number }): ReviewExport => ({
  document: {
    ...{ format: 'reprise.review/v1', reviewId: 'rv1', revision: 1, authors: [], actions: [] },
    opinions: { summary: '', causes: '', 'went-well': '', 'went-badly': '', 'went-luckily': '' },
    facts: {
      incident: {
        ...{ id: 'i1', title: 'It lags.', kind: 'budget', cause: 'x', class: 'P2', contractId: 'x' },
        ...{ beganAt: '2026-11-02T10:00:00.000Z', openedAt: '2026-11-02T10:01:00.000Z' },
        ...{ acknowledgedAt: null, recoveredAt: null, reopened: 0 },
      },
      figures: { detectMs: null, acknowledgeMs: null, recoverMs: null },
      ...{ impact: [], detection: [], history: [], timeline: [], evidence: [], runs: [] },
      ...(leftOut === undefined ? {} : { leftOut }),
    },
  },
  ...{ json: '{}', jsonDigest: 'a', markdown: '#', markdownDigest: 'b', signed: null },
  at: new Date('2026-11-03T00:00:00Z'),
});

async function readmeOf(of: ReviewExport, rights: Viewer['rights'] = ['evidence']): Promise<string> {
  const viewer = { id: 'ada', rights };
  const packed = { bundles: [], without: [] };
  const files = archiveFiles(of, new Uint8Array(), viewer, async () => utf8(''), packed);
  for await (const { name, content } of files)
    if (name === 'README.md') return new TextDecoder().decode(content);
  throw new Error('it has no README');
}

describe('the README of an archive', () => {
  it('says how much of the incident is not named in the review', async () => {
    expect(await readmeOf(made({ timeline: 1, evidence: 37 }))).toContain(
      'Too many to be named in the review, and so not here: 37 records, 1 starred line of the timeline.',
    );
  });
  it('says nothing of it where all of it is there', async () => {
    expect(await readmeOf(made())).not.toContain('Too many');
  });
  it('names no file that is not in it', async () => {
    const signed = { ...made(), signed: { by: 'Ada', evidenceId: 'e7' } };
    const whole = await readmeOf(signed);
    expect(whole).toContain('The record of that is evidence/e7.evidence.json.');
    expect(whole).toContain('- `evidence/`');
    const without = await readmeOf(signed, ['respond']);
    expect(without).toContain('The record of that is record e7, which is not here.');
    expect(without).toContain('- record e7: whoever exported this does not hold the right "evidence"');
    expect(without).not.toMatch(/evidence\/|evidence verify/);
  });
});
