import { parseHostRules } from '../hosts/host-rules.ts';
import { readProxyConfig } from '../proxy/proxy-config.ts';
import { invalidType } from '../util/errors.ts';
import { describe, didYouMean } from '../util/options.ts';
import { warn } from '../util/warn.ts';

/** Chromium's switches that sessions heed, with the check of their value. */
const switches: Readonly<Record<string, (value: string) => void>> = {
  'host-resolver-rules': value => void parseHostRules('set the switch "host-resolver-rules"', value),
  'host-rules': value => void parseHostRules('set the switch "host-rules"', value),
  'proxy-server': value => void readProxyConfig({ proxyRules: value }),
  'proxy-bypass-list': () => {},
  'proxy-pac-url': value => void readProxyConfig({ pacScript: value }),
  'no-proxy-server': () => {},
  'disable-http-cache': () => {},
  'ignore-certificate-errors': () => {},
};

/**
 * Switches as on Chromium's command line, for sessions made afterwards.
 *
 * @see Electron `Class: CommandLine`
 * @example Names under .test on this machine
 * import { app } from 'sojourn';
 * app.commandLine.appendSwitch('host-resolver-rules', 'MAP *.test 127.0.0.1');
 */
export class CommandLine {
  readonly #values = new Map<string, string>();

  /**
   * Sets a switch. One that sessions do not know is kept and named in a warning.
   *
   * @throws {TypeError} If the value is none that the switch can have; `code` is `ERR_INVALID_OPTION`.
   */
  appendSwitch(name: string, value = ''): void {
    if (typeof name !== 'string')
      throw invalidType(`Cannot set a switch: name must be a string, got ${describe(name)}`);
    if (typeof value !== 'string')
      throw invalidType(`Cannot set the switch "${name}": value must be a string, got ${describe(value)}`);
    const check = switches[name];
    if (check) check(value);
    else warnUnknown(name);
    this.#values.set(name, value);
  }

  hasSwitch(name: string): boolean {
    return this.#values.has(name);
  }

  /** Its value, `''` when it has none or is not set. */
  getSwitchValue(name: string): string {
    return this.#values.get(name) ?? '';
  }

  removeSwitch(name: string): void {
    this.#values.delete(name);
  }
}

function warnUnknown(name: string): void {
  warn('SOJOURN_UNKNOWN_OPTION', `switch "${name}" has no effect${didYouMean(name, Object.keys(switches))}`);
}
