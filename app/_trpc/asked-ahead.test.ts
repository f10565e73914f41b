import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const pages = globSync('app/(dashboard)/**/page.tsx', { cwd: root });
const sources = new Map<string, string>();

function sourceOf(file: string): string {
  const known = sources.get(file) ?? readFileSync(join(root, file), 'utf8');
  sources.set(file, known);
  return known;
}

/** A file with all that it imports from here, itself included. */
function reachedFrom(file: string, reached = new Set<string>()): ReadonlySet<string> {
  if (reached.has(file)) return reached;
  reached.add(file);
  for (const [, path = ''] of sourceOf(file).matchAll(/from '((?:@\/components|\.\.?)\/[^']+\.tsx?)'/g)) {
    const imported = path.startsWith('@/') ? path.slice(2) : normalize(join(dirname(file), path));
    if (imported.startsWith('components/') && existsSync(join(root, imported)))
      reachedFrom(imported, reached);
  }
  return reached;
}

const named = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].flatMap(([, procedure]) => procedure ?? []);
/** Sent along while their answer is still to come. */
const pending = (page: string) => named(sourceOf(page), /\bprefetch(?:FirstPage)?\(\s*api\.(\w+\.\w+)\./g);
/** Drawn with whatever there is of them. */
const notSuspending = (file: string) =>
  named(sourceOf(file), /\buse(?:Infinite)?Query\(\s*(?:\{\s*\.\.\.)?trpc\.(\w+\.\w+)\./g);

const frame = reachedFrom('app/(dashboard)/layout.tsx');

describe('what a page asks ahead and does not wait for', () => {
  it.each(pages)('is drawn by nothing that does not suspend, in the frame or in %s', (page) => {
    const ahead = new Set(pending(page));
    // It may come between the server's rendering and the browser's, and the two would differ.
    const drawn = [...frame, ...reachedFrom(page)].flatMap((file) =>
      notSuspending(file)
        .filter((procedure) => ahead.has(procedure))
        .map((procedure) => `${procedure} in ${file}`),
    );
    expect(drawn).toEqual([]);
  });

  it('is found by these patterns', () => {
    expect(pending('app/(dashboard)/incidents/page.tsx')).toContain('incidents.list');
    expect([...frame].flatMap(notSuspending)).toContain('account.me');
    expect(
      [...reachedFrom('app/(dashboard)/contracts/[contractId]/page.tsx')].flatMap(notSuspending),
    ).toEqual(expect.arrayContaining(['replays.list', 'budgets.list']));
  });
});
