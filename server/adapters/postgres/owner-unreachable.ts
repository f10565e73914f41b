/** The owner's address leads nowhere, and that of what runs may be right. `cause` is what the driver said. */
export class OwnerUnreachable extends Error {
  override readonly name = 'OwnerUnreachable';
}
