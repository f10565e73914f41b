import { fromMarkdown } from 'mdast-util-from-markdown';
import { canBeLaidOut } from '../../domain/review/index.ts';
import type { Face } from './fonts.ts';
import { type Knows, readable } from './readable.ts';

export const MARGIN = 56;
const INDENT = 14;
const SIZE = 9.5;
const headingSizes = [18, 13, 11] as const;

type Root = ReturnType<typeof fromMarkdown>;
type Block = Root['children'][number];
type Run = { readonly text: string; readonly face: Face; readonly link: string | null };
type Pen = { readonly document: PDFKit.PDFDocument; readonly source: string; readonly knows: Knows };

/** Markdown on pages, from its first block to its last. HTML in it is text, and pictures are their words. */
export async function layOut(document: PDFKit.PDFDocument, markdown: string, knows: Knows): Promise<void> {
  const pen = { document, source: markdown, knows };
  if (!canBeLaidOut(markdown))
    for (const line of markdown.split('\n')) write(pen, [{ text: line, face: 'code', link: null }], 0);
  else
    for (const block of fromMarkdown(markdown).children) {
      put(pen, block, 0);
      // Others are answered meanwhile.
      await new Promise((done) => setImmediate(done));
    }
}

function put(pen: Pen, block: Block, indent: number): void {
  const { document } = pen;
  switch (block.type) {
    case 'heading': {
      // One within a quotation stands below those of the document.
      const size = indent > 0 ? SIZE : (headingSizes[block.depth - 1] ?? SIZE);
      document.moveDown(indent > 0 ? 0 : 0.6);
      keepTogether(document, size * 4);
      write(pen, runsOf(block.children, 'strong'), indent, size);
      return;
    }
    case 'paragraph':
      write(pen, runsOf(block.children, 'text'), indent);
      document.moveDown(indent > 0 ? 0.2 : 0.5);
      return;
    case 'blockquote':
      withBar(document, indent, () => {
        for (const child of block.children) put(pen, child, indent + 1);
      });
      return;
    case 'list':
      putList(pen, block, indent);
      return;
    case 'code':
      for (const line of block.value.split('\n'))
        write(pen, [{ text: line, face: 'code', link: null }], indent + 1, SIZE - 1);
      document.moveDown(0.4);
      return;
    case 'thematicBreak':
      write(pen, [{ text: '—', face: 'text', link: null }], indent);
      return;
    default:
      write(pen, [{ text: sourceOf(pen, block), face: 'code', link: null }], indent, SIZE - 1);
  }
}

function putList(
  pen: Pen,
  { children, ordered, start }: Extract<Block, { type: 'list' }>,
  indent: number,
): void {
  const { document } = pen;
  children.forEach((item, at) => {
    keepTogether(document, SIZE * 2);
    const { y } = document;
    document.font('text').fontSize(SIZE).fillColor('#111111');
    document.text(ordered === true ? `${(start ?? 1) + at}.` : '•', leftOf(indent), y, { lineBreak: false });
    document.y = y;
    for (const child of item.children) put(pen, child, indent + 1);
  });
}

/** As it was written: of what has no form of its own here. */
function sourceOf({ source }: Pen, { position }: Block): string {
  return source.slice(position?.start.offset, position?.end.offset);
}

type Inline = Extract<Block, { type: 'paragraph' }>['children'][number];

function runsOf(nodes: readonly Inline[], face: Face, link: string | null = null): readonly Run[] {
  return nodes.flatMap((node): readonly Run[] => {
    switch (node.type) {
      case 'text':
      case 'html':
        return [{ text: node.value.replace(/\s+/g, ' '), face, link }];
      case 'inlineCode':
        return [{ text: node.value, face: 'code', link }];
      case 'break':
        return [{ text: '\n', face, link }];
      case 'strong':
        return runsOf(node.children, 'strong', link);
      case 'emphasis':
        return runsOf(node.children, face === 'strong' ? 'strong' : 'emphasis', link);
      case 'link':
        return runsOf(node.children, face, /^https?:\/\//i.test(node.url) ? node.url : null);
      case 'image':
      case 'imageReference':
        return [{ text: node.alt ?? '', face, link }];
      default:
        return 'children' in node ? runsOf(node.children, face, link) : [];
    }
  });
}

/** So deep at most, so that a line still has room. */
const DEEPEST = 8;
const leftOf = (indent: number) => MARGIN + Math.min(indent, DEEPEST) * INDENT;

function write({ document, knows }: Pen, runs: readonly Run[], indent: number, size = SIZE): void {
  const left = leftOf(indent);
  const width = document.page.width - MARGIN - left;
  const shown = runs.filter(({ text }) => text !== '');
  if (shown.length === 0) {
    document.font('text').fontSize(size).moveDown(1);
    return;
  }
  shown.forEach(({ text, face, link }, at) => {
    document
      .font(face)
      .fontSize(size)
      .fillColor(link === null ? '#111111' : '#0b4fa8');
    const options = { width, continued: at < shown.length - 1, link, underline: link !== null, lineGap: 1.5 };
    const words = readable(text, face, knows);
    if (at === 0) document.text(words, left, document.y, options);
    else document.text(words, options);
  });
}

/** A heading alone at the foot of a page belongs to nothing. */
function keepTogether(document: PDFKit.PDFDocument, height: number): void {
  if (document.y + height > document.page.height - MARGIN) document.addPage();
}

/** A bar beside what people wrote, on each page that it reaches: nobody takes it for what was computed. */
function withBar(document: PDFKit.PDFDocument, indent: number, draw: () => void): void {
  const last = () => {
    const { start, count } = document.bufferedPageRange();
    return start + count - 1;
  };
  const from = { page: last(), y: document.y };
  draw();
  const to = { page: last(), y: document.y };
  const x = leftOf(indent) + 4;
  for (let page = from.page; page <= to.page; page += 1) {
    document.switchToPage(page);
    const top = page === from.page ? from.y : MARGIN;
    const bottom = page === to.page ? to.y : document.page.height - MARGIN;
    document.moveTo(x, top).lineTo(x, bottom).lineWidth(1.5).strokeColor('#999999').stroke();
  }
  document.x = MARGIN;
  document.y = to.y;
}
