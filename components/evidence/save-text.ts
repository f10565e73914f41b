/** Hands stored text to the browser as a file, as it is: what is saved is what was hashed. */
export function saveText(text: string, file: { readonly name: string; readonly type: string }): void {
  const url = URL.createObjectURL(new Blob([text], { type: file.type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = file.name;
  link.click();
  URL.revokeObjectURL(url);
}
