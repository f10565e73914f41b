import type { fromMarkdown } from 'mdast-util-from-markdown';
import type { RunbookMistake } from '../../domain/runbook/index.ts';
import { meansBlock } from './wrong-blocks.ts';

type Node = ReturnType<typeof fromMarkdown>['children'][number];

/** Lines of text that were to be a step or a block, and would be read as text of the step before. */
export function lostLines(lines: readonly string[], blocks: readonly Node[]): readonly RunbookMistake[] {
  const inBlocks = new Set(
    blocks.flatMap(({ position }) => {
      if (position === undefined) return [];
      const { start, end } = position;
      return Array.from({ length: end.line - start.line + 1 }, (_, at) => start.line + at);
    }),
  );
  return lines.flatMap((text, at) => {
    const line = at + 1;
    if (inBlocks.has(line)) return [];
    if (/^ {0,3}#{2,6}[^#\s]/.test(text))
      return [{ line, sentence: 'a heading has a space behind its #: this is text of the step before it' }];
    return meansBlock(text.trim())
      ? [
          {
            line,
            sentence:
              'this stands in no block, and would be done by nobody: write ```yaml action or ```yaml step before it',
          },
        ]
      : [];
  });
}

/** `[words][name]` where what the name stands for is written elsewhere: each step is shown for itself. */
export function lostReferences(nodes: readonly Node[]): readonly RunbookMistake[] {
  const all = nodes.flatMap(within);
  const defined = new Set(all.flatMap((node) => (node.type === 'definition' ? [node.identifier] : [])));
  return all.flatMap((node) =>
    node.type === 'linkReference' && !defined.has(node.identifier)
      ? [
          {
            line: node.position?.start.line ?? 1,
            sentence: `where [${node.label ?? node.identifier}] leads to is written in another step: write the address here`,
          },
        ]
      : [],
  );
}

const within = (node: Node): readonly Node[] => [
  node,
  ...('children' in node ? (node.children as readonly Node[]).flatMap(within) : []),
];
