const plain = /^[\w .:@+/-]*$/

/** `JSON.stringify` of a string; ids and most names need no escape and skip the call. */
export function quoteText(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text)
}
