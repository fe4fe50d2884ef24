import { isIPv4, isIPv6 } from 'node:net';

/** Where a SOCKS proxy is to connect to. */
export interface SocksTarget {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Who asks. */
export interface SocksUser {
  readonly username: string;
  readonly password: string;
}

/** The two ends of a conversation with a SOCKS proxy, which knows no sockets. */
export interface SocksWire {
  write(bytes: Uint8Array): void;
  /** The next bytes, exactly so many. */
  read(length: number): Promise<Buffer>;
}

/**
 * Asks a SOCKS4a or SOCKS5 proxy for a connection; it resolves the name. Settles with undefined when it is granted, else
 * with the reason why not, fit to be shown.
 */
export function askSocks(
  wire: SocksWire,
  target: SocksTarget,
  how: { readonly version: 4 | 5; readonly user: SocksUser | undefined },
): Promise<string | undefined> {
  return how.version === 4 ? askSocks4(wire, target, how.user?.username ?? '') : askSocks5(wire, target, how.user);
}

// SOCKS4, and its extension 4a: an address 0.0.0.x stands for the name that follows.
const namedByText = [0, 0, 0, 1];
const granted4 = 0x5a;

async function askSocks4(wire: SocksWire, { host, port }: SocksTarget, userId: string): Promise<string | undefined> {
  if (isIPv6(host)) return 'SOCKS4 cannot reach an IPv6 address';
  if (userId.includes('\0')) return 'the user name holds a zero byte';
  const isAddress = isIPv4(host);
  const address = isAddress ? host.split('.').map(Number) : namedByText;
  const name = isAddress ? '' : `${host}\0`;
  wire.write(
    Buffer.concat([Buffer.from([4, 1, port >> 8, port & 0xff, ...address]), Buffer.from(`${userId}\0${name}`)]),
  );
  const [version, code] = await wire.read(8);
  if (version !== 0) return 'it does not speak SOCKS4';
  return code === granted4 ? undefined : `it refused with code ${code}`;
}

const noAuthentication = 0;
const byPassword = 2;

// RFC 1928
async function askSocks5(
  wire: SocksWire,
  target: SocksTarget,
  user: SocksUser | undefined,
): Promise<string | undefined> {
  // RFC 1928 3
  const methods = user ? [noAuthentication, byPassword] : [noAuthentication];
  wire.write(Buffer.from([5, methods.length, ...methods]));
  const [version, method] = await wire.read(2);
  if (version !== 5) return 'it does not speak SOCKS5';
  if (method === byPassword && user) {
    const refusal = await logIn(wire, user);
    if (refusal !== undefined) return refusal;
  } else if (method !== noAuthentication) {
    return user ? 'it takes no user name and password' : 'it wants a user name and password';
  }
  return connect5(wire, target);
}

// RFC 1929 2
async function logIn(wire: SocksWire, { username, password }: SocksUser): Promise<string | undefined> {
  const [name, secret] = [Buffer.from(username), Buffer.from(password)];
  if (name.length > 255 || secret.length > 255) return 'user name or password is longer than 255 bytes';
  wire.write(Buffer.concat([Buffer.from([1, name.length]), name, Buffer.from([secret.length]), secret]));
  const [, status] = await wire.read(2);
  return status === 0 ? undefined : 'it refused the user name and password';
}

// RFC 1928 6
const refusals5: Readonly<Record<number, string>> = {
  1: 'it failed',
  2: 'its rules do not allow it',
  3: 'the network is unreachable',
  4: 'the host is unreachable',
  5: 'the connection was refused',
  6: 'the time to live has expired',
  7: 'it does not know the command',
  8: 'it does not know the type of address',
};

async function connect5(wire: SocksWire, { host, port }: SocksTarget): Promise<string | undefined> {
  const address = address5(host);
  if (!address) return 'the name is longer than 255 bytes';
  wire.write(Buffer.concat([Buffer.from([5, 1, 0]), address, Buffer.from([port >> 8, port & 0xff])]));
  const [version, code, , type, first] = await wire.read(5);
  if (version !== 5) return 'it does not speak SOCKS5';
  if (code !== 0) return refusals5[code!] ?? `it refused with code ${code}`;
  // What it is bound to is of no use, but must be read to its end; one byte of it was.
  const length = type === 1 ? 4 : type === 4 ? 16 : type === 3 ? 1 + first! : undefined;
  if (length === undefined) return 'it does not speak SOCKS5';
  await wire.read(length - 1 + 2);
  return undefined;
}

/** RFC 1928 5; undefined: too long. */
function address5(host: string): Buffer | undefined {
  if (isIPv4(host)) return Buffer.from([1, ...host.split('.').map(Number)]);
  if (isIPv6(host)) return Buffer.from([4, ...bytesOfIPv6(host)]);
  const name = Buffer.from(host);
  return name.length > 255 ? undefined : Buffer.concat([Buffer.from([3, name.length]), name]);
}

/** Of a canonical address: hexadecimal groups, one `::` at most. */
function bytesOfIPv6(host: string): number[] {
  const [head = [], tail] = host.split('::').map(half => half.split(':').filter(group => group !== ''));
  const zeros = tail ? Array<string>(8 - head.length - tail.length).fill('0') : [];
  return [...head, ...zeros, ...(tail ?? [])].flatMap(group => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
