import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');
const file = join(root, 'contracts/payments.ts');

/** A check of the types of one file that stands nowhere, by the repository's own rules: what is wrong in it. */
function typeChecker(): (source: string) => readonly string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  // Neither a browser's types nor those of packages that it does not name: reading them takes most of the time.
  const needed = { ...options, incremental: false, types: [], lib: ['lib.es2024.d.ts'] };
  delete needed.tsBuildInfoFile;
  const host = ts.createCompilerHost(needed);
  const { getSourceFile, fileExists } = host;
  let before: ts.Program | undefined;
  return (source) => {
    host.fileExists = (name) => name === file || fileExists(name);
    host.getSourceFile = (name, language, ...rest) =>
      name === file
        ? ts.createSourceFile(name, source, language)
        : (before?.getSourceFile(name) ?? getSourceFile(name, language, ...rest));
    before = ts.createProgram([file], needed, host, before);
    return ts
      .getPreEmitDiagnostics(before, before.getSourceFile(file))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  };
}

it('compiles as it stands in the manual, and not with a wrong field', { timeout: 120_000 }, async () => {
  const manual = await readFile(join(root, 'docs/contracts.md'), 'utf8');
  const [, source = ''] = /```ts\n(\/\/ contracts\/payments\.ts\n[\s\S]*?)```/.exec(manual) ?? [];
  expect(source).toContain('defineContract({');
  const wrongIn = typeChecker();
  expect(wrongIn(source)).toEqual([]);
  const misspelt = source.replace('scope:', 'scopes:');
  expect(wrongIn(misspelt)).toEqual([expect.stringContaining("'scopes' does not exist")]);
});
