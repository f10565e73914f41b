import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { causeShape } from '../../domain/dead-letters/index.ts';
import { failureModes, latestDay } from '../../domain/runbook/index.ts';
import { runbookFiles } from './runbook-files.ts';

const folder = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
const contracts = readdirSync(folder('contracts')).map((name) => name.replace(/\.ts$/, ''));
const read = await runbookFiles(folder('runbooks')).readAll({
  today: latestDay(new Date()),
  contracts: { ids: contracts, where: 'files of contracts' },
});
const runbooks = read.flatMap((each) => (each.kind === 'read' ? [each.file] : []));

describe('the runbooks that come with Reprise', () => {
  it('are right, every one', () => {
    expect(
      read.flatMap((each) =>
        each.kind === 'wrong'
          ? each.problems.map(({ file, line, sentence }) => `${file}:${line}: ${sentence}`)
          : [],
      ),
    ).toEqual([]);
  });

  it.each(failureModes)('have one for %s', (mode) => {
    expect(runbooks.filter(({ runbook }) => runbook.failureMode === mode)).not.toEqual([]);
  });

  it('are called as their files are', () => {
    for (const { file, runbook } of runbooks) expect(file).toBe(`${runbook.id}.md`);
  });

  it('write and empty states by a trusted replay alone, and stop at any other', () => {
    const about = (name: string) =>
      runbooks.flatMap(({ file, runbook }) =>
        runbook.steps
          .map(({ id, title, section, action, when }) => ({
            id,
            title,
            section,
            action,
            all: when?.all ?? [],
          }))
          .filter(
            ({ all, action }) => action?.name === 'promote' || all.some(({ left }) => left.name === name),
          )
          .map((step) => ({ file, ...step })),
      );
    const trusting = (step: string, is: string) =>
      expect.objectContaining({ left: { step, name: 'confidence' }, is, right: 'trusted' });
    const correcting = about('differing').filter(({ section }) => section === 'mitigation');
    expect(correcting.length).toBeGreaterThan(4);
    for (const { file, id, all } of correcting)
      expect(all, `${file} ${id}`).toContainEqual(trusting('replay', '=='));
    const stopping = about('confidence').filter(({ title }) => /not trusted/.test(title));
    expect(stopping.length).toBeGreaterThan(3);
    for (const { file, id, all } of stopping)
      expect(all, `${file} ${id}`).toEqual([trusting('replay', '!=')]);
  });

  it('park records under a code that everybody may read', () => {
    const causes = runbooks.flatMap(({ runbook }) =>
      runbook.steps.flatMap(({ action }) =>
        action?.name === 'publish-dead-letter' ? [action.args.cause] : [],
      ),
    );
    expect(causes).not.toEqual([]);
    for (const cause of causes) {
      const [begins] = cause?.kind === 'template' ? cause.parts : [];
      expect(causeShape(typeof begins === 'string' ? begins : null).exception).toBe('not-processed');
    }
  });

  it('link to files that are there', () => {
    const files = readdirSync(folder('runbooks'));
    for (const { bytes, file } of runbooks)
      for (const [, target = ''] of new TextDecoder().decode(bytes).matchAll(/\]\(([a-z-]+\.md)\)/g))
        expect(files, `${file} links to ${target}`).toContain(target);
  });
});
