import { fromMarkdown } from 'mdast-util-from-markdown';
import type {
  RawBlock,
  RawRunbook,
  RawSection,
  RawStep,
  RunbookMistake,
} from '../../domain/runbook/index.ts';
import { lostLines, lostReferences } from './lost-text.ts';
import { readYaml } from './read-yaml.ts';
import { kindOfCode, lostFences, swallowed, unended, wrongBlock } from './wrong-blocks.ts';

type Node = ReturnType<typeof fromMarkdown>['children'][number];
type Heading = Extract<Node, { type: 'heading' }>;
type Link = RawRunbook['links'][number];

/** How a file is laid out: front matter, sections, steps and their blocks, each with its line. */
export function readMarkdown(source: string): RawRunbook {
  const lines = source.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  const mistakes: RunbookMistake[] = [];
  const close =
    lines[0]?.trimEnd() === '---' ? lines.findIndex((line, at) => at > 0 && line.trimEnd() === '---') : -1;
  let front: RawRunbook['front'] = null;
  if (close === -1)
    mistakes.push({
      line: 1,
      sentence: 'a runbook begins with front matter: a line ---, then YAML, then another line ---',
    });
  else {
    const read = readYaml(lines.slice(1, close).join('\n'), 2);
    front = read.data;
    mistakes.push(...read.mistakes);
  }
  // Blanked and not cut off, so that lines are those of the file.
  const markdown = lines.map((line, at) => (at <= close ? '' : line));
  const links: Link[] = [];
  const { children } = fromMarkdown(markdown.join('\n'));
  for (const node of children) lookInside(node, 0, links, mistakes);
  const blocks = children.flatMap(codeIn);
  for (const block of blocks) {
    const end = unended(block, markdown);
    mistakes.push(...(end === null ? swallowed(block, markdown) : [end]));
  }
  mistakes.push(
    ...lostFences(markdown, new Set(blocks.flatMap((block) => (block.lang ? [lineOf(block)] : [])))),
    ...lostLines(markdown, blocks),
  );
  return { front, links, ...layOut(markdown, children, mistakes), mistakes };
}

const lineOf = (node: Node | { position?: Node['position'] }): number => node.position?.start.line ?? 1;
const lastLineOf = (node: Node): number => node.position?.end.line ?? lineOf(node);

/** What must not be in a runbook wherever it stands, and where its links lead. */
function lookInside(node: Node, depth: number, links: Link[], mistakes: RunbookMistake[]): void {
  const line = lineOf(node);
  if (node.type === 'html')
    mistakes.push({ line, sentence: 'HTML is not shown: write it in Markdown, or in `back quotes`' });
  if (node.type === 'image' || node.type === 'imageReference')
    mistakes.push({ line, sentence: 'pictures are not shown: link to it' });
  if (node.type === 'link' || node.type === 'definition') links.push({ line, url: node.url });
  const wrong = node.type === 'code' ? wrongBlock(node) : null;
  if (wrong !== null) mistakes.push(wrong);
  if (node.type === 'code' && kindOf(node) !== null && depth > 0)
    mistakes.push({
      line,
      sentence:
        'a block of an action or a step stands at the beginning of its line, and in no list or quotation',
    });
  if (node.type === 'heading' && node.depth <= 3 && depth > 0)
    mistakes.push({
      line,
      sentence: 'a heading stands at the beginning of its line, and in no list or quotation',
    });
  if ('children' in node) for (const child of node.children) lookInside(child, depth + 1, links, mistakes);
}

const codeIn = (node: Node): readonly Extract<Node, { type: 'code' }>[] =>
  node.type === 'code' ? [node] : 'children' in node ? node.children.flatMap(codeIn) : [];

const kindOf = (node: Node): RawBlock['kind'] | null => (node.type === 'code' ? kindOfCode(node) : null);

