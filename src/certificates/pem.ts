/** The DER of each block of a PEM text that has the label, such as `CERTIFICATE`. RFC 7468 2. */
export function readPem(text: string, label: string): Buffer[] {
  const blocks = text.matchAll(new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]*)-----END ${label}-----`, 'g'));
  return Array.from(blocks, ([, base64]) => Buffer.from(base64!, 'base64'));
}

/** DER as PEM, with lines of 64 characters. */
export function toPem(der: Buffer, label: string): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
