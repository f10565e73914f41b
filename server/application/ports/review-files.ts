/** A page of a document to be printed. */
export type Printed = {
  readonly title: string;
  readonly markdown: string;
  /** Stands at the foot of each page, before its number. */
  readonly foot: string;
  /** What it is dated by. */
  readonly at: Date;
};

export type NamedFile = { readonly name: string; readonly content: Uint8Array };

/** Makes the files that a review is exported as. What goes in alike comes out alike, byte for byte. */
export interface ReviewFiles {
  pdf(of: Printed): Promise<Uint8Array>;
  /** Takes one file after the other, and none before the one before it is packed. */
  zip(files: AsyncIterable<NamedFile>, at: Date): Promise<Uint8Array>;
}