/** Every block has to stand under a step: what stands elsewhere would be read by nobody. */
function layOut(
  lines: readonly string[],
  nodes: readonly Node[],
  mistakes: RunbookMistake[],
): Pick<RawRunbook, 'heading' | 'introduction' | 'sections'> {
  const headings = nodes.filter(isHeading);
  const [first] = headings;
  const title = first?.depth === 1 ? first : undefined;
  for (const other of headings)
    if (other.depth === 1 && other !== title)
      mistakes.push({
        line: lineOf(other),
        sentence: 'a heading of the first level stands once, before everything else',
      });
  const before = title === undefined ? undefined : nodes[0];
  if (before !== undefined && before !== title)
    mistakes.push({
      line: lineOf(before),
      sentence: 'this stands before the title, where nobody is shown it',
    });
  const sections: (RawSection & { steps: RawStep[] })[] = [];
  for (const { heading, range, inside } of underHeadings(nodes, lines.length)) {
    if (heading.depth === 2)
      sections.push({
        title: wordsOf(heading),
        line: lineOf(heading),
        looseLine: inside[0] ? lineOf(inside[0]) : null,
        steps: [],
      });
    if (heading.depth !== 3) continue;
    const section = sections.at(-1);
    if (section === undefined)
      mistakes.push({ line: lineOf(heading), sentence: 'a step stands under one of the four sections' });
    else section.steps.push(stepOf(heading, lines, range, inside, mistakes));
  }
  const introduction = {
    from: title === undefined ? 1 : lastLineOf(title) + 1,
    before: headings.find(({ depth }) => depth !== 1)?.position?.start.line ?? lines.length + 1,
  };
  const introducing = nodes.filter(
    (node) => lineOf(node) >= introduction.from && lineOf(node) < introduction.before,
  );
  for (const node of introducing)
    if (kindOf(node) !== null)
      mistakes.push({ line: lineOf(node), sentence: 'a block of an action or a step stands under a step' });
  mistakes.push(...lostReferences(introducing));
  return {
    heading: title === undefined ? null : { title: wordsOf(title), line: lineOf(title) },
    introduction: textOf(lines, introduction, []),
    sections,
  };
}

const isHeading = (node: Node): node is Heading => node.type === 'heading' && node.depth <= 3;

type Range = { readonly from: number; readonly before: number };

/** Headings with what stands from behind each to the next one. Nodes come in the order of their lines. */
function underHeadings(nodes: readonly Node[], lastLine: number) {
  const found: { readonly heading: Heading; readonly range: Range; readonly inside: Node[] }[] = [];
  let before = lastLine + 1;
  let inside: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!isHeading(node)) {
      inside.push(node);
      continue;
    }
    found.push({ heading: node, range: { from: lastLineOf(node) + 1, before }, inside: inside.toReversed() });
    before = lineOf(node);
    inside = [];
  }
  return found.toReversed();
}

function stepOf(
  heading: Node,
  lines: readonly string[],
  range: Range,
  inside: readonly Node[],
  mistakes: RunbookMistake[],
): RawStep {
  mistakes.push(...lostReferences(inside));
  const coded = inside.filter((node) => kindOf(node) !== null);
  const blocks = coded.flatMap((node): RawBlock[] => {
    const kind = kindOf(node);
    if (kind === null || node.type !== 'code') return [];
    const { data, mistakes: wrong } = readYaml(node.value, lineOf(node) + 1);
    mistakes.push(...wrong);
    return [{ kind, line: lineOf(node), data }];
  });
  return { title: wordsOf(heading), line: lineOf(heading), body: textOf(lines, range, coded), blocks };
}

/** The text of a range of lines without some of its nodes. */
function textOf(lines: readonly string[], { from, before }: Range, without: readonly Node[]): string {
  const left = new Set(
    without.flatMap((node) =>
      Array.from({ length: lastLineOf(node) - lineOf(node) + 1 }, (_, at) => lineOf(node) + at),
    ),
  );
  return lines
    .slice(from - 1, before - 1)
    .filter((_, at) => !left.has(from + at))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** A heading as people read it, without marks. */
function wordsOf(node: Node | { readonly children: readonly unknown[] }): string {
  if ('value' in node && typeof node.value === 'string') return node.value;
  if (!('children' in node)) return '';
  return (node.children as readonly Node[]).map(wordsOf).join('').trim();
}
