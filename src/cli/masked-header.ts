/** A header line fit for a terminal: without the values of cookies and the credentials. */
export function maskedHeader(name: string, value: string): string {
  switch (name.toLowerCase()) {
    case 'cookie':
      return `${name}: ${value.replaceAll(/=[^;]*/g, '=...')}`;
    case 'set-cookie':
      return `${name}: ${value.replace(/=[^;]*/, '=...')}`;
    case 'authorization':
    case 'proxy-authorization':
      return `${name}: ${value.replace(/ .*/s, '')} ...`;
    default:
      return `${name}: ${value}`;
  }
}
