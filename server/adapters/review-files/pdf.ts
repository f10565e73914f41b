import PDFDocument from 'pdfkit';
import type { ReviewFiles } from '../../application/ports/review-files.ts';
import { faceNames, readFaces } from './fonts.ts';
import { layOut, MARGIN } from './lay-out.ts';
import { knownTo } from './readable.ts';

const FOOT_SIZE = 7.5;

/** A4, with the fonts in it, so that it reads the same everywhere and its words can be searched. */
export const pdf: ReviewFiles['pdf'] = async ({ title, markdown, foot, at }) => {
  const faces = await readFaces();
  const document = new PDFDocument({
    size: 'A4',
    margin: MARGIN,
    bufferPages: true,
    lang: 'en',
    displayTitle: true,
    // The standard fonts know the letters of some twenty languages, and nothing of this is set in them.
    font: '',
    info: { Title: title, Producer: 'Reprise', Creator: 'Reprise', CreationDate: at, ModDate: at },
  });
  const parts: Buffer[] = [];
  const written = new Promise<void>((done, failed) => {
    document.on('data', (part: Buffer) => parts.push(part));
    document.on('end', done);
    document.on('error', failed);
  });
  for (const face of faceNames) document.registerFont(face, faces.get(face));
  document.font('text');
  await layOut(document, markdown, knownTo(faces));
  numberPages(document, foot);
  document.end();
  await written;
  return new Uint8Array(Buffer.concat(parts));
};

function numberPages(document: PDFKit.PDFDocument, foot: string): void {
  const { start, count } = document.bufferedPageRange();
  for (let page = start; page < start + count; page += 1) {
    document.switchToPage(page);
    // What is written below the margin would begin a page of its own.
    document.page.margins.bottom = 0;
    const y = document.page.height - MARGIN + 16;
    document.font('code').fontSize(FOOT_SIZE).fillColor('#666666');
    document.text(foot, MARGIN, y, { lineBreak: false });
    const number = `page ${page - start + 1} of ${count}`;
    document.text(number, document.page.width - MARGIN - document.widthOfString(number), y, {
      lineBreak: false,
    });
    document.page.margins.bottom = MARGIN;
  }
}
