/** Text that cannot move the cursor or break the line, whatever a server put into it. */
export function printable(text: string): string {
  // Nearly always there is nothing to do.
  return /^[\x20-\x7e]*$/.test(text) ? text : text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');
}
